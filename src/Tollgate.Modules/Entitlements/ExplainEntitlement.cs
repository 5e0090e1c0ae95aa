using Tollgate.Domain;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Errors;

namespace Tollgate.Modules.Entitlements;

/// <summary>
/// Why a check answers as it does: sources and their versions, what won, window, usage, what changes it next.
/// </summary>
public sealed class ExplainEntitlement(EntitlementSnapshots snapshots, CheckEntitlement check)
{
    public async Task<Result<EntitlementExplanation>> ExecuteAsync(
        OperationScope scope, CustomerId customerId, ResourceId? resourceId, FeatureId featureId,
        CancellationToken cancellationToken)
    {
        var access = await snapshots.GetAsync(scope.Environment, customerId, resourceId, scope.Now, cancellationToken);
        if (access.Facts.IsCustomerUnknown)
        {
            return new Refusal(ErrorCode.CustomerNotFound,
                $"There is no customer with the id '{customerId}' in this environment.");
        }

        if (access.Facts.IsCustomerArchived)
        {
            return new Refusal(ErrorCode.CustomerNotFound,
                $"The customer '{customerId}' is archived, so every check is denied with CustomerIsArchived; "
                + "unarchive it first.");
        }

        if (access.Facts.IsResourceUnknown)
        {
            return new Refusal(ErrorCode.CustomerResourceNotFound,
                $"The customer '{customerId}' has no resource '{resourceId}'.");
        }

        var features = await snapshots.FeaturesAsync(scope.EnvironmentId, cancellationToken);
        if (!features.TryGetValue(featureId, out var feature))
        {
            return new Refusal(ErrorCode.FeatureNotFound,
                $"There is no feature with the id '{featureId}' in this environment; create it first.");
        }

        if (access.Find(featureId.Value) is not { } compiled)
            return EntitlementExplanation.Of(access.Set!, feature, 0, scope.Now);
        return EntitlementExplanation.Of(
            access.Set!, feature, await check.UsageAsync(compiled, scope.Now, cancellationToken), scope.Now,
            await check.IsBudgetExhaustedAsync(scope.EnvironmentId, compiled, scope.Now, cancellationToken),
            await check.HeldAsync(compiled, scope.Now, cancellationToken));
    }
}
