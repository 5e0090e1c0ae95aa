using NodaTime;
using Tollgate.Domain;
using Tollgate.Modules.Accounts;
using Tollgate.Storage;

namespace Tollgate.Modules.Tasks;

/// <summary>
/// Forgets tasks that ended longer ago than they are kept, oldest first, with their failures. A batch is a transaction
/// of its own and bounded, however many failures a task has, so that nobody waits long for the writer.
/// </summary>
internal sealed class SweepTasks(Database database, TaskStore store, TaskRetention retention) : IDueWork
{
    public async Task<Instant?> NextDueAsync(EnvironmentId environment, CancellationToken cancellationToken) =>
        await database.ReadAsync((session, _) => store.EarliestEndAsync(session, environment), cancellationToken)
            is { } ended ? ended + retention.Period : null;

    /// <summary>The number of tasks forgotten.</summary>
    public Task<int> RunDueAsync(AccountEnvironment environment, Instant until, CancellationToken cancellationToken) =>
        RunSomeDueAsync(environment, until, int.MaxValue, cancellationToken);

    /// <summary>May go beyond <paramref name="most"/> by less than a batch.</summary>
    public async Task<int> RunSomeDueAsync(
        AccountEnvironment environment, Instant until, int most, CancellationToken cancellationToken)
    {
        var done = 0;
        TaskStore.Swept batch;
        do
        {
            batch = await SweepAsync(environment.Id, until - retention.Period, cancellationToken);
            done += batch.Tasks;
        }
        while (done < most && batch.MayHaveMore);

        return done;
    }

    private async Task<TaskStore.Swept> SweepAsync(
        EnvironmentId environment, Instant oldest, CancellationToken cancellationToken)
    {
        TaskStore.Swept swept = default;
        await database.WriteAsync(
            [LockKey.Of(environment.Value, "task-retention", "")],
            async (session, _) =>
            {
                swept = await TaskStore.SweepAsync(session, environment, oldest);
                return swept != default;
            },
            cancellationToken);
        return swept;
    }
}
