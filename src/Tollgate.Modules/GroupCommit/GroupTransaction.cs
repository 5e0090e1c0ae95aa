using System.Data.Common;
using Tollgate.Modules.Idempotency;
using Tollgate.Storage;

namespace Tollgate.Modules.GroupCommit;

/// <summary>The one transaction of a group.</summary>
internal static class GroupTransaction
{
    /// <summary>As <see cref="Database.WriteAsync"/>; tells faults of a request from faults of the database.</summary>
    /// <exception cref="GroupFaultException">
    /// The body failed, so nothing was committed, and the database is not at fault.
    /// </exception>
    public static Task RunAsync(
        Database database, IReadOnlyCollection<LockKey> locks, Func<Session, CancellationToken, Task<bool>> body) =>
        database.WriteAsync(
            locks,
            async (session, token) =>
            {
                try
                {
                    return await body(session, token);
                }
                catch (Exception exception) when (exception is not (DbException or DatabaseUnavailableException
                    or IdempotencyRaceException or OperationCanceledException) && !database.IsUnavailable(exception))
                {
                    throw new GroupFaultException(exception);
                }
            },
            CancellationToken.None);
}

/// <summary>
/// Something among the requests of a group cannot be written; nothing was, and the others still can be.
/// </summary>
internal sealed class GroupFaultException(Exception fault) : Exception(fault.Message, fault);
