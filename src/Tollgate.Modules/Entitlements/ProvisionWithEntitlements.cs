using NodaTime;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Subscriptions;
using Tollgate.Storage;

namespace Tollgate.Modules.Entitlements;

/// <summary>A provisioned subscription with what its scope is entitled to from now on.</summary>
public sealed record EntitledSubscription(ProvisionedSubscription Provisioned, EntitlementList Entitlements);

/// <summary>Provisions a subscription and answers the effective entitlements after it, from the same transaction.</summary>
public sealed class ProvisionWithEntitlements(
    UnitOfWork unitOfWork, CatalogReader catalog, SubscribeCustomer subscribe, ScopeCompiler compiler, IUsageLevels usage)
{
    public async Task<Result<EntitledSubscription>> ExecuteAsync(
        OperationScope scope, ProvisionInput input, CancellationToken cancellationToken)
    {
        try
        {
            return await TryAsync(scope, input, cancellationToken);
        }
        catch (Exception exception) when (unitOfWork.Database.IsUniqueViolation(exception))
        {
            // Another customer's transaction took the same subscription id first; now it is seen and refused or avoided.
            return await TryAsync(scope, input, cancellationToken);
        }
    }

    private Task<Result<EntitledSubscription>> TryAsync(
        OperationScope scope, ProvisionInput input, CancellationToken cancellationToken) =>
        unitOfWork.WriteAsync<EntitledSubscription>(
            scope,
            SubscribeCustomer.Locks(scope.EnvironmentId, input.Request),
            async (work, token) =>
            {
                if (!(await subscribe.ApplyAsync(work, input, token)).TryGet(out var provisioned, out var refusal))
                    return refusal;
                var features = await catalog.FeaturesAsync(work.Session, scope.EnvironmentId);
                var access = await compiler.CompileAsync(
                    work.Session, scope.EnvironmentId, input.Request.CustomerId, input.Request.ResourceId, features, scope.Now);
                return new EntitledSubscription(provisioned, await ListAsync(work.Session, access, scope.Now));
            },
            cancellationToken);

    private async Task<EntitlementList> ListAsync(Session session, ScopeAccess access, Instant now)
    {
        var rows = new List<ListedEntitlement>(access.Entitlements.Count);
        foreach (var compiled in access.Entitlements)
        {
            var raw = compiled.Cell is { } cell
                ? (await usage.ReadAsync(session, cell, compiled.WindowAt(now).Counted)).Value
                : 0;
            rows.Add(new(compiled, compiled.Entitlement.ShownUsage(decimal.Max(raw, 0))));
        }

        return new(access.Set?.ListDeniedReason, access.ComputedAt, rows);
    }
}
