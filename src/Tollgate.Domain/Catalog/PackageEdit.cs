namespace Tollgate.Domain.Catalog;

/// <summary>A partial change of a draft; pricing is replaced as a whole.</summary>
public sealed record PackageEdit
{
    public Optional<string> DisplayName { get; init; }
    public Optional<string> Description { get; init; }
    public Optional<string> BillingId { get; init; }
    public Optional<PackageId?> BasePlanId { get; init; }
    public Optional<TrialConfiguration> DefaultTrial { get; init; }
    public Optional<IReadOnlyList<PackageId>> CompatibleAddonIds { get; init; }

    /// <summary>Groups as <see cref="CompatibleGroupRules"/> accepted them.</summary>
    public Optional<IReadOnlyList<CompatiblePackageGroup>> CompatibleGroups { get; init; }

    /// <summary>Add-ons that a subscription with this add-on must have too.</summary>
    public Optional<IReadOnlyList<PackageId>> Dependencies { get; init; }

    /// <summary>How many of this add-on a subscription may have, at least 1; null = any number.</summary>
    public Optional<long?> MaxQuantity { get; init; }
    public Optional<IReadOnlyList<WidgetType>> HiddenFromWidgets { get; init; }
    public Optional<IReadOnlyDictionary<string, string>> Metadata { get; init; }

    /// <summary>The pricing type alone, as creation sets it; null = unchanged.</summary>
    public PricingType? PricingType { get; init; }

    /// <summary>All entitlements as <see cref="EntitlementRules"/> accepted them; null = unchanged.</summary>
    public IReadOnlyList<PackageEntitlement>? Entitlements { get; init; }

    /// <summary>
    /// All credit entitlements as <see cref="CreditEntitlementRules"/> accepted them; null = unchanged.
    /// </summary>
    public IReadOnlyList<PackageCreditEntitlement>? CreditEntitlements { get; init; }

    /// <summary>Accepted pricing from <see cref="ChargeRules.Expand"/>; null = unchanged.</summary>
    public PackagePricing? Pricing { get; init; }
}

/// <param name="BasePlan">The latest version of the base plan that the request names; null when unknown or none is
/// named.</param>
/// <param name="BaseOf">The base plan a plan names at present (its draft's, else its latest version's).</param>
public sealed record BasePlanFacts(PackageVersion? BasePlan, Func<PackageId, PackageId?> BaseOf)
{
    public static BasePlanFacts None { get; } = new(null, _ => null);
}
