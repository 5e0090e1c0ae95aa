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
/// What is left to do after the end of a session, sender by sender: marking the bills of many customers, burning or
/// giving back what many events cost, or deleting what was discarded. Counts do not depend on it.
/// </summary>
internal sealed class BackfillTask(UnitOfWork unitOfWork, MovedCounters moved, BackfillCredits credits) : ITaskHandler
{
    private const int PageSize = 1_000;

    private readonly BackfillStore _store = new();

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
                        UnitOfWork.CustomerLock(run.Task.EnvironmentId, sender.CustomerId),
                    ],
                    token => followUp.IsPurge
                        ? PurgeAsync(sender.Stored, token)
                        : credits.SettleAsync(unitOfWork, run.Scope(Actor.Scheduler), followUp.Seq, sender, token),
                    async (work, _) =>
                    {
                        if (!followUp.IsPurge && sender is { FirstAt: { } first, LastAt: { } last })
                            await moved.MarkAsync(work, sender.CustomerId, first, last);
                        return default(Done);
                    },
                    cancellationToken);
                position = sender.Seq;
            }
        }

        await run.FinishAsync(run.Scope(Actor.Scheduler), _ => { }, cancellationToken);
    }

    private Task<IReadOnlyList<BackfillSender>> NextAsync(long seq, long after, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync(
            (session, _) => _store.SendersAsync(session, seq, after, PageSize), cancellationToken);

    private async Task PurgeAsync(int source, CancellationToken cancellationToken)
    {
        var deleted = 1;
        while (deleted > 0)
        {
            await unitOfWork.Database.WriteAsync(
                [],
                async (session, _) =>
                {
                    var parameters = new { source, portion = Portion };
                    deleted = await session.Connection.ExecuteAsync(
                        """
                        DELETE FROM usage_events WHERE source_id = @source AND event_at <= (
                          SELECT max(event_at) FROM (
                            SELECT event_at FROM usage_events WHERE source_id = @source
                            ORDER BY event_at LIMIT @portion) AS first)
                        """,
                        parameters,
                        session.Transaction);
                    if (deleted == 0)
                    {
                        await session.Connection.ExecuteAsync(
                            "DELETE FROM event_conflicts WHERE source_id = @source", parameters, session.Transaction);
                        await session.Connection.ExecuteAsync(
                            "DELETE FROM event_duplicates WHERE source_id = @source", parameters, session.Transaction);
                    }

                    return true;
                },
                cancellationToken);
        }
    }
}

/// <summary>What a task does after the end of a session.</summary>
/// <param name="Seq">The session.</param>
/// <param name="IsPurge">
/// Delete its events; else mark the bills of its customers and burn or give back what its events cost.
/// </param>
internal sealed record BackfillFollowUp(long Seq, bool IsPurge);
