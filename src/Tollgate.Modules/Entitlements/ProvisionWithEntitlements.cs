using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Subscriptions;

namespace Tollgate.Modules.Entitlements;

/// <summary>A provisioned subscription with what its scope is entitled to from now on.</summary>
public sealed record EntitledSubscription(ProvisionedSubscription Provisioned, EntitlementSet Entitlements);

/// <summary>Provisions a subscription and answers the effective entitlements after it, from the same transaction.</summary>
public sealed class ProvisionWithEntitlements(
    UnitOfWork unitOfWork, CatalogReader catalog, SubscribeCustomer subscribe, ScopeCompiler compiler)
{
    public Task<Result<EntitledSubscription>> ExecuteAsync(
        OperationScope scope, ProvisionInput input, CancellationToken cancellationToken) =>
        unitOfWork.WriteAsync<EntitledSubscription>(
            scope,
            SubscribeCustomer.Locks(scope.EnvironmentId, input.Request),
            async (work, token) =>
            {
                if (!(await subscribe.ApplyAsync(work, input, token)).TryGet(out var provisioned, out var refusal))
                    return refusal;
                var features = await catalog.FeaturesAsync(work.Session, scope.EnvironmentId);
                var entitlements = await compiler.ComputeAsync(
                    work.Session, scope.EnvironmentId, input.Request.CustomerId, input.Request.ResourceId, features, scope.Now);
                return new EntitledSubscription(provisioned, entitlements);
            },
            cancellationToken);
}
