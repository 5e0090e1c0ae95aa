using Tollgate.Domain.EventLog;
using Tollgate.Storage;

namespace Tollgate.Modules.EventLog;

/// <summary>
/// Writes events in a transaction that is no <see cref="UnitOfWork"/>: the group of usage reports, each event in the
/// name of the request that caused it.
/// </summary>
public sealed class AppendEvents(EventLogStore store)
{
    internal Task ExecuteAsync(
        Session session, OperationScope scope, DomainEvent change, CancellationToken cancellationToken) =>
        store.AppendAsync(session, scope, [new(change, scope.Actor, scope.Now)], cancellationToken);

    /// <summary>
    /// The same for the events of many requests, in this order and in as few statements as the database likes.
    /// </summary>
    internal Task ExecuteAsync(
        Session session, IReadOnlyCollection<(OperationScope Scope, RecordedEvent Event)> events,
        CancellationToken cancellationToken) => store.AppendAsync(session, events, cancellationToken);

    /// <summary>The same for events that say themselves who made them and when.</summary>
    internal Task ExecuteAsync(
        Session session, OperationScope scope, IReadOnlyList<RecordedEvent> events,
        CancellationToken cancellationToken) =>
        store.AppendAsync(session, scope, events, cancellationToken);
}
