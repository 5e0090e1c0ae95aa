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
/// Runs the writing half of a use case in one transaction: the state, its events, the idempotent response and the notices to
/// other nodes commit together or not at all. A refusal rolls back.
/// </summary>
public sealed class UnitOfWork(Database database, EventLogStore eventLog, IdempotencyStore idempotency, ChangeFeed changes)
{
    public Database Database => database;

    /// <summary>
    /// Runs <paramref name="body"/> holding <paramref name="locks"/>. When this returns a value, the change is durable and
    /// every in-process cache that listens to <see cref="ChangeFeed"/> knows of it.
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

    /// <summary>The lock every change of the catalog of an environment holds.</summary>
    public static LockKey CatalogLock(EnvironmentId environment) => LockKey.Of(environment.Value, "catalog", "");

    /// <summary>Held while something is built on the catalog as it is: excludes changes of the catalog, not one another.</summary>
    public static LockKey CatalogInUse(EnvironmentId environment) => CatalogLock(environment).Shared;

    /// <summary>The lock every change of a customer, its subscriptions and its usage holds.</summary>
    public static LockKey CustomerLock(EnvironmentId environment, CustomerId customer) =>
        LockKey.Of(environment.Value, "customer", customer.Value);
}

/// <summary>One transaction in progress: where to write, and what happened so far.</summary>
public sealed class Work(Session session, OperationScope scope)
{
    private readonly List<RecordedEvent> _events = [];
    private readonly List<Change> _changes = [];

    public Session Session { get; } = session;

    public OperationScope Scope { get; } = scope;

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
        _events.AddRange(domainEvents.Select(e => new RecordedEvent(e, Actor.Scheduler, at)));

    /// <summary>Something compiled from the catalog of the environment is stale once this commits.</summary>
    public void CatalogChanged() => _changes.Add(new(ChangeKind.Catalog, Scope.EnvironmentId, null));

    /// <summary>What this customer may do is to be compiled anew once this commits.</summary>
    public void AccessChanged(CustomerId customer) =>
        _changes.Add(new(ChangeKind.Access, Scope.EnvironmentId, customer.Value));

    /// <summary>Environments, keys or clocks are to be read again once this commits.</summary>
    public void AccountsChanged() => _changes.Add(new(ChangeKind.Accounts, Scope.EnvironmentId, null));
}

/// <summary>A change with who made it and when.</summary>
public sealed record RecordedEvent(DomainEvent Event, Actor Actor, Instant At);
