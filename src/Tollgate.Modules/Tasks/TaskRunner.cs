using Microsoft.Extensions.Logging;
using Tollgate.Modules.Accounts;
using Tollgate.Storage;

namespace Tollgate.Modules.Tasks;

/// <summary>Claims tasks that are due and has their handlers do them, one after the other.</summary>
public sealed class TaskRunner(
    UnitOfWork unitOfWork,
    TaskQueue queue,
    AccountDirectory directory,
    IEnumerable<ITaskHandler> handlers,
    TimeProvider time,
    ILogger<TaskRunner> log)
{
    private readonly Dictionary<string, ITaskHandler> _handlers = handlers.ToDictionary(handler => handler.Kind);

    public Task<int> RunDueAsync(CancellationToken cancellationToken) => RunDueAsync(() => { }, cancellationToken);

    /// <summary>
    /// Runs everything that is due; how many tasks were run. When a handler throws, its task waits for a later round
    /// and the exception goes to the caller.
    /// </summary>
    /// <param name="gotOn">Called after each item, because a task may take long.</param>
    /// <param name="cancellationToken">Ends the run between items; the task goes on elsewhere or later.</param>
    public async Task<int> RunDueAsync(Action gotOn, CancellationToken cancellationToken)
    {
        var done = 0;
        while (await unitOfWork.Database.ReadAsync((session, _) => queue.AnyDueAsync(session), cancellationToken))
        {
            if (await ClaimAsync(cancellationToken) is not { } task)
                break;
            await RunAsync(task, gotOn, cancellationToken);
            done++;
        }

        return done;
    }

    private async Task<EnvironmentTask?> ClaimAsync(CancellationToken cancellationToken)
    {
        EnvironmentTask? task = null;
        await WriteAsync(async session => task = await queue.ClaimAsync(session), cancellationToken);
        return task;
    }

    private async Task RunAsync(EnvironmentTask task, Action gotOn, CancellationToken cancellationToken)
    {
        try
        {
            if (!_handlers.TryGetValue(task.Kind, out var handler))
                throw new InvalidOperationException($"Nothing in this build runs tasks of the kind {task.Kind}.");
            using var renewing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var renewals = RenewAsync(task, renewing.Token);
            try
            {
                await handler.RunAsync(new(task, unitOfWork, queue, directory, gotOn, log), cancellationToken);
            }
            finally
            {
                await renewing.CancelAsync();
                await renewals;
            }
        }
        catch (TaskStoppedException)
        {
            // Canceled, or another run has it: either way this run has nothing left to do.
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Should this fail as well, the lease runs out and the task is claimed again.
            await RescheduleAsync(task, exception.Message, cancellationToken);
            throw;
        }
    }

    private async Task RescheduleAsync(EnvironmentTask task, string error, CancellationToken cancellationToken)
    {
        try
        {
            await WriteAsync(session => queue.RescheduleAsync(session, task, error), cancellationToken);
        }
        catch (TaskStoppedException)
        {
            // Canceled meanwhile: there is no later round.
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
                await Task.Delay(TaskQueue.Lease / 3, time, cancellationToken);
                await WriteAsync(session => queue.RenewAsync(session, task), cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception exception) when (exception is TaskStoppedException or DatabaseUnavailableException)
            {
                // Ended meanwhile, lost, or the database is away: the handler's next item finds out.
            }
        }
    }

    private Task WriteAsync(Func<Session, Task> write, CancellationToken cancellationToken) =>
        unitOfWork.Database.WriteAsync(
            [],
            async (session, _) =>
            {
                await write(session);
                return true;
            },
            cancellationToken);
}
