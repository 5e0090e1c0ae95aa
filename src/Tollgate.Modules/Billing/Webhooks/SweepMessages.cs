using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Accounts;
using Tollgate.Storage;

namespace Tollgate.Modules.Billing.Webhooks;

/// <summary>
/// Forgets what providers told 90 days after it was applied or meant nothing; they repeat a message for days, not for
/// months. What failed stays for somebody to look at.
/// </summary>
internal sealed class SweepMessages(Database database) : IDueWork
{
    public const int KeptDays = 90;

    private const int Batch = 500;

    private const string Ended = "environment_id = @environment AND status IN ('Applied', 'Ignored')";

    public bool MayWait => true;

    public async Task<Instant?> NextDueAsync(EnvironmentId environment, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            (session, _) => session.Connection.ExecuteScalarAsync<long?>(
                $"SELECT min(ended_at) FROM billing_messages WHERE {Ended}", new { environment = environment.Value }),
            cancellationToken) is { } oldest
                ? RetentionMonths.DueAt(Instant.FromUnixTimeMilliseconds(oldest), KeptDays)
                : null;

    public Task<int> RunDueAsync(AccountEnvironment environment, Instant until, CancellationToken cancellationToken) =>
        RunSomeDueAsync(environment, until, int.MaxValue, cancellationToken);

    /// <summary>The number of batches.</summary>
    public async Task<int> RunSomeDueAsync(
        AccountEnvironment environment, Instant until, int most, CancellationToken cancellationToken)
    {
        var (batches, deleted) = (0, Batch);
        while (batches < most && deleted == Batch)
        {
            deleted = 0;
            await database.WriteAsync(
                [LockKey.Of(environment.Id.Value, "billing-message-retention", "")],
                async (session, _) =>
                {
                    deleted = await session.Connection.ExecuteAsync(
                        $"""
                        DELETE FROM billing_messages WHERE seq IN (
                          SELECT seq FROM billing_messages WHERE {Ended} AND ended_at < @horizon
                          ORDER BY ended_at LIMIT @most)
                        """,
                        new
                        {
                            environment = environment.Id.Value,
                            horizon = RetentionMonths.Horizon(until, KeptDays).ToUnixTimeMilliseconds(),
                            most = Batch,
                        },
                        session.Transaction);
                    return deleted > 0;
                },
                cancellationToken);
            batches += deleted > 0 ? 1 : 0;
        }

        return batches;
    }
}
