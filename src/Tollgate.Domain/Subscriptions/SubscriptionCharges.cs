using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Subscriptions;

/// <summary>One charge that applies to a subscription, its price override applied.</summary>
/// <param name="Charge">As it is charged.</param>
/// <param name="Package">The plan or add-on version it belongs to.</param>
/// <param name="Quantity">
/// How often the add-on is held: its amount counts that many times; 1 for the plan's own.
/// </param>
public sealed record SubscriptionCharge(Charge Charge, PackageVersion Package, int Quantity)
{
    /// <summary>Null for the plan's own charges.</summary>
    public PackageId? AddonId => Package.Kind == PackageKind.Addon ? Package.Id : null;

    public ChargeKey Key => ChargeKey.Of(Charge, AddonId);
}

/// <summary>Which charges apply to a subscription: the plan's, then its add-ons' in the order of the request.</summary>
public static class SubscriptionCharges
{
    /// <summary>
    /// Every charge of the subscription's period and country, at its price; none without a billing period.
    /// </summary>
    public static IReadOnlyList<SubscriptionCharge> Of(HeldSubscription held)
    {
        if (held.Subscription.BillingPeriod is not { } period)
            return [];
        return
        [
            .. All(
                held.Plan.Version, held.Prices, held.Subscription.Addons, held.Addons, period,
                held.Subscription.BillingCountryCode)
                .Select(c => c with
                {
                    Charge = OverriddenPrices.Apply(c.Charge, c.AddonId, held.Subscription.PriceOverrides),
                }),
        ];
    }

    /// <summary>At catalog prices.</summary>
    internal static IEnumerable<SubscriptionCharge> All(ContentBasis basis, AddonSelection addons) =>
        basis.Period is { } period
            ? All(basis.Plan.Version, basis.Prices, addons.Addons, addons.Versions, period, basis.Country)
            : [];

    /// <summary>Those whose units are committed in advance.</summary>
    internal static IEnumerable<Charge> Committed(IEnumerable<SubscriptionCharge> charges) => charges
        .Select(c => c.Charge).Where(c => c is { Model: BillingModel.PerUnit, FeatureId: not null });

    private static IEnumerable<SubscriptionCharge> All(
        PackageVersion content, PackageVersion prices, IReadOnlyList<SubscriptionAddon> addons,
        IReadOnlyDictionary<PackageId, AddonVersions> versions, BillingPeriod period, string? country)
    {
        foreach (var charge in OfPackage(new(content, prices), period, country, 1))
            yield return charge;
        foreach (var addon in addons)
        {
            var held = versions[addon.Id];
            // An add-on that lacks the plan's country is sold at its default price.
            var sold = PriceSelection.ResolveCountry(held.Prices, country, null);
            foreach (var charge in OfPackage(held, period, sold, addon.Quantity))
                yield return charge;
        }
    }

    /// <summary>
    /// Mappings to credits cost no money and move with the entitlements, the others not (spec catalog 4.4).
    /// </summary>
    private static IEnumerable<SubscriptionCharge> OfPackage(
        AddonVersions held, BillingPeriod period, string? country, int quantity)
    {
        var (content, prices) = (held.Content, held.Prices);
        if (content.Version == prices.Version)
            return Rows(prices, period, country).Select(charge => new SubscriptionCharge(charge, prices, quantity));
        return Rows(prices, period, country).Where(charge => charge.Model != BillingModel.CreditBased)
            .Select(charge => new SubscriptionCharge(charge, prices, quantity))
            .Concat(Rows(content, period, country).Where(charge => charge.Model == BillingModel.CreditBased)
                .Select(charge => new SubscriptionCharge(charge, content, quantity)));
    }

    /// <summary>
    /// The period's rows, and rows of the other period that are not bound to one: usage, one-off and credit rows apply
    /// to a term that has none of its own (spec catalog 9.4).
    /// </summary>
    internal static IEnumerable<Charge> Rows(PackageVersion package, BillingPeriod period, string? country)
    {
        var bound = PriceSelection.For(package, period, country)
            .Where(c => PriceSelection.BindsPeriod(c) || c.Model == BillingModel.MinimumSpend);
        return bound.Concat(PriceSelection.OfAnyPeriod(
            package.Charges.Where(c => !PriceSelection.BindsPeriod(c) && c.Model != BillingModel.MinimumSpend),
            period, country));
    }
}
