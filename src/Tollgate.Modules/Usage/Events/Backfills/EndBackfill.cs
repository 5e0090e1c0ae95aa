using System.Text.Json;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Tasks;
using Tollgate.Modules.Usage.Events.Retention;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events.Backfills;

/// <summary>
/// Ends a session: closes, discards or reverts it. That is one transaction that changes its state: the readers of
/// events look at it, so all events of a session begin or cease to count at one instant, however many there are.
/// </summary>
internal sealed class EndBackfill(
    UnitOfWork unitOfWork, EventMeters meters, MovedCounters moved, BackfillCredits credits, TaskStore tasks)
{
    /// <summary>
    /// Customers whose bills are marked, and whose credits move, with the end itself; of more, by a task.
    /// </summary>
    internal const int MarkedAtOnce = 500;

    private readonly BackfillStore _store = new();

    /// <param name="scope">Who ends it.</param>
    /// <param name="uid">The session.</param>
    /// <param name="to">CLOSED, DISCARDED or REVERTED.</param>
    /// <param name="reason">Kept in the event log.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public async Task<Result<Backfill>> ExecuteAsync(
        OperationScope scope, Guid uid, BackfillState to, string reason, CancellationToken cancellationToken)
    {
        if (CorrectEvents.CheckReason(reason) is { } unsaid)
            return unsaid;
        var (known, few) = await unitOfWork.Database.ReadAsync(
            async (session, _) => await _store.FindAsync(session, scope.EnvironmentId, uid) is { } stored
                ? (stored, await _store.CustomersAsync(session, stored.Seq, "", MarkedAtOnce + 1))
                : default,
            cancellationToken);
        var locked = few is null || few.Count > MarkedAtOnce ? [] : few;
        var isLarge = known.Value?.Events > BackfillCredits.AtOnce || few?.Count > MarkedAtOnce;
        if (isLarge && to == BackfillState.Closed
            && await credits.CheckLargeAsync(scope, known.Seq, known.Value!.Name, cancellationToken) is { } tooLarge)
        {
            return tooLarge;
        }

        var access = isLarge || known.Value is null || to == BackfillState.Discarded
            ? new Dictionary<int, ScopeAccess>()
            : await credits.AccessAsync(scope, known.Seq, cancellationToken);
        return await unitOfWork.WriteAsync<Backfill>(
            scope,
            [
                EventLocks.Meters(scope.EnvironmentId),
                .. locked.Select(customer => UnitOfWork.CustomerLock(scope.EnvironmentId, new(customer))),
            ],
            async (work, token) =>
            {
                if (await _store.FindAsync(work.Session, scope.EnvironmentId, uid) is not { } found)
                    return BackfillSessions.NotFound(uid);
                if (WrongState(found.Value, to) is { } wrong)
                    return wrong;

                if (to != BackfillState.Discarded
                    && await RetentionStore.ClosedAtAsync(work.Session, scope.EnvironmentId) is { } horizon
                    && found.Value.First < horizon)
                {
                    return TooOld(found.Value, to, horizon);
                }

                if (to == BackfillState.Discarded)
                {
                    await _store.EndAsync(work.Session, found.Seq, to, scope.Now);
                    await FollowUpAsync(work, found.Seq, isPurge: true);
                }
                else if (!isLarge && await HasGrownAsync(work.Session, found, access))
                {
                    return BackfillSessions.Refuse(
                        found.Value, "took events while it was being ended; end it again when nobody sends any more");
                }
                else
                {
                    if (to == BackfillState.Closed)
                        await _store.DropKnownAsync(work.Session, found.Seq);
                    await ChangeAsync(work, found.Seq, found.Value, to, isLarge, locked, access, token);
                }

                await MeterChanges.ChangedAsync(work);
                var ended = (await _store.FindAsync(work.Session, scope.EnvironmentId, uid))!.Value.Value;
                work.Record(BackfillSessions.LogOf(TypeOf(to), ended, reason));
                return ended;
            },
            cancellationToken);
    }

    /// <summary>More events or senders came than can be dealt with at once, after a look had found few.</summary>
    private async Task<bool> HasGrownAsync(
        Session session, (long Seq, Backfill Value) found, IReadOnlyDictionary<int, ScopeAccess> access) =>
        found.Value.Events > BackfillCredits.AtOnce
        || (await _store.SendersAsync(session, found.Seq, 0, access.Count + 1)).Count > access.Count;

    /// <summary>All events begin to count, or cease to, and burn or give back: now, or as soon as a task can.</summary>
    private async Task ChangeAsync(
        Work work, long seq, Backfill backfill, BackfillState to, bool isLarge, IReadOnlyList<string> locked,
        IReadOnlyDictionary<int, ScopeAccess> access, CancellationToken cancellationToken)
    {
        var set = await meters.GetAsync(work.Session, work.Scope.EnvironmentId);
        var burns = new List<Burn>();
        var reverted = new List<RevertedEvents>();
        foreach (var customer in isLarge ? [] : locked)
        {
            if (to == BackfillState.Closed)
            {
                burns.AddRange(await credits.CostAsync(
                    work.Session, set, work.Scope.EnvironmentId, seq, new(customer), access));
            }
            else
            {
                reverted.Add(await credits.BeforeRevertAsync(work, set, seq, new(customer), access));
            }
        }

        await _store.EndAsync(work.Session, seq, to, work.Scope.Now);
        await MovedAsync(work, seq, backfill, locked);
        if (isLarge)
            await FollowUpAsync(work, seq, isPurge: false);
        await credits.BurnAsync(work, burns, cancellationToken);
        foreach (var ofCustomer in reverted)
            await credits.GiveBackAsync(work, await ofCustomer.AfterAsync(), backfill.Name, cancellationToken);
    }

    /// <summary>
    /// The counters of all customers of the session are forgotten and counted anew when they are asked for. Bills are
    /// marked under the locks of their customers: one that is being made now has measured already and is not marked by
    /// whoever does not wait.
    /// </summary>
    private async Task MovedAsync(Work work, long seq, Backfill backfill, IReadOnlyList<string> locked)
    {
        if (backfill is not { First: { } first, Last: { } last })
            return;
        var (from, until) = (first.ToUnixTimeMilliseconds(), last.ToUnixTimeMilliseconds());
        await _store.ForgetCountersAsync(work.Session, work.Scope.EnvironmentId, seq, from, until);
        if ((await meters.GetAsync(work.Session, work.Scope.EnvironmentId)).LateFeatures.Count == 0)
            return;
        // Of more customers the task that follows marks them.
        foreach (var customer in locked)
            await moved.MarkAsync(work, new(customer), from, until);
    }

    private async Task FollowUpAsync(Work work, long seq, bool isPurge) => await tasks.EnqueueAsync(
        work.Session,
        work.Scope,
        nameof(TaskType.UsageBackfill),
        JsonSerializer.Serialize(new(seq, isPurge), BodyJson.Default.BackfillFollowUp),
        await _store.CountSendersAsync(work.Session, seq));

    private static EventType TypeOf(BackfillState end) => end switch
    {
        BackfillState.Closed => EventType.UsageBackfillClosed,
        BackfillState.Discarded => EventType.UsageBackfillDiscarded,
        BackfillState.Reverted => EventType.UsageBackfillReverted,
        _ => throw new ArgumentOutOfRangeException(nameof(end), end, "A session does not end by being open."),
    };

    private static Refusal? WrongState(Backfill backfill, BackfillState to) => (to, backfill.State) switch
    {
        (BackfillState.Reverted, BackfillState.Closed) => null,
        (BackfillState.Reverted, _) => BackfillSessions.Refuse(backfill, "cannot be reverted; only a CLOSED one can"),
        (_, BackfillState.Open) => null,
        _ => BackfillSessions.Refuse(backfill, "cannot be closed or discarded; only an OPEN one can"),
    };

    private static Refusal TooOld(Backfill backfill, BackfillState to, Instant horizon) => new(
        ErrorCode.InvalidArgumentError,
        $"The backfill '{backfill.Name}' holds events from {backfill.First} on, and usage from before {horizon} is no "
        + "longer kept one by one: it can be neither closed nor reverted. "
        + (to == BackfillState.Reverted
            ? "Take back what it brought with events dated later."
            : "Discard it and send what is later in another one."));
}
