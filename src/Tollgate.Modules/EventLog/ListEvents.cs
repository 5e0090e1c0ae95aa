using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.EventLog;

/// <summary>Pages through the event log of the environment, newest first.</summary>
public sealed class ListEvents(Database database, EventLogStore store, IEnumerable<IEventSource> sources)
{
    /// <summary>
    /// Types that a slice keeps in its own rows are listed when they alone are asked for: there are too many of them to
    /// leaf through beside the others.
    /// </summary>
    public Task<Result<Page<EventRecord>>> ExecuteAsync(
        OperationScope scope, EventFilter filter, PageRequest page, CancellationToken cancellationToken)
    {
        var source = filter.Types is { Count: 1 } types ? sources.FirstOrDefault(s => types.Contains(s.Type)) : null;
        return database.ReadAsync(
            (session, _) => source is null
                ? store.PageAsync(session, scope.EnvironmentId.Value, filter, page)
                : source.PageAsync(session, scope.EnvironmentId, filter, page, scope.Now),
            cancellationToken);
    }
}

/// <summary>
/// Events of one type whose rows a slice owns: written once, in the transaction of the change, where the slice needs
/// them, and read here as the events they are.
/// </summary>
public interface IEventSource
{
    EventType Type { get; }

    Task<Result<Page<EventRecord>>> PageAsync(
        Session session, Domain.EnvironmentId environment, EventFilter filter, PageRequest page, NodaTime.Instant now);
}
