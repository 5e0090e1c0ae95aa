namespace Tollgate.Domain.Catalog;

public enum ChangeType
{
    Added,
    Deleted,
    Modified,
    Reordered,
}

/// <summary>How one thing differs; <paramref name="Before"/> or <paramref name="After"/> is null where it was not or is
/// not.</summary>
public sealed record ContentChange<T>(ChangeType Type, T? Before, T? After);

/// <summary>
/// What publishing a draft would change (spec catalog 4.3); null and empty lists where nothing does. A draft without
/// any change has the content of the published version, and the reverse.
/// </summary>
public sealed record PackageChanges
{
    public ContentChange<string>? DisplayName { get; init; }
    public ContentChange<string>? Description { get; init; }

    /// <summary>Our own addition: the reference lets it be changed without a draft.</summary>
    public ContentChange<string>? BillingId { get; init; }
    public ContentChange<IReadOnlyDictionary<string, string>>? Metadata { get; init; }
    public ContentChange<IReadOnlyList<WidgetType>>? HiddenFromWidgets { get; init; }
    public ContentChange<PricingType?>? PricingType { get; init; }
    public ContentChange<PackageId?>? BasePlan { get; init; }
    public IReadOnlyList<ContentChange<PackageId?>> CompatibleAddons { get; init; } = [];
    public IReadOnlyList<ContentChange<CompatiblePackageGroup>> CompatibleGroups { get; init; } = [];
    public IReadOnlyList<ContentChange<PackageId?>> Dependencies { get; init; } = [];
    public ContentChange<int?>? MaxQuantity { get; init; }
    public ContentChange<TrialConfiguration>? DefaultTrial { get; init; }
    public IReadOnlyList<ContentChange<PackageEntitlement>> Entitlements { get; init; } = [];
    public IReadOnlyList<ContentChange<PackageCreditEntitlement>> CreditEntitlements { get; init; } = [];
    public IReadOnlyList<ContentChange<Charge>> Prices { get; init; } = [];
    public IReadOnlyList<ContentChange<Charge>> OveragePrices { get; init; } = [];
    public ContentChange<OverageBillingPeriod?>? OverageBillingPeriod { get; init; }
    public IReadOnlyList<ContentChange<MinimumSpend>> MinimumSpend { get; init; } = [];

    public int TotalChanges =>
        new object?[]
        {
            DisplayName, Description, BillingId, Metadata, HiddenFromWidgets, PricingType, BasePlan, MaxQuantity,
            DefaultTrial, OverageBillingPeriod,
        }.Count(change => change is not null)
        + CompatibleAddons.Count + CompatibleGroups.Count + Dependencies.Count + Entitlements.Count
        + CreditEntitlements.Count + Prices.Count
        + OveragePrices.Count + MinimumSpend.Count;
}
