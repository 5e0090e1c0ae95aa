using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.EventLog;

/// <summary>The rows of the log alone, for slices that keep later events of a type in rows of their own.</summary>
public sealed class LoggedEvents(EventLogStore store)
{
    /// <summary>Newest first.</summary>
    public Task<Result<Page<EventRecord>>> PageAsync(
        Session session, EnvironmentId environment, EventFilter filter, PageRequest page) =>
        store.PageAsync(session, environment.Value, filter, page);
}
