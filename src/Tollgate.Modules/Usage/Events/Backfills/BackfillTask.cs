using System.Text.Json;
using Dapper;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Tasks;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events.Backfills;

/// <summary>
/// What is left to do after the end of a session, sender by sender: marking the bills of many customers, or deleting what was
/// discarded. Counts do not depend on it.
/// </summary>
internal sealed class BackfillTask(Database database, MovedCounters moved) : ITaskHandler
{
    private const int PageSize = 1_000;

    /// <summary>Events deleted in one transaction, or a few more of one instant.</summary>
    private const int Portion = 5_000;

    public string Kind => nameof(TaskType.UsageBackfill);

    public async Task RunAsync(TaskRun run, CancellationToken cancellationToken)
    {
        var followUp = JsonSerializer.Deserialize(run.Task.Body, BodyJson.Default.BackfillFollowUp)!;
        var position = run.Task.Position;
        while (await NextAsync(followUp.Seq, position, cancellationToken) is { Count: > 0 } senders)
        {
            foreach (var sender in senders)
            {
                await run.DoAsync(
                    new(sender.Customer, sender.Seq),
                    run.Scope(Actor.Scheduler),
                    [
                        EventLocks.Meters(run.Task.EnvironmentId).Shared,
                        UnitOfWork.CustomerLock(run.Task.EnvironmentId, new(sender.Customer)),
                    ],
                    token => followUp.IsPurge ? PurgeAsync(sender.Seq, token) : Task.CompletedTask,
                    async (work, _) =>
                    {
                        if (!followUp.IsPurge && sender is { FirstAt: { } first, LastAt: { } last })
                            await moved.MarkAsync(work, new(sender.Customer), first, last);
                        return default(Done);
                    },
                    cancellationToken);
                position = sender.Seq;
            }
        }

        await run.FinishAsync(run.Scope(Actor.Scheduler), _ => { }, cancellationToken);
    }

    private Task<IReadOnlyList<Sender>> NextAsync(long seq, long after, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<Sender>>(
            async (session, _) => (await session.Connection.QueryAsync<Sender>(
                """
                SELECT b.seq AS Seq, s.customer_id AS Customer, f.first_at AS FirstAt, f.last_at AS LastAt
                FROM backfill_sources b JOIN event_sources s ON s.seq = b.source_id JOIN backfills f ON f.seq = b.backfill_seq
                WHERE b.backfill_seq = @seq AND b.seq > @after ORDER BY b.seq LIMIT @page
                """,
                new { seq, after, page = PageSize })).AsList(),
            cancellationToken);

    private async Task PurgeAsync(long sender, CancellationToken cancellationToken)
    {
        var deleted = 1;
        while (deleted > 0)
        {
            await database.WriteAsync(
                [],
                async (session, _) =>
                {
                    var parameters = new { source = -(int)sender, portion = Portion };
                    deleted = await session.Connection.ExecuteAsync(
                        """
                        DELETE FROM usage_events WHERE source_id = @source AND event_at <= (
                          SELECT max(event_at) FROM (
                            SELECT event_at FROM usage_events WHERE source_id = @source ORDER BY event_at LIMIT @portion) AS first)
                        """,
                        parameters,
                        session.Transaction);
                    if (deleted == 0)
                    {
                        await session.Connection.ExecuteAsync(
                            "DELETE FROM event_conflicts WHERE source_id = @source", parameters, session.Transaction);
                    }

                    return true;
                },
                cancellationToken);
        }
    }

    private sealed class Sender
    {
        public long Seq { get; set; }
        public string Customer { get; set; } = "";
        public long? FirstAt { get; set; }
        public long? LastAt { get; set; }
    }
}
