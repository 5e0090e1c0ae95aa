using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Usage.Events.Retention;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events.Backfills;

/// <summary>
/// Takes events into an open session: of any age, without timestamp none. They are durable and told apart from what is
/// stored when this answers, and count when the session is closed.
/// </summary>
public sealed class BackfillEvents
{
    private readonly UnitOfWork _unitOfWork;
    private readonly ReportEvents _report;
    private readonly EventDictionaries _dictionaries;
    private readonly EventMeters _meters;
    private readonly KnownEventLevels _levels;
    private readonly IEventRows _rows;
    private readonly BackfillStore _store = new();
    private readonly KnownOccurrences _known = new();

    internal BackfillEvents(
        UnitOfWork unitOfWork, ReportEvents report, EventDictionaries dictionaries, EventMeters meters,
        KnownEventLevels levels)
    {
        (_unitOfWork, _report, _dictionaries, _meters, _levels) = (unitOfWork, report, dictionaries, meters, levels);
        _rows = unitOfWork.Database.Kind == DatabaseKind.Sqlite ? new SqliteEventRows() : new PostgreSqlEventRows();
    }

    public async Task<Result<BackfillIngested>> ExecuteAsync(
        OperationScope scope, Guid uid, IReadOnlyList<UsageEvent> events, CancellationToken cancellationToken)
    {
        if (ReportEvents.Check(scope, events) is { } malformed)
            return malformed;
        if (AgedUsage.Check(events, await _report.HorizonAsync(scope, events, cancellationToken)) is { } aged)
            return aged;
        var planned = await _report.PlanAsync(scope, events, cancellationToken);
        await _dictionaries.ResolveAsync(planned, cancellationToken);
        await _rows.PrepareAsync(_unitOfWork.Database, [.. planned.Where(e => e.IsDated)], cancellationToken);
        return await _unitOfWork.WriteAsync<BackfillIngested>(
            scope,
            [
                EventLocks.Meters(scope.EnvironmentId).Shared,
                .. planned.Select(e => UnitOfWork.CustomerLock(scope.EnvironmentId, e.Event.CustomerId)).Distinct(),
            ],
            async (work, token) =>
            {
                if (await _store.FindAsync(work.Session, scope.EnvironmentId, uid) is not { } found)
                    return BackfillSessions.NotFound(uid);
                if (found.Value.State != BackfillState.Open)
                    return BackfillSessions.Refuse(found.Value, "takes no more events; open another one");
                var set = await _meters.GetAsync(work.Session, scope.EnvironmentId);
                if (new BackfillGate(found.Value, set).Check(events) is { } refusal)
                    return refusal;
                var closedAt = await RetentionStore.ClosedAtAsync(work.Session, scope.EnvironmentId);
                if (AgedUsage.Check(events, closedAt) is { } late)
                    return late;
                return await TakeAsync(work, found.Seq, set, planned, token);
            },
            cancellationToken);
    }

    /// <summary>What an open session takes; refused when there is none.</summary>
    internal Task<Result<BackfillGate>> GateAsync(
        OperationScope scope, Guid uid, CancellationToken cancellationToken) =>
        _unitOfWork.Database.ReadAsync<Result<BackfillGate>>(
            async (session, _) =>
            {
                if (await _store.FindAsync(session, scope.EnvironmentId, uid) is not { } found)
                    return BackfillSessions.NotFound(uid);
                return found.Value.State == BackfillState.Open
                    ? new BackfillGate(found.Value, await _meters.GetAsync(session, scope.EnvironmentId))
                    : BackfillSessions.Refuse(found.Value, "takes no more events; open another one");
            },
            cancellationToken);

    private async Task<BackfillIngested> TakeAsync(
        Work work, long backfill, MeterSet set, IReadOnlyList<PlannedEvent> planned,
        CancellationToken cancellationToken)
    {
        var fresh = await _known.SieveBackfilledAsync(work.Session, backfill, planned);
        var levels = new EventLevels(_levels.Known);
        var numbers = new Dictionary<int, int>();
        foreach (var taken in fresh)
        {
            if (!numbers.TryGetValue(taken.SenderNumber, out var number))
            {
                numbers.Add(
                    taken.SenderNumber, number = await _store.SourceAsync(work.Session, backfill, taken.SenderNumber));
                if (taken.Sender.Resource.Length > 0 && !taken.Access.Facts.IsCustomerUnknown)
                    levels.Note(taken, set);
            }

            taken.BelongTo(number);
        }

        await _rows.InsertAsync(work.Session, fresh, cancellationToken);
        await levels.SaveAsync(work.Session, cancellationToken);
        var stored = fresh.Where(e => e.Fate == EventFate.New).ToList();
        var ingested = new BackfillIngested(
            stored.Count, planned.Count(e => e.Fate == EventFate.Duplicate),
            planned.Count(e => e.Fate == EventFate.Conflict));
        await _store.AddAsync(
            work.Session, backfill, ingested,
            stored.Count == 0 ? null : stored.Min(e => e.At), stored.Count == 0 ? null : stored.Max(e => e.At));
        levels.Publish();
        return ingested;
    }
}
