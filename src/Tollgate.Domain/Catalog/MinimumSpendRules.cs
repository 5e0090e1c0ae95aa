using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Catalog;

/// <summary>
/// The prepaid floor of pay-as-you-go: <c>minimumSpend</c> and a MINIMUM_SPEND model say the same (spec catalog 9.2 and
/// 9.8).
/// </summary>
internal static class MinimumSpendRules
{
    private const string Path = "charges.minimumSpend";

    /// <summary>The minimums of the pricing, whichever way they are given; a period has one, all are in one
    /// currency.</summary>
    public static IReadOnlyList<MinimumSpend> Of(Findings findings, PricingInput pricing, Func<Guid> nextUid)
    {
        var modelled = Modelled(findings, pricing.Models);
        if (pricing.MinimumSpend.Count > 0 && pricing.Models.Any(m => m.Model == BillingModel.MinimumSpend))
        {
            findings.Add(ErrorCode.InvalidArgumentError, Path,
                "The minimum spend is given as minimumSpend and as a MINIMUM_SPEND model; keep one of them.");
        }

        for (var i = 0; i < pricing.MinimumSpend.Count; i++)
            ChargeAmounts.CheckMoney(findings, $"{Path}[{i}].minimum", pricing.MinimumSpend[i].Minimum);
        List<MinimumSpend> all =
            [.. pricing.MinimumSpend.Concat(modelled).Select(minimum => minimum with { Uid = nextUid() })];
        if (all.GroupBy(m => m.BillingPeriod).Any(g => g.Count() > 1))
        {
            findings.Add(ErrorCode.DuplicatedEntityNotAllowed, Path,
                "A billing period has two minimum spends; keep one.");
        }

        var currencies = all.Select(m => m.Minimum.Currency).Distinct().Order(StringComparer.Ordinal).ToList();
        if (currencies.Count > 1)
        {
            findings.Add(ErrorCode.InvalidArgumentError, Path,
                $"The minimum spends are in {string.Join(" and ", currencies)}; use one currency.");
        }

        return all;
    }

    /// <summary>Amounts are checked with those of all models; here what else a minimum cannot have.</summary>
    private static List<MinimumSpend> Modelled(Findings findings, IReadOnlyList<PricingModelInput> models)
    {
        var minimums = new List<MinimumSpend>();
        for (var m = 0; m < models.Count; m++)
        {
            if (models[m] is not { Model: BillingModel.MinimumSpend } model)
                continue;
            var at = $"charges.pricingModels[{m}]";
            if (model.FeatureId is not null || model.TopUpCurrencyId is not null)
            {
                Invalid(findings, at + ".featureId",
                    "A MINIMUM_SPEND charge is about no feature or currency; remove it.");
            }

            if (model.Cadence != BillingCadence.Recurring)
                Invalid(findings, at + ".billingCadence", "A MINIMUM_SPEND charge is due each period; use RECURRING.");
            for (var p = 0; p < model.PricePeriods.Count; p++)
            {
                var price = model.PricePeriods[p];
                var path = $"{at}.pricePeriods[{p}]";
                if (price.CountryCode is not null)
                    Invalid(findings, path + ".billingCountryCode", "A minimum spend has no country; leave it out.");
                if (price.Tiers is not null)
                    Invalid(findings, path + ".tiers", "A MINIMUM_SPEND charge has no quantity to tier; give price.");
                if (price.BlockSize is not null)
                    Invalid(findings, path + ".blockSize", "A MINIMUM_SPEND charge has no blocks; remove blockSize.");
                if (price.Price is { } minimum)
                    minimums.Add(new(price.BillingPeriod, minimum));
            }
        }

        return minimums;
    }

    private static void Invalid(Findings findings, string path, string message) =>
        findings.Add(ErrorCode.InvalidArgumentError, path, message);
}
