namespace Tollgate.Domain.Catalog;

/// <summary>
/// What a version says, without when it was written and which row it is: two versions of equal content need no
/// publishing.
/// </summary>
public static class PackageContent
{
    public static bool Same(PackageVersion a, PackageVersion b) =>
        a.DisplayName == b.DisplayName && a.Description == b.Description && a.PricingType == b.PricingType
        && a.BasePlan?.Id == b.BasePlan?.Id && a.DefaultTrial == b.DefaultTrial && a.BillingId == b.BillingId
        && a.OverageBillingPeriod == b.OverageBillingPeriod
        && ContentEquality.Same(a.Metadata, b.Metadata)
        && ContentEquality.SameInAnyOrder(a.Entitlements, b.Entitlements, Same)
        && ContentEquality.SameInAnyOrder(a.CreditEntitlements, b.CreditEntitlements, Same)
        && ContentEquality.SameInAnyOrder(a.Charges, b.Charges, Same)
        && ContentEquality.SameInAnyOrder(a.OverageCharges, b.OverageCharges, Same)
        && ContentEquality.SameInAnyOrder(a.MinimumSpend, b.MinimumSpend,
            static (x, y) => x.BillingPeriod == y.BillingPeriod && x.Minimum == y.Minimum)
        && ContentEquality.Same(a.CompatibleAddonIds ?? [], b.CompatibleAddonIds ?? [])
        && ContentEquality.Same(a.CompatibleGroups, b.CompatibleGroups)
        && ContentEquality.Same(a.Dependencies, b.Dependencies) && a.MaxQuantity == b.MaxQuantity
        && SameSet(a.HiddenFromWidgets, b.HiddenFromWidgets);

    public static bool Same(PackageEntitlement a, PackageEntitlement b) =>
        a with
        {
            EnumValues = b.EnumValues,
            HiddenFromWidgets = b.HiddenFromWidgets,
            FeatureGroupIds = b.FeatureGroupIds,
            CreatedAt = b.CreatedAt,
            UpdatedAt = b.UpdatedAt,
        } == b
        && ContentEquality.SameInAnyOrder(a.EnumValues ?? [], b.EnumValues ?? [], static (x, y) => x == y)
        && (a.EnumValues is null) == (b.EnumValues is null)
        && ContentEquality.SameInAnyOrder(a.FeatureGroupIds, b.FeatureGroupIds, static (x, y) => x == y)
        && SameSet(a.HiddenFromWidgets, b.HiddenFromWidgets);

    public static bool Same(PackageCreditEntitlement a, PackageCreditEntitlement b) =>
        a with { HiddenFromWidgets = b.HiddenFromWidgets, CreatedAt = b.CreatedAt, UpdatedAt = b.UpdatedAt } == b
        && SameSet(a.HiddenFromWidgets, b.HiddenFromWidgets);

    public static bool Same(Charge a, Charge b) =>
        a with { Uid = b.Uid, CreatedAt = b.CreatedAt, Tiers = b.Tiers } == b && ContentEquality.Same(a.Tiers, b.Tiers);

    private static bool SameSet(IReadOnlyList<WidgetType> a, IReadOnlyList<WidgetType> b) =>
        a.ToHashSet().SetEquals(b);
}
