using Tollgate.Domain.Billing.Sync;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Rows;

namespace Tollgate.Modules.Billing.Sync;

/// <summary>
/// Looking at the copies that billing providers have, and sending them again (spec integrations 1.1).
/// </summary>
public sealed class SyncUseCases(UnitOfWork unitOfWork)
{
    private readonly SyncStore _store = new();

    public Task<Result<Page<SyncState>>> ListAsync(
        OperationScope scope, SyncFilter filter, PageRequest page, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync(
            (session, _) => _store.PageAsync(session, scope.EnvironmentId, filter, page), cancellationToken);

    public Task<Result<SyncState>> RetrieveAsync(OperationScope scope, Guid uid, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync<Result<SyncState>>(
            async (session, _) => await _store.FindAsync(session, scope.EnvironmentId, uid) is { } state
                ? state
                : NotFound(uid),
            cancellationToken);

    /// <summary>
    /// Sends the entity again, from the first attempt on and under a new key, whatever became of it before.
    /// </summary>
    public Task<Result<SyncState>> ResyncAsync(OperationScope scope, Guid uid, CancellationToken cancellationToken) =>
        unitOfWork.WriteAsync<SyncState>(
            scope,
            [],
            async (work, _) =>
            {
                if (await _store.FindAsync(work.Session, scope.EnvironmentId, uid) is not { } state)
                    return NotFound(uid);
                if (!await _store.ResyncAsync(work.Session, scope.EnvironmentId, uid, scope.Now))
                {
                    return new Refusal(ErrorCode.ResyncAlreadyInProgress,
                        $"{state.Kind} '{state.EntityId}' is on its way to '{state.IntegrationId}' already; "
                        + $"its next attempt is due at {state.NextAttemptAt}.");
                }

                return (await _store.FindAsync(work.Session, scope.EnvironmentId, uid))!;
            },
            cancellationToken);

    private static Refusal NotFound(Guid uid) => new(
        ErrorCode.InvalidArgumentError,
        $"There is no sync state with the id '{uid}' in this environment; give the id of one as listed.");
}
