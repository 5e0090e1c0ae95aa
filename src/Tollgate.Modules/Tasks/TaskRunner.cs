using Tollgate.Storage;

namespace Tollgate.Modules.Tasks;

/// <summary>Claims tasks that are due and has their handlers do them, one after the other.</summary>
public sealed class TaskRunner(
    Database database, TaskStore store, IEnumerable<ITaskHandler> handlers, TimeProvider time)
{
    private readonly Dictionary<string, ITaskHandler> _handlers = handlers.ToDictionary(handler => handler.Kind);

    /// <summary>
    /// Runs everything that is due; how many tasks were run. When a handler throws, its task waits for a later round
    /// and the exception goes to the caller.
    /// </summary>
    public async Task<int> RunDueAsync(CancellationToken cancellationToken)
    {
        var done = 0;
        while (await database.ReadAsync((session, _) => store.AnyDueAsync(session), cancellationToken))
        {
            if (await ClaimAsync(cancellationToken) is not { } task)
                break;
            await RunAsync(task, cancellationToken);
            done++;
        }

        return done;
    }

    private async Task<EnvironmentTask?> ClaimAsync(CancellationToken cancellationToken)
    {
        EnvironmentTask? task = null;
        await database.WriteAsync(
            [],
            async (session, _) => (task = await store.ClaimAsync(session)) is not null,
            cancellationToken);
        return task;
    }

    private async Task RunAsync(EnvironmentTask task, CancellationToken cancellationToken)
    {
        try
        {
            if (!_handlers.TryGetValue(task.Kind, out var handler))
                throw new InvalidOperationException($"Nothing in this build runs tasks of the kind {task.Kind}.");
            using var renewing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var renewals = RenewAsync(task, renewing.Token);
            try
            {
                await handler.RunAsync(task, cancellationToken);
            }
            finally
            {
                await renewing.CancelAsync();
                await renewals;
            }
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Should this fail as well, the lease runs out and the task is claimed again.
            await WriteAsync(session => store.RescheduleAsync(session, task), cancellationToken);
            throw;
        }
    }

    /// <summary>
    /// Keeps the claim while the handler works. A renewal that fails is not retried: the next one may succeed.
    /// </summary>
    private async Task RenewAsync(EnvironmentTask task, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await Task.Delay(TaskStore.Lease / 3, time, cancellationToken);
                await WriteAsync(session => store.RenewAsync(session, task), cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception exception) when (exception is InvalidOperationException or DatabaseUnavailableException)
            {
                // Completed meanwhile, lost, or the database is away: the handler's last transaction finds out.
            }
        }
    }

    private Task WriteAsync(Func<Session, Task> write, CancellationToken cancellationToken) => database.WriteAsync(
        [],
        async (session, _) =>
        {
            await write(session);
            return true;
        },
        cancellationToken);
}
