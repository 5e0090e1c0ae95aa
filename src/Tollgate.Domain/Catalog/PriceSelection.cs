namespace Tollgate.Domain.Catalog;

/// <summary>Which of a package's charges apply to a subscription: by billing period and country (spec catalog 9.4 and
/// 10).</summary>
public static class PriceSelection
{
    /// <summary>
    /// The country whose prices apply; null = the default prices. The country of the customer's existing localized paid
    /// subscription beats the one asked for, and a package without that country falls back to its default.
    /// </summary>
    public static string? ResolveCountry(PackageVersion package, string? asked, string? ofExistingSubscription)
    {
        var wanted = ofExistingSubscription ?? asked;
        return wanted is not null && package.Charges.Any(c => c.CountryCode == wanted) ? wanted : null;
    }

    /// <summary>The charges of one period and country.</summary>
    public static IEnumerable<Charge> For(PackageVersion package, BillingPeriod period, string? countryCode) =>
        package.Charges.Where(c => c.BillingPeriod == period && c.CountryCode == countryCode);

    /// <summary>The periods the package can be subscribed for.</summary>
    public static IReadOnlySet<BillingPeriod> OfferedPeriods(PackageVersion package)
    {
        var bound = package.Charges.Where(BindsPeriod).Select(c => c.BillingPeriod).ToHashSet();
        return bound.Count > 0
            ? bound
            : package.Charges.Where(c => c.Model != BillingModel.CreditBased).Select(c => c.BillingPeriod)
                .Concat(package.MinimumSpend.Select(m => m.BillingPeriod)).ToHashSet();
    }

    /// <summary>The charges whose quantity a subscription commits to in advance.</summary>
    public static IEnumerable<Charge> Committed(PackageVersion package, BillingPeriod period, string? countryCode) =>
        For(package, period, countryCode).Where(c => c is { Model: BillingModel.PerUnit, FeatureId: not null });

    /// <summary>
    /// The charges that need no row for the subscription's period (spec catalog 9.4): of each the row of
    /// <paramref name="period"/>, else the other period's.
    /// </summary>
    public static IEnumerable<Charge> OfAnyPeriod(
        IEnumerable<Charge> charges, BillingPeriod period, string? countryCode) =>
        charges.Where(c => c.CountryCode == countryCode)
            .GroupBy(c => (c.Model, c.Cadence, c.FeatureId, c.TopUpCurrencyId))
            .Select(rows => rows.FirstOrDefault(c => c.BillingPeriod == period) ?? rows.First());

    /// <summary>
    /// The minimum spend a plan asks for by itself, whichever of its two spellings it was given in; null = none (spec
    /// catalog 9.2, 9.8).
    /// </summary>
    public static Money? MinimumSpend(PackageVersion plan, BillingPeriod period, string? countryCode) =>
        plan.MinimumSpend.FirstOrDefault(m => m.BillingPeriod == period)?.Minimum
        ?? For(plan, period, countryCode).FirstOrDefault(c => c.Model == BillingModel.MinimumSpend)?.Price;

    /// <summary>The currency of a plan's prices in a period and country; null when it has none there.</summary>
    public static string? CurrencyOf(PackageVersion plan, BillingPeriod period, string? countryCode) =>
        For(plan, period, countryCode).Concat(plan.Charges.Where(c => c.CountryCode == countryCode))
            .Select(PriceCalculator.CurrencyOf).FirstOrDefault(c => c is not null);

    /// <summary>Whether the charge decides which periods its package offers; arrears, one-off and credit rows do
    /// not.</summary>
    internal static bool BindsPeriod(Charge charge) => charge.Cadence == BillingCadence.Recurring
        && charge.Model is BillingModel.FlatFee or BillingModel.PerUnit;
}
