using NodaTime;
using Tollgate.Domain;
using Tollgate.Modules.Accounts;
using Tollgate.Storage;

namespace Tollgate.Modules.EventLog.Retention;

/// <summary>
/// Removes events that are older than their environment keeps them, oldest first, in bounded batches.
/// </summary>
internal sealed class SweepEventLog(Database database) : IDueWork
{
    public bool MayWait => true;

    public Task<Instant?> NextDueAsync(EnvironmentId environment, CancellationToken cancellationToken) =>
        database.ReadAsync((session, _) => LogRetentionStore.DueAtAsync(session, environment), cancellationToken);

    public Task<int> RunDueAsync(AccountEnvironment environment, Instant until, CancellationToken cancellationToken) =>
        RunSomeDueAsync(environment, until, int.MaxValue, cancellationToken);

    /// <summary>The number of batches.</summary>
    public async Task<int> RunSomeDueAsync(
        AccountEnvironment environment, Instant until, int most, CancellationToken cancellationToken)
    {
        var (batches, deleted) = (0, LogRetentionStore.Batch);
        while (batches < most && deleted == LogRetentionStore.Batch)
        {
            deleted = 0;
            await database.WriteAsync(
                [LockKey.Of(environment.Id.Value, "event-log-retention", "")],
                async (session, _) =>
                    (deleted = await LogRetentionStore.SweepAsync(session, environment.Id, until)) > 0,
                cancellationToken);
            batches += deleted > 0 ? 1 : 0;
        }

        return batches;
    }
}
