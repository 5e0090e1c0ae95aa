using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Storage;

namespace Tollgate.Modules.Billing.Settings;

/// <summary>Reads and changes how billing works in an environment. A change acts on what happens after it.</summary>
public sealed class BillingSettingsUseCases(UnitOfWork unitOfWork)
{
    private readonly BillingSettingsStore _store = new();

    public async Task<Result<BillingSettings>> RetrieveAsync(
        OperationScope scope, CancellationToken cancellationToken) =>
        await unitOfWork.Database.ReadAsync(
            (session, _) => _store.ReadAsync(session, scope.EnvironmentId).AsTask(), cancellationToken);

    public Task<Result<BillingSettings>> UpdateAsync(
        OperationScope scope, BillingSettingsEdit edit, CancellationToken cancellationToken) =>
        unitOfWork.WriteAsync<BillingSettings>(
            scope,
            [LockKey.Of(scope.EnvironmentId.Value, "billing-settings", "")],
            async (work, _) =>
            {
                var before = await _store.ReadAsync(work.Session, scope.EnvironmentId);
                if (!BillingSettingsRules.Update(before, edit).TryGet(out var after, out var refusal))
                    return refusal;
                if (after == before)
                    return before;
                await _store.WriteAsync(work.Session, scope.EnvironmentId, after);
                work.Record(new DomainEvent(
                    EventType.BillingSettingsUpdated,
                    EntityKind.BillingSettings,
                    scope.Environment.Name,
                    null,
                    before,
                    after));
                return after;
            },
            cancellationToken);
}
