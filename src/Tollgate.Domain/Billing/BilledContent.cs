using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>
/// What a subscription is charged for: the versions whose prices apply, how many units of what, and what was agreed
/// differently from the catalog. Everything the money rules look at, and nothing else.
/// </summary>
public sealed record BilledContent
{
    /// <summary>Named on the lines; null in a preview of a subscription that does not exist yet.</summary>
    public SubscriptionId? SubscriptionId { get; init; }

    /// <summary>The plan version whose charges apply.</summary>
    public required PackageVersion Plan { get; init; }

    /// <summary>In the order of the request.</summary>
    public IReadOnlyList<BilledAddon> Addons { get; init; } = [];
    public required BillingPeriod Period { get; init; }

    /// <summary>Whose prices apply; null = the default ones.</summary>
    public string? Country { get; init; }

    /// <summary>
    /// What its billing periods are counted from; null in a preview of a subscription that does not exist yet.
    /// </summary>
    public Instant? Anchor { get; init; }

    /// <summary>Lower-case ISO 4217 code of every amount.</summary>
    public required string Currency { get; init; }

    /// <summary>Committed units; a charge without an entry has its minimum, or 1.</summary>
    public IReadOnlyDictionary<FeatureId, decimal> Quantities { get; init; } = new Dictionary<FeatureId, decimal>();

    /// <summary>Credits bought each period; a charge without an entry has its minimum, or 1.</summary>
    public IReadOnlyDictionary<CurrencyId, decimal> CreditQuantities { get; init; } =
        new Dictionary<CurrencyId, decimal>();
    public IReadOnlyList<PriceOverride> PriceOverrides { get; init; } = [];

    /// <summary>Paid in advance each period and drawn down by usage; one in another currency is none.</summary>
    public Money? MinimumSpend { get; init; }

    /// <summary>The groups of the plan that waive items, in the plan's order.</summary>
    public IReadOnlyList<FreeItems> FreeItems { get; init; } = [];

    /// <summary>Names and units; a feature that is not here is named by its id.</summary>
    public IReadOnlyDictionary<FeatureId, Feature> Features { get; init; } = new Dictionary<FeatureId, Feature>();

    /// <summary>A credit currency that is not here is named by its id.</summary>
    public IReadOnlyDictionary<CurrencyId, string> CurrencyNames { get; init; } = new Dictionary<CurrencyId, string>();

    /// <summary>
    /// The content of a subscription that has a billing period, from what its entitlements follow from.
    /// </summary>
    public static BilledContent Of(SubscriptionContent content) => Of(
        content.Subscription,
        content.Prices,
        [.. content.Addons.Where(held => held.Quantity > 0)
            .Select(held => new BilledAddon(held.Prices, held.Quantity))]);

    /// <summary>The content of a subscription that has a billing period.</summary>
    /// <param name="subscription">A PAID subscription.</param>
    /// <param name="prices">Its plan in version <see cref="Subscription.PriceVersion"/>.</param>
    /// <param name="addons">Its add-ons in their price versions, in its order.</param>
    public static BilledContent Of(
        Subscription subscription, PackageVersion prices, IReadOnlyList<BilledAddon> addons)
    {
        var period = subscription.BillingPeriod
            ?? throw new ArgumentException($"Subscription '{subscription.Id}' has no billing period.");
        return new()
        {
            SubscriptionId = subscription.Id,
            Plan = prices,
            Addons = addons,
            Period = period,
            Country = subscription.BillingCountryCode,
            Anchor = subscription.BillingCycleAnchor,
            Currency = PriceSelection.CurrencyOf(prices, period, subscription.BillingCountryCode)
                ?? Currencies.Default,
            Quantities = subscription.Quantities,
            CreditQuantities = subscription.CreditQuantities,
            PriceOverrides = subscription.PriceOverrides,
            MinimumSpend = subscription.MinimumSpend,
        };
    }
}

/// <summary>An add-on version whose charges apply, <paramref name="Quantity"/> times (at least 1).</summary>
public sealed record BilledAddon(PackageVersion Prices, int Quantity);

/// <summary>A group of add-ons of which the plan waives <paramref name="Count"/> items (spec catalog 7).</summary>
public sealed record FreeItems(IReadOnlyList<PackageId> AddonIds, int Count);
