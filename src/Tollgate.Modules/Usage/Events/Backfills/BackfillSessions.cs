using System.Globalization;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Tasks;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events.Backfills;

/// <summary>Opens sessions, shows them and ends them.</summary>
public sealed class BackfillSessions(
    UnitOfWork unitOfWork, EventMeters meters, MovedCounters moved, BackfillCredits credits, TaskStore tasks)
{
    public const int MaxNameLength = 255;

    private readonly BackfillStore _store = new();
    private readonly EndBackfill _end = new(unitOfWork, meters, moved, credits, tasks);

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
                        $"The feature '{feature}' has no meter that is ready, so no event is counted by it; "
                        + "name a feature with a meter.");
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
        _end.ExecuteAsync(scope, uid, BackfillState.Closed, reason, cancellationToken);

    /// <summary>None of them ever will; they are deleted.</summary>
    public Task<Result<Backfill>> DiscardAsync(
        OperationScope scope, Guid uid, string reason, CancellationToken cancellationToken) =>
        _end.ExecuteAsync(scope, uid, BackfillState.Discarded, reason, cancellationToken);

    /// <summary>They do not count any more; the same occurrences may be sent again.</summary>
    public Task<Result<Backfill>> RevertAsync(
        OperationScope scope, Guid uid, string reason, CancellationToken cancellationToken) =>
        _end.ExecuteAsync(scope, uid, BackfillState.Reverted, reason, cancellationToken);

    internal static Refusal NotFound(Guid uid) => new(
        ErrorCode.InvalidArgumentError,
        $"There is no backfill with the id '{uid}' in this environment; "
        + "list them with GET /tollgate/v1/usage/backfills.");

    internal static Refusal Refuse(Backfill backfill, string why) => new(
        ErrorCode.InvalidArgumentError,
        $"The backfill '{backfill.Name}' is {backfill.State.ToString().ToUpperInvariant()}, so it {why}.");

    /// <param name="type">What was done.</param>
    /// <param name="backfill">The session as it is by then.</param>
    /// <param name="reason">Why, as somebody said it.</param>
    internal static DomainEvent LogOf(EventType type, Backfill backfill, string reason) => new(
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
