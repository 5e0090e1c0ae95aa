using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Changes;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Idempotency;
using Tollgate.Storage;

namespace Tollgate.Modules;

/// <summary>
/// Runs the writing half of a use case in one transaction: the state, its events, the idempotent response and the
/// notices to other nodes commit together or not at all. A refusal rolls back.
/// </summary>
public sealed class UnitOfWork(
    Database database, EventLogStore eventLog, IdempotencyStore idempotency, ChangeFeed changes,
    IEnumerable<IWorkFollower> followers)
{
    private readonly IReadOnlyList<IWorkFollower> _followers = [.. followers];

    public Database Database => database;

    /// <summary>
    /// Runs <paramref name="body"/> holding <paramref name="locks"/>. When this returns a value, the change is durable
    /// and every in-process cache that listens to <see cref="ChangeFeed"/> knows of it.
    /// </summary>
    public async Task<Result<T>> WriteAsync<T>(
        OperationScope scope,
        IReadOnlyCollection<LockKey> locks,
        Func<Work, CancellationToken, Task<Result<T>>> body,
        CancellationToken cancellationToken)
    {
        Result<T> result = default;
        Work? work = null;
        await database.WriteAsync(
            locks,
            async (session, token) =>
            {
                work = new Work(session, scope);
                result = await body(work, token);
                if (result.Refusal is not null)
                    return false;
                await FollowAsync([work], token);
                await eventLog.AppendAsync(session, scope, work.Events, token);
                if (scope.Idempotency is { } claim)
                    await idempotency.StoreAsync(session, scope, claim, result.Value!, token);
                await changes.NotifyAsync(session, work.Changes, token);
                return true;
            },
            cancellationToken);
        if (result.Refusal is null)
            changes.Dispatch(work!.Changes);
        return result;
    }

    /// <summary>
    /// Does the work of several scopes in one transaction, which costs one commit: all of it is durable when this
    /// returns, or nothing of it is done when it throws. Each scope's events are logged in the order of the scopes.
    /// </summary>
    public async Task WriteTogetherAsync(
        IReadOnlyList<OperationScope> scopes,
        IReadOnlyCollection<LockKey> locks,
        Func<IReadOnlyList<Work>, CancellationToken, Task> body,
        CancellationToken cancellationToken)
    {
        IReadOnlyList<Work> works = [];
        IReadOnlyList<Change> done = [];
        await database.WriteAsync(
            locks,
            async (session, token) =>
            {
                works = [.. scopes.Select(scope => new Work(session, scope))];
                await body(works, token);
                await FollowAsync(works, token);
                await eventLog.AppendAsync(
                    session, works.SelectMany(work => work.Events.Select(e => (work.Scope, e))), token);
                done = [.. works.SelectMany(work => work.Changes)];
                await changes.NotifyAsync(session, done, token);
                return true;
            },
            cancellationToken);
        changes.Dispatch(done);
    }

    /// <summary>
    /// What <paramref name="body"/> would answer if it ran now: it runs in a transaction that is rolled back, refusal
    /// or not. No event is logged, no other node is told, and an idempotency key is not used up. The body sees
    /// <see cref="Work.IsPreview"/> and keeps away from everything that a rollback cannot undo.
    /// </summary>
    public async Task<Result<T>> PreviewAsync<T>(
        OperationScope scope,
        IReadOnlyCollection<LockKey> locks,
        Func<Work, CancellationToken, Task<Result<T>>> body,
        CancellationToken cancellationToken)
    {
        Result<T> result = default;
        await database.WriteAsync(
            locks,
            async (session, token) =>
            {
                result = await body(new Work(session, scope) { IsPreview = true }, token);
                return false;
            },
            cancellationToken);
        return result;
    }

    private async Task FollowAsync(IReadOnlyList<Work> works, CancellationToken cancellationToken)
    {
        foreach (var follower in _followers)
            await follower.FollowAsync(works, cancellationToken);
    }

    /// <summary>The lock every change of the catalog of an environment holds.</summary>
    public static LockKey CatalogLock(EnvironmentId environment) => LockKey.Of(environment.Value, "catalog", "");

    /// <summary>
    /// Held while something is built on the catalog as it is: excludes changes of the catalog, not one another.
    /// </summary>
    public static LockKey CatalogInUse(EnvironmentId environment) => CatalogLock(environment).Shared;

    /// <summary>The lock every change of a customer, its subscriptions and its usage holds.</summary>
    public static LockKey CustomerLock(EnvironmentId environment, CustomerId customer) =>
        LockKey.Of(environment.Value, "customer", customer.Value);
}

