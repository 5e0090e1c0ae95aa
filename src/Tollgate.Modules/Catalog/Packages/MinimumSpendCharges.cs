using Tollgate.Domain.Catalog;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>The minimum spends of a package as rows of its list of charges (spec catalog 9.1 and 9.2).</summary>
internal static class MinimumSpendCharges
{
    public static IEnumerable<Charge> Of(PackageVersion package) => package.MinimumSpend.Select(minimum => new Charge
    {
        Uid = minimum.Uid,
        Model = BillingModel.MinimumSpend,
        BillingPeriod = minimum.BillingPeriod,
        Price = minimum.Minimum,
        CreatedAt = package.UpdatedAt,
    });
}
