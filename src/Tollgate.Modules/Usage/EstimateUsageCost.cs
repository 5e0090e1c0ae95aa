using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Entitlements;

namespace Tollgate.Modules.Usage;

/// <summary>What a usage report would cost in credits; records nothing (spec credits 6).</summary>
public sealed class EstimateUsageCost(EntitlementSnapshots snapshots, CheckEntitlement check, ICreditLevels levels)
{
    public async Task<Result<CreditEstimate>> ExecuteAsync(
        OperationScope scope, UsageReport report, CancellationToken cancellationToken)
    {
        var access = await snapshots.GetAsync(
            scope.Environment, report.CustomerId, report.ResourceId, scope.Now, cancellationToken);
        if (Check(access, report.CustomerId, report.ResourceId) is { } refusal)
            return refusal;
        var warnings = new List<EstimateWarning>();
        if (report.ResourceId is null && access.HasResourceSubscriptions)
            warnings.Add(EstimateWarning.ResourceScopedSubscriptionExists);
        var features = await snapshots.FeaturesAsync(scope.EnvironmentId, cancellationToken);
        if (!features.TryGetValue(report.FeatureId, out var feature))
            return new CreditEstimate([], [.. warnings, EstimateWarning.FeatureNotFound]);
        if (!access.Mappings.TryGetValue(feature.Id.Value, out var mapping))
            return new CreditEstimate([], [.. warnings, EstimateWarning.FeatureNotCreditBased]);
        var growth = report.Value;
        if (report.Behavior == UpdateBehavior.Set && access.Find(feature.Id.Value) is { } compiled)
            growth -= await check.UsageAsync(compiled, scope.Now, cancellationToken);
        // A SET that finds it so already is no use of anything.
        var cost = report.Behavior == UpdateBehavior.Set && growth <= 0
            ? 0
            : UsageCost.Of(
                mapping.Rate, mapping.Formula, feature, growth, new ReportedInputs(report.Dimensions, report.Value));
        var held = await levels.LoadAsync(levels.Cell(scope.EnvironmentId, report.CustomerId), cancellationToken);
        return new CreditEstimate(
            [
                new(
                    mapping.Pool.CurrencyId,
                    held.Of(mapping.Pool).At(scope.Now).Balance,
                    [new(feature.Id, cost, !UsageCost.IsSupported(feature))]),
            ],
            warnings);
    }

    /// <summary>Who is asked about; null when known.</summary>
    internal static Refusal? Check(ScopeAccess access, CustomerId customer, ResourceId? resource)
    {
        if (access.Facts.IsCustomerUnknown)
            return CustomerUseCases.NotFound(customer);
        if (access.Facts.IsCustomerArchived)
        {
            return new(ErrorCode.EntityIsArchivedError,
                $"The customer '{customer}' is archived; unarchive it before estimating its usage.");
        }

        return access.Facts.IsResourceUnknown
            ? new(ErrorCode.CustomerResourceNotFound,
                $"The customer '{customer}' has no resource '{resource}'; provision a subscription for it first.")
            : null;
    }
}

/// <summary>What something would cost, a pool at a time.</summary>
public sealed record CreditEstimate(IReadOnlyList<PoolEstimate> Pools, IReadOnlyList<EstimateWarning> Warnings);

/// <summary>What one pool would pay.</summary>
/// <param name="CurrencyId">The currency of the pool.</param>
/// <param name="Balance">Before.</param>
/// <param name="Costs">By feature.</param>
public sealed record PoolEstimate(CurrencyId CurrencyId, decimal Balance, IReadOnlyList<FeatureCost> Costs)
{
    public decimal Cost => Costs.Sum(cost => cost.Credits);

    public decimal BalanceAfter => Balance - Cost;
}

/// <param name="FeatureId">The feature used.</param>
/// <param name="Credits">Its part.</param>
/// <param name="IsUnsupported">Its meter tells nothing about one event: nothing burns (spec credits 5.2).</param>
public sealed record FeatureCost(FeatureId FeatureId, decimal Credits, bool IsUnsupported);

public enum EstimateWarning
{
    /// <summary>The customer has subscriptions of resources, and none was named.</summary>
    ResourceScopedSubscriptionExists,
    FeatureNotFound,
    FeatureNotCreditBased,
}