/// <summary>
/// Writes what else has to be in a transaction because of what it recorded; previews are not followed.
/// </summary>
public interface IWorkFollower
{
    /// <summary>Runs at the end of each transaction, before it commits; the works are of one session.</summary>
    Task FollowAsync(IReadOnlyList<Work> works, CancellationToken cancellationToken);
}

/// <summary>One transaction in progress: where to write, and what happened so far.</summary>
public sealed class Work(Session session, OperationScope scope)
{
    private readonly List<RecordedEvent> _events = [];
    private readonly List<Change> _changes = [];

    public Session Session { get; } = session;

    public OperationScope Scope { get; } = scope;

    /// <summary>
    /// Everything written is rolled back: whoever calls other systems must not, and goes on as if they had agreed.
    /// </summary>
    public bool IsPreview { get; init; }

    public IReadOnlyList<RecordedEvent> Events => _events;

    public IReadOnlyList<Change> Changes => _changes;

    public void Record(DomainEvent domainEvent) => _events.Add(new(domainEvent, Scope.Actor, Scope.Now));

    public void Record(IEnumerable<DomainEvent> domainEvents)
    {
        foreach (var domainEvent in domainEvents)
            Record(domainEvent);
    }

    /// <summary>What time alone did at <paramref name="at"/>, even when it is worked off later.</summary>
    public void RecordDue(IEnumerable<DomainEvent> domainEvents, Instant at) =>
        RecordDue(domainEvents, at, _events.Count);

    /// <summary>
    /// The same, in the place of <paramref name="position"/>: before what followed from it and was recorded already.
    /// </summary>
    public void RecordDue(IEnumerable<DomainEvent> domainEvents, Instant at, int position) =>
        _events.InsertRange(position, domainEvents.Select(e => new RecordedEvent(e, Actor.Scheduler, at)));

    /// <summary>
    /// Events of the call in the place of <paramref name="position"/>, before what followed from them.
    /// </summary>
    public void Record(IEnumerable<DomainEvent> domainEvents, int position) =>
        _events.InsertRange(position, domainEvents.Select(e => new RecordedEvent(e, Scope.Actor, Scope.Now)));

    /// <summary>Replaces recorded events by what <paramref name="rewrite"/> makes of them; their order stays.</summary>
    public void Rewrite(Func<DomainEvent, DomainEvent> rewrite)
    {
        for (var i = 0; i < _events.Count; i++)
            _events[i] = _events[i] with { Event = rewrite(_events[i].Event) };
    }

    /// <summary>Something compiled from the catalog of the environment is stale once this commits.</summary>
    public void CatalogChanged() => _changes.Add(new(ChangeKind.Catalog, Scope.EnvironmentId, null));

    /// <summary>What this customer may do is to be compiled anew once this commits.</summary>
    public void AccessChanged(CustomerId customer) =>
        _changes.Add(new(ChangeKind.Access, Scope.EnvironmentId, customer.Value));

    /// <summary>What this customer used is to be read again once this commits.</summary>
    public void UsageChanged(CustomerId customer) =>
        _changes.Add(new(ChangeKind.Usage, Scope.EnvironmentId, customer.Value));

    /// <summary>The credits of this customer are to be read again once this commits.</summary>
    public void CreditsChanged(CustomerId customer) =>
        _changes.Add(new(ChangeKind.Credits, Scope.EnvironmentId, customer.Value));

    /// <summary>What was counted from events is to be read again once this commits.</summary>
    public void MetersChanged() => _changes.Add(new(ChangeKind.Meters, Scope.EnvironmentId, null));

    /// <summary>Environments, keys or clocks are to be read again once this commits.</summary>
    public void AccountsChanged() => _changes.Add(new(ChangeKind.Accounts, Scope.EnvironmentId, null));
}

/// <summary>A change with who made it and when.</summary>
public sealed record RecordedEvent(DomainEvent Event, Actor Actor, Instant At);
