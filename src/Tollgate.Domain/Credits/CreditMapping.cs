using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;

namespace Tollgate.Domain.Credits;

/// <summary>Which rate turns a subscription's usage of a feature into credits (spec credits 5.1).</summary>
public static class CreditMapping
{
    /// <summary>
    /// An add-on's mapping comes before the plan's; of several the cheapest, a formula counting as dearest, the first
    /// of equal ones. Mappings move with the entitlements of a version, not with its prices. Null when nothing maps
    /// the feature.
    /// </summary>
    public static CreditRate? Of(SubscriptionContent content, FeatureId feature)
    {
        var ofAddons = content.Addons.Where(held => held.Quantity > 0)
            .Select(held => RateOf(content, held.Addon, held.Addon.Id, feature)).OfType<CreditRate>()
            .OrderBy(rate => rate.CostFormula is not null).ThenBy(rate => rate.Amount).FirstOrDefault();
        return ofAddons ?? RateOf(content, content.Plan, addon: null, feature);
    }

    /// <summary>The currencies that usage of the subscription burns.</summary>
    public static IEnumerable<CurrencyId> Currencies(SubscriptionContent content) => Features(content)
        .Select(feature => Of(content, feature)?.CurrencyId).OfType<CurrencyId>().Distinct();

    /// <summary>The features that the subscription maps.</summary>
    public static IEnumerable<FeatureId> Features(SubscriptionContent content) =>
        content.Addons.Where(held => held.Quantity > 0).Select(held => held.Addon).Prepend(content.Plan)
            .SelectMany(package => package.Charges)
            .Where(charge => charge is { Model: BillingModel.CreditBased, FeatureId: not null })
            .Select(charge => charge.FeatureId!.Value).Distinct();

    private static CreditRate? RateOf(
        SubscriptionContent content, PackageVersion package, PackageId? addon, FeatureId feature) =>
        ChargedEntitlement.CreditMapping(package, feature, content.Subscription) is { } charge
            ? OverriddenPrices.Apply(charge, addon, content.Subscription.PriceOverrides).CreditRate
            : null;
}
