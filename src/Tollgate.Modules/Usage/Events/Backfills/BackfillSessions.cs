using System.Globalization;
using System.Text.Json;
using Dapper;
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
/// Opens sessions and ends them. Ending is one transaction that changes the state: the readers of events look at it, so
/// all events of a session begin or cease to count at one instant, however many there are.
/// </summary>
public sealed class BackfillSessions(
    UnitOfWork unitOfWork, EventMeters meters, MovedCounters moved, BackfillCredits credits, TaskStore tasks)
{
    public const int MaxNameLength = 255;

    /// <summary>Customers whose bills are marked, and whose credits move, with the end itself; of more, by a task.</summary>
    internal const int MarkedAtOnce = 500;

    private readonly BackfillStore _store = new();

    public Task<Result<Backfill>> OpenAsync(
        OperationScope scope, BackfillRequest request, CancellationToken cancellationToken)
    {
        var findings = new Findings();
        if (string.IsNullOrWhiteSpace(request.Name) || request.Name.Length > MaxNameLength)
            findings.Bad("name", $"name has {request.Name.Length} characters; give 1 to {MaxNameLength}.");
        findings.Include(CorrectEvents.CheckReason(request.Reason));
        if (findings.ToRefusal() is { } refusal)
            return Task.FromResult(Result<Backfill>.Refused(refusal));
        return unitOfWork.WriteAsync<Backfill>(
            scope,
            [EventLocks.Meters(scope.EnvironmentId)],
            async (work, _) =>
            {
                if (request.FeatureId is { } feature
                    && (await meters.GetAsync(work.Session, scope.EnvironmentId)).Current(feature) is null)
                {
                    return new Refusal(ErrorCode.InvalidArgumentError,
                        $"The feature '{feature}' has no meter that is ready, so no event is counted by it; name a feature with a meter.");
                }

                var opened = new Backfill
                {
                    Uid = Guid.CreateVersion7(),
                    Name = request.Name,
                    Reason = request.Reason,
                    CustomerId = request.CustomerId,
                    FeatureId = request.FeatureId,
                    State = BackfillState.Open,
                    CreatedAt = scope.Now,
                };
                await _store.InsertAsync(work.Session, scope.EnvironmentId, opened);
                await MeterChanges.ChangedAsync(work);
                work.Record(LogOf(EventType.UsageBackfillOpened, opened, request.Reason));
                return opened;
            },
            cancellationToken);
    }

    public Task<Result<Backfill>> RetrieveAsync(OperationScope scope, Guid uid, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync<Result<Backfill>>(
            async (session, _) => await _store.FindAsync(session, scope.EnvironmentId, uid) is { } found
                ? found.Value
                : NotFound(uid),
            cancellationToken);

    /// <summary>The latest first.</summary>
    public Task<Result<BackfillPage>> ListAsync(
        OperationScope scope, int limit, Guid? after, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync<Result<BackfillPage>>(
            async (session, _) =>
            {
                var before = long.MaxValue;
                if (after is { } uid)
                {
                    if (await _store.FindAsync(session, scope.EnvironmentId, uid) is not { } last)
                        return NotFound(uid);
                    before = last.Seq;
                }

                var rows = await _store.ListAsync(session, scope.EnvironmentId, before, limit + 1);
                return rows.Count > limit
                    ? new BackfillPage([.. rows.Take(limit)], rows[limit - 1].Uid)
                    : new BackfillPage(rows, null);
            },
            cancellationToken);

    /// <summary>All events of the session count from now on.</summary>
    public Task<Result<Backfill>> CloseAsync(
        OperationScope scope, Guid uid, string reason, CancellationToken cancellationToken) =>
        EndAsync(scope, uid, BackfillState.Open, BackfillState.Closed, EventType.UsageBackfillClosed, reason, cancellationToken);

    /// <summary>None of them ever will; they are deleted.</summary>
    public Task<Result<Backfill>> DiscardAsync(
        OperationScope scope, Guid uid, string reason, CancellationToken cancellationToken) =>
        EndAsync(
            scope, uid, BackfillState.Open, BackfillState.Discarded, EventType.UsageBackfillDiscarded, reason, cancellationToken);

    /// <summary>They do not count any more; the same occurrences may be sent again.</summary>
    public Task<Result<Backfill>> RevertAsync(
        OperationScope scope, Guid uid, string reason, CancellationToken cancellationToken) =>
        EndAsync(
            scope, uid, BackfillState.Closed, BackfillState.Reverted, EventType.UsageBackfillReverted, reason, cancellationToken);

    internal static Refusal NotFound(Guid uid) => new(
        ErrorCode.InvalidArgumentError,
        $"There is no backfill with the id '{uid}' in this environment; list them with GET /tollgate/v1/usage/backfills.");

    internal static Refusal Refuse(Backfill backfill, string why) => new(
        ErrorCode.InvalidArgumentError,
        $"The backfill '{backfill.Name}' is {backfill.State.ToString().ToUpperInvariant()}, so it {why}.");

    private async Task<Result<Backfill>> EndAsync(
        OperationScope scope, Guid uid, BackfillState from, BackfillState to, EventType type, string reason,
        CancellationToken cancellationToken)
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
                    return NotFound(uid);
                if (found.Value.State != from)
                {
                    return Refuse(found.Value, from == BackfillState.Open
                        ? "cannot be closed or discarded; only an OPEN one can" : "cannot be reverted; only a CLOSED one can");
                }

                if (to != BackfillState.Discarded
                    && await RetentionStore.ClosedAtAsync(work.Session, scope.EnvironmentId) is { } horizon
                    && found.Value.First < horizon)
                {
                    return new Refusal(ErrorCode.InvalidArgumentError,
                        $"The backfill '{found.Value.Name}' holds events from {found.Value.First} on, and usage from before {horizon} is no "
                        + "longer kept one by one: it can be neither closed nor reverted. "
                        + (from == BackfillState.Open
                            ? "Discard it and send what is later in another one."
                            : "Take back what it brought with events dated later."));
                }

                if (to == BackfillState.Discarded)
                {
                    await _store.EndAsync(work.Session, found.Seq, to, scope.Now);
                    await FollowUpAsync(work, found.Seq, isPurge: true);
                }
                else if (!isLarge && await HasGrownAsync(work.Session, found, access))
                {
                    return Refuse(found.Value, "took events while it was being ended; end it again when nobody sends any more");
                }
                else
                {
                    if (to == BackfillState.Closed)
                        await DropKnownAsync(work.Session, found.Seq);
                    await ChangeAsync(work, found.Seq, found.Value, to, isLarge, locked, access, token);
                }

                await MeterChanges.ChangedAsync(work);
                var ended = (await _store.FindAsync(work.Session, scope.EnvironmentId, uid))!.Value.Value;
                work.Record(LogOf(type, ended, reason));
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
        const string counters = """
            SELECT seq FROM meter_counters WHERE environment_id = @environment AND floor_at <= @until AND end_at > @from
              AND customer_id IN (
                SELECT s.customer_id FROM backfill_sources b JOIN event_sources s ON s.seq = b.source_id WHERE b.backfill_seq = @seq)
            """;
        var parameters = new { environment = work.Scope.EnvironmentId.Value, from, until, seq };
        await work.Session.Connection.ExecuteAsync(
            $"DELETE FROM meter_values WHERE counter_seq IN ({counters})", parameters, work.Session.Transaction);
        await work.Session.Connection.ExecuteAsync(
            $"DELETE FROM meter_counters WHERE seq IN ({counters})", parameters, work.Session.Transaction);
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
        await work.Session.Connection.ExecuteScalarAsync<long>(
            "SELECT count(*) FROM backfill_sources WHERE backfill_seq = @seq", new { seq }, work.Session.Transaction));

    /// <summary>What another session brought that was closed since: the first one closed has it.</summary>
    private static async Task DropKnownAsync(Session session, long seq)
    {
        var dropped = await session.Connection.ExecuteAsync(
            """
            DELETE FROM usage_events AS x
            WHERE x.source_id IN (
              SELECT -mine.seq FROM backfill_sources mine
              JOIN backfill_sources other ON other.source_id = mine.source_id
              JOIN backfills f ON f.seq = other.backfill_seq
              WHERE mine.backfill_seq = @seq AND f.state = 1)
            AND EXISTS (
              SELECT 1 FROM backfill_sources mine
              JOIN backfill_sources other ON other.source_id = mine.source_id
              JOIN backfills f ON f.seq = other.backfill_seq
              JOIN usage_events y ON y.source_id = -other.seq
              WHERE mine.seq = -x.source_id AND f.state = 1 AND y.event_at = x.event_at AND y.key_hash = x.key_hash
                AND y.name_id = x.name_id AND y.event_key = x.event_key)
            """,
            new { seq },
            session.Transaction);
        await session.Connection.ExecuteAsync(
            "UPDATE backfills SET events = events - @dropped, duplicates = duplicates + @dropped WHERE seq = @seq",
            new { dropped, seq },
            session.Transaction);
    }

    private static DomainEvent LogOf(EventType type, Backfill backfill, string reason) => new(
        type, EntityKind.UsageBackfill, backfill.Uid.ToString(), backfill.CustomerId, null, null)
    {
        Facts = new Dictionary<string, string>
        {
            ["name"] = backfill.Name,
            ["events"] = backfill.Events.ToString(CultureInfo.InvariantCulture),
            ["reason"] = reason,
        },
    };
}

/// <summary>A page; <paramref name="Next"/> is null at the end.</summary>
public sealed record BackfillPage(IReadOnlyList<Backfill> Items, Guid? Next);

/// <summary>What a task does after the end of a session.</summary>
/// <param name="Seq">The session.</param>
/// <param name="IsPurge">Delete its events; else mark the bills of its customers and burn or give back what its events cost.</param>
internal sealed record BackfillFollowUp(long Seq, bool IsPurge);
