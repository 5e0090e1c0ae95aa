namespace Tollgate.Domain.Catalog;

/// <summary>The credit currencies that a package version refers to: credit entitlements,
/// charges, overages and mappings (spec credits 2).</summary>
public static class PackageCurrencies
{
    public static IReadOnlySet<CurrencyId> Of(PackageVersion package) => package.Charges.Concat(package.OverageCharges)
        .SelectMany(charge => (CurrencyId?[])[charge.TopUpCurrencyId, charge.CreditRate?.CurrencyId])
        .OfType<CurrencyId>()
        .Concat(package.CreditEntitlements.Select(row => row.CurrencyId))
        .ToHashSet();
}
