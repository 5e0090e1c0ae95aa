namespace Tollgate.Domain.Catalog;

/// <summary>How one version of a plan or an add-on uses a feature (spec catalog 1.7).</summary>
/// <param name="Package">The version.</param>
/// <param name="Entitlement">What it gives of the feature; null when it only charges for it.</param>
/// <param name="HasCharge">A price or an overage price in money counts the feature.</param>
/// <param name="IsCreditConsumption">Usage of the feature burns credits.</param>
public sealed record FeatureUsage(
    PackageVersion Package, PackageEntitlement? Entitlement, bool HasCharge, bool IsCreditConsumption)
{
    /// <summary>Null when the version says nothing of the feature itself; what it inherits is its base's.</summary>
    public static FeatureUsage? Of(PackageVersion package, FeatureId feature)
    {
        var entitlement = package.Entitlements.FirstOrDefault(row => row.FeatureId == feature);
        var models = package.Charges.Concat(package.OverageCharges)
            .Where(charge => charge.FeatureId == feature).Select(charge => charge.Model).ToHashSet();
        return entitlement is null && models.Count == 0
            ? null
            : new(
                package,
                entitlement,
                models.Any(model => model != BillingModel.CreditBased),
                models.Contains(BillingModel.CreditBased));
    }
}
