using Tollgate.Domain.Errors;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.EventLog;

/// <summary>Pages through the event log of the environment, newest first.</summary>
public sealed class ListEvents(Database database, EventLogStore store)
{
    public Task<Result<Page<EventRecord>>> ExecuteAsync(
        OperationScope scope, EventFilter filter, PageRequest page, CancellationToken cancellationToken) =>
        database.ReadAsync(
            (session, _) => store.PageAsync(session, scope.EnvironmentId.Value, filter, page), cancellationToken);
}
