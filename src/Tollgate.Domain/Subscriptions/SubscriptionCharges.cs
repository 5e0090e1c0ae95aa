using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Subscriptions;

/// <summary>One charge that applies to a subscription, its price override applied.</summary>
/// <param name="Charge">As it is charged.</param>
/// <param name="Package">The plan or add-on version it belongs to.</param>
/// <param name="Quantity">How often the add-on is held: its amount counts that many times; 1 for the plan's own.</param>
public sealed record SubscriptionCharge(Charge Charge, PackageVersion Package, int Quantity)
{
    /// <summary>Null for the plan's own charges.</summary>
    public PackageId? AddonId => Package.Kind == PackageKind.Addon ? Package.Id : null;

    public ChargeKey Key => ChargeKey.Of(Charge, AddonId);
}

/// <summary>Which charges apply to a subscription: the plan's, then its add-ons' in the order of the request.</summary>
public static class SubscriptionCharges
{
    /// <summary>Every charge of the subscription's period and country, at its price; none without a billing period.</summary>
    public static IReadOnlyList<SubscriptionCharge> Of(HeldSubscription held)
    {
        if (held.Subscription.BillingPeriod is not { } period)
            return [];
        var overrides = held.Subscription.PriceOverrides.ToDictionary(o => o.Key);
        return
        [
            .. All(held.Prices, held.Subscription.Addons, held.Addons, period, held.Subscription.BillingCountryCode)
                .Select(c => overrides.TryGetValue(c.Key, out var priced)
                    ? c with { Charge = With(c.Charge, priced) }
                    : c),
        ];
    }

    /// <summary>The charge at the overridden price; what the override leaves out stays.</summary>
    public static Charge With(Charge charge, PriceOverride priced) => charge with
    {
        Price = priced.Tiers is not null ? null : priced.Price ?? charge.Price,
        Tiers = priced.Price is not null ? null : priced.Tiers ?? charge.Tiers,
        TiersMode = priced.Price is not null ? null : priced.TiersMode ?? charge.TiersMode,
        BlockSize = priced.BlockSize ?? charge.BlockSize,
        CreditRate = priced.CreditRate ?? charge.CreditRate,
        CreditGrantCadence = priced.CreditGrantCadence ?? charge.CreditGrantCadence,
    };

    /// <summary>At catalog prices.</summary>
    internal static IEnumerable<SubscriptionCharge> All(ContentBasis basis, AddonSelection addons) =>
        basis.Period is { } period
            ? All(basis.Prices, addons.Addons, addons.Versions, period, basis.Country)
            : [];

    /// <summary>Those whose units are committed in advance.</summary>
    internal static IEnumerable<Charge> Committed(IEnumerable<SubscriptionCharge> charges) => charges
        .Select(c => c.Charge).Where(c => c is { Model: BillingModel.PerUnit, FeatureId: not null });

    private static IEnumerable<SubscriptionCharge> All(
        PackageVersion plan, IReadOnlyList<SubscriptionAddon> addons,
        IReadOnlyDictionary<PackageId, AddonVersions> versions, BillingPeriod period, string? country)
    {
        foreach (var charge in Rows(plan, period, country))
            yield return new(charge, plan, 1);
        foreach (var addon in addons)
        {
            var prices = versions[addon.Id].Prices;
            // An add-on that lacks the plan's country is sold at its default price.
            foreach (var charge in Rows(prices, period, PriceSelection.ResolveCountry(prices, country, null)))
                yield return new(charge, prices, addon.Quantity);
        }
    }

    /// <summary>
    /// The period's rows, and rows of the other period that are not bound to one: usage, one-off and credit rows apply to a
    /// term that has none of its own (spec catalog 9.4).
    /// </summary>
    private static IEnumerable<Charge> Rows(PackageVersion package, BillingPeriod period, string? country)
    {
        var own = PriceSelection.For(package, period, country).ToList();
        var keys = own.Select(c => ChargeKey.Of(c, null)).ToHashSet();
        return own.Concat(package.Charges.Where(c => c.BillingPeriod != period && c.CountryCode == country
            && !PriceSelection.BindsPeriod(c) && c.Model != BillingModel.MinimumSpend
            && !keys.Contains(ChargeKey.Of(c, null))));
    }
}
