using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Tasks;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events.Files;

/// <summary>
/// Forgets files with their faults, and what was uploaded of those that never ended, once tasks of their age are
/// forgotten. A batch is a transaction of its own and bounded.
/// </summary>
internal sealed class SweepFiles(Database database, TaskRetention retention) : IDueWork
{
    private const int Faults = 1_000;
    private const int Chunks = 20;

    private int Days => (int)retention.Period.TotalDays;

    public bool MayWait => true;

    public async Task<Instant?> NextDueAsync(EnvironmentId environment, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            (session, _) => session.Connection.ExecuteScalarAsync<long?>(
                "SELECT min(created_at) FROM usage_files WHERE environment_id = @environment",
                new { environment = environment.Value }),
            cancellationToken) is { } oldest
                ? RetentionMonths.DueAt(Instant.FromUnixTimeMilliseconds(oldest), Days)
                : null;

    public Task<int> RunDueAsync(AccountEnvironment environment, Instant until, CancellationToken cancellationToken) =>
        RunSomeDueAsync(environment, until, int.MaxValue, cancellationToken);

    /// <summary>The number of batches.</summary>
    public async Task<int> RunSomeDueAsync(
        AccountEnvironment environment, Instant until, int most, CancellationToken cancellationToken)
    {
        var done = 0;
        while (done < most && await SweepAsync(environment.Id, RetentionMonths.Horizon(until, Days), cancellationToken))
            done++;
        return done;
    }

    private async Task<bool> SweepAsync(EnvironmentId environment, Instant horizon, CancellationToken cancellationToken)
    {
        var isAny = false;
        await database.WriteAsync(
            [LockKey.Of(environment.Value, "usage-file-retention", "")],
            async (session, _) =>
            {
                if (await session.Connection.ExecuteScalarAsync<long?>(
                    """
                    SELECT seq FROM usage_files WHERE environment_id = @environment AND created_at < @horizon
                    ORDER BY created_at LIMIT 1
                    """,
                    new { environment = environment.Value, horizon = horizon.ToUnixTimeMilliseconds() },
                    session.Transaction) is not { } file)
                {
                    return false;
                }

                isAny = true;
                var faults = await session.Connection.ExecuteAsync(
                    """
                    DELETE FROM usage_file_faults WHERE seq IN (
                      SELECT seq FROM usage_file_faults WHERE file_seq = @file ORDER BY seq LIMIT @most)
                    """,
                    new { file, most = Faults },
                    session.Transaction);
                var chunks = await session.Connection.ExecuteAsync(
                    """
                    DELETE FROM usage_file_chunks WHERE file_seq = @file AND number IN (
                      SELECT number FROM usage_file_chunks WHERE file_seq = @file ORDER BY number LIMIT @most)
                    """,
                    new { file, most = Chunks },
                    session.Transaction);
                if (faults < Faults && chunks < Chunks)
                {
                    await session.Connection.ExecuteAsync(
                        "DELETE FROM usage_files WHERE seq = @file", new { file }, session.Transaction);
                }

                return true;
            },
            cancellationToken);
        return isAny;
    }
}
