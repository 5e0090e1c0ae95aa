using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Entitlements;

/// <summary>
/// What a package's charges imply for a feature's entitlement (spec catalog 8.2, 9.3, 9.5; entitlements 2.2 step 2).
/// </summary>
internal static class ChargedEntitlement
{
    /// <summary>
    /// The in-advance charge of the feature, in the subscription's period and country where it has one; else null.
    /// </summary>
    public static Charge? Commitment(PackageVersion prices, FeatureId feature, Subscription subscription) =>
        Best(prices.Charges, feature, BillingModel.PerUnit, subscription);

    /// <summary>
    /// The pay-as-you-go charge of the feature; any period's, since usage may be billed by the other one's row.
    /// </summary>
    public static Charge? PayAsYouGo(PackageVersion prices, FeatureId feature, Subscription subscription) =>
        Best(prices.Charges, feature, BillingModel.UsageBased, subscription);

    public static Charge? CreditMapping(PackageVersion prices, FeatureId feature, Subscription subscription) =>
        Best(prices.Charges, feature, BillingModel.CreditBased, subscription);

    public static bool HasOverage(PackageVersion package, FeatureId feature)
    {
        foreach (var charge in package.OverageCharges)
        {
            if (charge.FeatureId == feature)
                return true;
        }

        return false;
    }

    /// <summary>
    /// The limit that a committed quantity gives: whole blocks, or the bound of the stair-step tier reached.
    /// </summary>
    public static decimal CommittedLimit(Charge charge, FeatureId feature, Subscription subscription)
    {
        var quantity = subscription.Quantities.TryGetValue(feature, out var given)
            ? given
            : charge.MinUnitQuantity ?? 1;
        if (IsStairStep(charge))
            return StairStepBound(charge.Tiers!, quantity);
        var block = charge.BlockSize ?? 1;
        return block > 0 && block != 1 ? decimal.Ceiling(quantity / block) * block : quantity;
    }

    private static bool IsStairStep(Charge charge) =>
        charge is { TiersMode: TiersMode.Volume, Tiers.Count: > 0 }
        && charge.Tiers.All(tier => tier.UnitPrice is null or { Amount: 0 } && tier.FlatPrice is not null);

    /// <summary>
    /// The first tier that reaches the quantity; beyond the last bound the quantity itself is the limit.
    /// </summary>
    private static decimal StairStepBound(IReadOnlyList<PriceTier> tiers, decimal quantity)
    {
        decimal? bound = null;
        foreach (var tier in tiers)
        {
            if (tier.UpTo is { } upTo && quantity <= upTo && !(bound <= upTo))
                bound = upTo;
        }

        return bound ?? quantity;
    }

    private static Charge? Best(
        IReadOnlyList<Charge> charges, FeatureId feature, BillingModel model, Subscription subscription)
    {
        Charge? best = null;
        var bestFit = -1;
        foreach (var charge in charges)
        {
            if (charge.Model != model || charge.FeatureId != feature)
                continue;
            var fit = (charge.BillingPeriod == subscription.BillingPeriod ? 4 : 0) + (charge.CountryCode switch
            {
                null => 1,
                var country when country == subscription.BillingCountryCode => 2,
                _ => 0,
            });
            if (fit > bestFit)
                (best, bestFit) = (charge, fit);
        }

        return best;
    }
}
