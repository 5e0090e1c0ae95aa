using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Catalog;

/// <summary>
/// What only shows when all rows of a pricing are seen: the same periods and countries, one currency each, the same
/// tiers (spec catalog 9.3, 9.4, 9.10).
/// </summary>
internal static class ChargeConsistency
{
    private const string Regular = "charges.pricingModels";
    private const string Overage = "charges.overagePricingModels";

    public static void Check(
        Findings findings, IReadOnlyList<Charge> charges, IReadOnlyList<Charge> overage,
        IReadOnlyList<MinimumSpend> minimums)
    {
        var priced = charges.Where(c => c.Model != BillingModel.CreditBased).ToList();
        CheckCurrencies(findings, [.. priced, .. overage]);
        var models = ByModel(priced);
        var overages = ByModel(overage);
        SameFor(findings, Regular, models, CountriesOf(models.Concat(overages)), c => Country(c), "country");
        SameFor(findings, Overage, overages, CountriesOf(models.Concat(overages)), c => Country(c), "country");
        var binding = models.Where(g => PriceSelection.BindsPeriod(g.First())).ToList();
        var periods = binding.SelectMany(g => g.Select(Period)).ToHashSet();
        SameFor(findings, Regular, binding, periods, Period, "billing period");
        var stray = minimums.Select(m => Word(m.BillingPeriod)).Except(periods).ToList();
        if (periods.Count > 0 && stray.Count > 0)
        {
            findings.Add(ErrorCode.InvalidArgumentError, "charges.minimumSpend",
                $"There is a minimum spend for {string.Join(", ", stray)}, which the other charges do not offer; "
                + "price them there too or remove it.");
        }

        CheckBounds(findings, Regular, models);
        CheckBounds(findings, Overage, overages);
    }

    private static void CheckCurrencies(Findings findings, List<Charge> all)
    {
        foreach (var country in all.GroupBy(c => c.CountryCode))
        {
            var currencies = country.SelectMany(ChargeAmounts.CurrenciesOf).Distinct().Order(StringComparer.Ordinal)
                .ToList();
            if (currencies.Count > 1)
            {
                findings.Add(ErrorCode.InvalidArgumentError, Regular,
                    $"The prices of {country.Key ?? "the default country"} are in {string.Join(" and ", currencies)}; "
                    + "use one currency per country.");
            }
        }
    }

    private static void CheckBounds(Findings findings, string path, List<List<Charge>> models)
    {
        foreach (var model in models)
        {
            var bounds = model.Where(c => c.Tiers is not null)
                .Select(c => c.Tiers!.Select(t => t.UpTo).ToList()).ToList();
            if (bounds.Skip(1).Any(b => !b.SequenceEqual(bounds[0])))
            {
                findings.Add(ErrorCode.InvalidArgumentError, path,
                    $"The tiers of the {ChargeRules.Describe(model[0])} charge end at different quantities; "
                    + "use the same bounds in every period and country.");
            }
        }
    }

    private static void SameFor(
        Findings findings, string path, List<List<Charge>> models, HashSet<string> all, Func<Charge, string> of,
        string what)
    {
        foreach (var model in models)
        {
            var missing = all.Except(model.Select(of)).Order(StringComparer.Ordinal).ToList();
            if (missing.Count > 0)
            {
                findings.Add(ErrorCode.InvalidArgumentError, path,
                    $"The {ChargeRules.Describe(model[0])} charge has no price for the {what} "
                    + $"{string.Join(", ", missing)} that other charges have; price it there too.");
            }
        }
    }

    private static List<List<Charge>> ByModel(IEnumerable<Charge> charges) =>
        [.. charges.GroupBy(c => (c.Model, c.Cadence, c.FeatureId, c.TopUpCurrencyId)).Select(g => g.ToList())];

    private static HashSet<string> CountriesOf(IEnumerable<List<Charge>> models) =>
        [.. models.SelectMany(model => model.Select(Country))];

    private static string Country(Charge charge) => charge.CountryCode ?? "the default country";

    private static string Period(Charge charge) => Word(charge.BillingPeriod);

    private static string Word(BillingPeriod period) => period.ToString().ToUpperInvariant();
}
