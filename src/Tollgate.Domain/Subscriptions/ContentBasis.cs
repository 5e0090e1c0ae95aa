using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Subscriptions;

/// <summary>What a request's content is judged against.</summary>
internal sealed record ContentBasis
{
    /// <summary>The plan version whose entitlements and add-ons apply.</summary>
    public required PlanFacts Plan { get; init; }

    /// <summary>The plan version whose charges apply.</summary>
    public required PackageVersion Prices { get; init; }
    public BillingPeriod? Period { get; init; }
    public string? Country { get; init; }

    /// <summary>
    /// The record whose content stays where the request says nothing; null when all starts at its default.
    /// </summary>
    public HeldSubscription? Held { get; init; }
    public AddonFacts AddonFacts { get; init; } = AddonFacts.None;

    /// <summary>The features named by overrides and those whose value is left to each subscription.</summary>
    public IReadOnlyDictionary<FeatureId, Feature> Features { get; init; } = new Dictionary<FeatureId, Feature>();

    /// <summary>The credit currencies of the environment, archived ones included.</summary>
    public IReadOnlyDictionary<CurrencyId, CustomCurrency> Currencies { get; init; } =
        new Dictionary<CurrencyId, CustomCurrency>();

    public bool Holds(PackageId addon) => Held?.Addons.ContainsKey(addon) ?? false;
}

/// <summary>The part of a request that says what is bought; null = not given.</summary>
internal sealed record ContentInput
{
    public IReadOnlyList<AddonInput>? Addons { get; init; }
    public IReadOnlyList<QuantityInput>? Quantities { get; init; }
    public decimal? UnitQuantity { get; init; }
    public IReadOnlyList<CreditQuantityInput>? CreditQuantities { get; init; }
    public IReadOnlyList<OverrideInput>? Overrides { get; init; }
    public IReadOnlyList<CreditOverride>? CreditOverrides { get; init; }
    public IReadOnlyList<PriceOverrideInput>? PriceOverrides { get; init; }
    public bool DropsUnknownQuantities { get; init; }
}
