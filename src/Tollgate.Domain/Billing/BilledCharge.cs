using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Billing;

/// <summary>A charge of a subscription as it is charged: the catalog's row with the agreed price in it.</summary>
internal sealed record BilledCharge(Charge Charge, PackageVersion Package, PackageId? AddonId)
{
    public ChargeKey Key { get; } = ChargeKey.Of(Charge, AddonId);

    /// <summary>The in-advance charges that come back each period.</summary>
    public static IEnumerable<BilledCharge> InAdvance(BilledContent content, PackageVersion package)
    {
        var country = CountryOf(content, package);
        return Of(content, package, PriceSelection.For(package, content.Period, country)
            .Where(c => c.Cadence == BillingCadence.Recurring
                && c.Model is BillingModel.FlatFee or BillingModel.PerUnit));
    }

    /// <summary>What is paid once, when it is bought. Top-ups are bought by themselves.</summary>
    public static IEnumerable<BilledCharge> OneOff(BilledContent content, PackageVersion package) =>
        OfAnyPeriod(content, package, package.Charges.Where(c => c.Cadence == BillingCadence.OneOff
            && c.Model is BillingModel.FlatFee or BillingModel.PerUnit && c.TopUpCurrencyId is null));

    /// <summary>What is charged in arrears for usage.</summary>
    public static IEnumerable<BilledCharge> PayAsYouGo(BilledContent content, PackageVersion package) =>
        OfAnyPeriod(content, package,
            package.Charges.Where(c => c is { Model: BillingModel.UsageBased, FeatureId: not null }));

    /// <summary>What is charged for usage beyond the included amount of features.</summary>
    public static IEnumerable<BilledCharge> Overage(BilledContent content, PackageVersion package) =>
        PriceSelection.OfAnyPeriod(package.OverageCharges.Where(c => c.FeatureId is not null),
                content.Period, CountryOf(content, package))
            .Select(c => new BilledCharge(c, package, AddonIdOf(package)));

    /// <summary>
    /// What is charged for overdrawn credits, one price a currency: an add-on's takes the place of the plan's, of
    /// several add-ons' that of the first.
    /// </summary>
    public static IEnumerable<BilledCharge> CreditOverage(BilledContent content)
    {
        var all = Packages(content).SelectMany(package => PriceSelection
            .OfAnyPeriod(package.OverageCharges.Where(c => c.TopUpCurrencyId is not null),
                content.Period, CountryOf(content, package))
            .Select(c => new BilledCharge(c, package, AddonIdOf(package))));
        return all.GroupBy(charge => charge.Charge.TopUpCurrencyId)
            .Select(ofOne => ofOne.FirstOrDefault(charge => charge.AddonId is not null) ?? ofOne.First());
    }

    /// <summary>The plan, then its add-ons in the order of the request.</summary>
    public static IEnumerable<PackageVersion> Packages(BilledContent content) =>
        content.Addons.Select(a => a.Prices).Prepend(content.Plan);

    /// <summary>The words of a line: <c>[plan or add-on] - [base fee, feature or currency]</c>.</summary>
    public string Describe(BilledContent content) => $"{Package.DisplayName} - {What(content)}";

    private string What(BilledContent content)
    {
        if (Charge.FeatureId is { } feature)
            return content.Features.TryGetValue(feature, out var known) ? known.DisplayName : feature.Value;
        if (Charge.TopUpCurrencyId is { } currency)
            return content.CurrencyNames.TryGetValue(currency, out var name) ? name : currency.Value;
        return "base fee";
    }

    private static IEnumerable<BilledCharge> OfAnyPeriod(
        BilledContent content, PackageVersion package, IEnumerable<Charge> charges) =>
        Of(content, package, PriceSelection.OfAnyPeriod(charges, content.Period, CountryOf(content, package)));

    private static IEnumerable<BilledCharge> Of(
        BilledContent content, PackageVersion package, IEnumerable<Charge> charges)
    {
        var addon = AddonIdOf(package);
        return charges.Select(charge => new BilledCharge(
            OverriddenPrices.Apply(charge, addon, content.PriceOverrides), package, addon));
    }

    /// <summary>An add-on that was localized later than the plan still has its default prices.</summary>
    private static string? CountryOf(BilledContent content, PackageVersion package) =>
        PriceSelection.ResolveCountry(package, content.Country, ofExistingSubscription: null);

    private static PackageId? AddonIdOf(PackageVersion package) =>
        package.Kind == PackageKind.Addon ? package.Id : null;
}
