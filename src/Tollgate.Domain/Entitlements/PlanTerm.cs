using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Entitlements;

/// <summary>
/// Steps 1 to 3 of spec entitlements-and-usage 2.2: the plan's own or inherited value, what its charges imply, and the
/// subscription's override merged over both.
/// </summary>
internal readonly record struct PlanTerm(EntitlementValue? Value, bool IsRevoked, EntitlementOrder? Order)
{
    public static PlanTerm Of(SubscriptionContent content, Feature feature, List<EntitlementContribution> contributions)
    {
        var (package, row, position) = FindRow(content, feature.Id);
        var order = row is null ? (EntitlementOrder?)null : new EntitlementOrder(0, row.Order ?? position);
        var (value, isRevoked, awaitsValue) = FromRow(content, feature, package, row, contributions);
        var isOwn = ReferenceEquals(package, content.Plan);
        if (feature.Type == FeatureType.Number
            && FromCharges(content, feature, value, isRevoked && isOwn) is { } implied)
        {
            (value, isRevoked, awaitsValue) = (implied.Value, false, false);
            contributions.Add(implied);
            order ??= new EntitlementOrder(0, content.Plan.Entitlements.Count);
        }

        var given = content.Subscription.Overrides.LastOrDefault(each => each.FeatureId == feature.Id);
        if (given is not null)
        {
            var merged = EntitlementValues.Merge(feature, value ?? new(), given);
            // A value that the plan gave already stays complete; one that starts here must say how much it is.
            var isComplete = (value is not null && !awaitsValue) || EntitlementValues.IsComplete(feature, merged);
            contributions.Add(new()
            {
                Kind = ContributionKind.Override,
                Value = merged,
                Effect = isComplete ? ContributionEffect.Counted : ContributionEffect.MissingValue,
            });
            if (isComplete)
                return new(merged, false, order ?? new EntitlementOrder(0, content.Plan.Entitlements.Count));
        }

        return new(awaitsValue ? null : value, isRevoked, order);
    }

    private static (PackageVersion Package, PackageEntitlement? Row, int Position) FindRow(
        SubscriptionContent content, FeatureId feature)
    {
        if (Rows.Find(content.Plan, feature) is var (own, at))
            return (content.Plan, own, at);
        foreach (var basePlan in content.BasePlans)
        {
            if (Rows.Find(basePlan, feature) is var (inherited, position))
                return (basePlan, inherited, position);
        }

        return (content.Plan, null, 0);
    }

    private static (EntitlementValue? Value, bool IsRevoked, bool AwaitsValue) FromRow(
        SubscriptionContent content, Feature feature, PackageVersion package, PackageEntitlement? row,
        List<EntitlementContribution> contributions)
    {
        if (row is null)
            return (null, false, false);
        var value = row.IsGranted ? EntitlementValues.Of(feature, row) : null;
        var awaitsValue = value is not null && Rows.AwaitsValue(feature, row, value);
        contributions.Add(new()
        {
            Kind = ReferenceEquals(package, content.Plan) ? ContributionKind.Plan : ContributionKind.BasePlan,
            PackageId = package.Id,
            Version = package.Version,
            Value = value,
            Effect = !row.IsGranted ? ContributionEffect.Revokes
                : awaitsValue ? ContributionEffect.MissingValue
                : ContributionEffect.Counted,
        });
        return (value, !row.IsGranted, awaitsValue);
    }

    /// <summary>
    /// Null when no charge speaks of the feature, or the plan itself revokes it; an inherited revoke yields.
    /// </summary>
    private static EntitlementContribution? FromCharges(
        SubscriptionContent content, Feature feature, EntitlementValue? row, bool isRevokedByPlan)
    {
        if (isRevokedByPlan)
            return null;
        var (prices, subscription) = (content.Prices, content.Subscription);
        var committed = ChargedEntitlement.Commitment(prices, feature.Id, subscription);
        var measured = ChargedEntitlement.PayAsYouGo(prices, feature.Id, subscription)
            ?? ChargedEntitlement.CreditMapping(content.Plan, feature.Id, subscription);
        if (committed is null && measured is null)
            return null;
        decimal? limit = committed is null
            ? row?.UsageLimit
            : ChargedEntitlement.CommittedLimit(committed, feature.Id, subscription);
        return new()
        {
            Kind = ContributionKind.Charge,
            PackageId = prices.Id,
            // A mapping to credits is that of the content.
            Version = (committed ?? measured)!.Model == BillingModel.CreditBased
                ? content.Plan.Version
                : prices.Version,
            Value = new()
            {
                UsageLimit = limit,
                HasUnlimitedUsage = limit is null,
                HasSoftLimit = row?.HasSoftLimit ?? false,
                Reset = feature.IsMetered ? (committed ?? measured)!.Reset ?? row?.Reset : null,
            },
            Effect = ContributionEffect.Counted,
        };
    }
}

/// <summary>Finding and judging the rows of a package version.</summary>
internal static class Rows
{
    public static (PackageEntitlement Row, int Position)? Find(PackageVersion package, FeatureId feature)
    {
        for (var i = 0; i < package.Entitlements.Count; i++)
        {
            if (package.Entitlements[i].FeatureId == feature)
                return (package.Entitlements[i], i);
        }

        return null;
    }

    /// <summary>
    /// A variable row that carries no value of its own grants nothing until a subscription supplies one.
    /// </summary>
    public static bool AwaitsValue(Feature feature, PackageEntitlement row, EntitlementValue value) =>
        row.IsCustom && (feature.Type == FeatureType.Boolean || !EntitlementValues.IsComplete(feature, value));
}
