namespace Tollgate.Domain.Catalog;

/// <summary>One row of what a package grants: a feature or credits.</summary>
public sealed record EntitlementRow
{
    private EntitlementRow(PackageEntitlement? feature, PackageCreditEntitlement? credit) =>
        (Feature, Credit) = (feature, credit);

    /// <summary>Null exactly when <see cref="Credit"/> is set.</summary>
    public PackageEntitlement? Feature { get; }

    public PackageCreditEntitlement? Credit { get; }

    /// <summary>Smaller comes first; both kinds share one order.</summary>
    public decimal? Order => Feature is null ? Credit!.Order : Feature.Order;

    public static EntitlementRow Of(PackageEntitlement feature) => new(feature, null);

    public static EntitlementRow Of(PackageCreditEntitlement credit) => new(null, credit);

    /// <summary>Both kinds in their order; rows of equal order stay as they are, features first.</summary>
    public static IReadOnlyList<EntitlementRow> All(
        IEnumerable<PackageEntitlement> features, IEnumerable<PackageCreditEntitlement> credits) =>
    [
        .. features.Select(Of).Concat(credits.Select(Of)).OrderBy(row => row.Order ?? decimal.MaxValue),
    ];

    public static IReadOnlyList<EntitlementRow> All(PackageVersion package) =>
        All(package.Entitlements, package.CreditEntitlements);

    /// <summary>The order of the next row that is added to the end.</summary>
    internal static decimal NextOrder(PackageVersion package) => Math.Max(
        package.Entitlements.Max(row => row.Order) ?? -1, package.CreditEntitlements.Max(row => row.Order) ?? -1) + 1;
}
