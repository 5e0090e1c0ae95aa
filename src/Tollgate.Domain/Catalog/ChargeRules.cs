using NodaTime;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Catalog;

/// <summary>Validates the pricing of a draft and expands it into charges (spec catalog 9.1, 9.5, 9.7, 9.10 and
/// 0.4).</summary>
public static class ChargeRules
{
    public const int MaxModels = 50;
    public const int MaxQuantity = 999_999;

    /// <summary>
    /// The rows of <paramref name="pricing"/>. <paramref name="features"/> holds every feature named that exists;
    /// <paramref name="nextUid"/> gives each row its identity.
    /// </summary>
    public static Result<PackagePricing> Expand(
        PricingInput pricing, IReadOnlyDictionary<FeatureId, Feature> features, Func<Guid> nextUid, Instant now)
    {
        var findings = new Findings();
        if (pricing.PricingType != PricingType.Paid
            && (pricing.Models.Count > 0 || pricing.OverageModels.Count > 0 || pricing.MinimumSpend.Count > 0))
        {
            findings.Add(ErrorCode.InvalidArgumentError, "charges.pricingModels",
                $"A {pricing.PricingType.ToString().ToUpperInvariant()} package has no catalog prices; "
                + "remove the charges or set pricingType PAID.");
        }

        var minimums = MinimumSpendRules.Of(findings, pricing, nextUid);
        var charges = ExpandModels(findings, "charges.pricingModels", pricing.Models, features, nextUid, now)
            .Where(charge => charge.Model != BillingModel.MinimumSpend).ToList();
        var overage = ExpandModels(findings, "charges.overagePricingModels", pricing.OverageModels, features,
            nextUid, now);
        CheckOverages(findings, pricing.OverageModels);
        if (findings.ToRefusal() is { } broken)
            return broken;
        ChargeConsistency.Check(findings, charges, overage, minimums);
        if (findings.ToRefusal() is { } refusal)
            return refusal;
        return new PackagePricing(pricing.PricingType, charges, overage,
            pricing.OverageBillingPeriod ?? OverageBillingPeriod.OnSubscriptionRenewal, minimums);
    }

    private static List<Charge> ExpandModels(
        Findings findings, string path, IReadOnlyList<PricingModelInput> models,
        IReadOnlyDictionary<FeatureId, Feature> features, Func<Guid> nextUid, Instant now)
    {
        if (models.Count > MaxModels)
            findings.Bad(path, $"{path} has {models.Count} elements; at most {MaxModels} are allowed.");
        var rows = new List<Charge>();
        var keys = new HashSet<object>();
        for (var m = 0; m < models.Count; m++)
        {
            var model = models[m];
            var at = $"{path}[{m}]";
            CheckFeature(findings, at, model, features);
            CheckQuantities(findings, at, model);
            var reset = model.Reset.Resolve(findings, at + ".", stored: null);
            if (model.PricePeriods.Count == 0)
                findings.Bad(at + ".pricePeriods", $"{at}.pricePeriods is empty; price at least one billing period.");
            for (var p = 0; p < model.PricePeriods.Count; p++)
            {
                var row = Row(model, model.PricePeriods[p], reset, nextUid(), now);
                ChargeAmounts.Check(findings, $"{at}.pricePeriods[{p}]", row);
                if (!keys.Add((row.Model, row.Cadence, row.FeatureId, row.TopUpCurrencyId, row.BillingPeriod,
                    row.CountryCode)))
                {
                    findings.Add(ErrorCode.DuplicatedEntityNotAllowed, $"{at}.pricePeriods[{p}]",
                        $"There are two {Describe(row)} charges; keep one.");
                }

                rows.Add(row);
            }
        }

        if (models.Count(x => x.Model == BillingModel.FlatFee && x.Cadence == BillingCadence.Recurring) > 1)
        {
            findings.Add(ErrorCode.DuplicatedEntityNotAllowed, path,
                "There are several FLAT_FEE charges; put all periods and countries under one.");
        }

        foreach (var twice in models.Where(x => x is { Model: BillingModel.UsageBased, FeatureId: not null })
            .GroupBy(x => x.FeatureId).Where(g => g.Count() > 1))
        {
            findings.Add(ErrorCode.DuplicatedEntityNotAllowed, path,
                $"There are several USAGE_BASED charges for feature '{twice.Key}'; keep one.");
        }

        return rows;
    }

    /// <summary>An overage sells units of one feature or currency, and each has one price for them (spec catalog
    /// 9.7).</summary>
    private static void CheckOverages(Findings findings, IReadOnlyList<PricingModelInput> overages)
    {
        const string path = "charges.overagePricingModels";
        for (var m = 0; m < overages.Count; m++)
        {
            if (overages[m].Model is not (BillingModel.UsageBased or BillingModel.PerUnit))
            {
                findings.Add(ErrorCode.InvalidArgumentError, $"{path}[{m}].billingModel",
                    $"An overage cannot be {Describe(overages[m].Model)}; use USAGE_BASED.");
            }
        }

        for (var m = 0; m < overages.Count; m++)
            CheckCreditOverage(findings, $"{path}[{m}]", overages[m]);
        foreach (var twice in overages.GroupBy(x => (x.FeatureId, x.TopUpCurrencyId)).Where(g => g.Count() > 1))
        {
            findings.Add(ErrorCode.DuplicatedEntityNotAllowed, path,
                $"There are several overages for '{twice.Key.FeatureId?.Value ?? twice.Key.TopUpCurrencyId?.Value}'; "
                + "keep one.");
        }
    }

    /// <summary>
    /// An overage of credits is charged each time it was used, and hands nothing out (spec credits 11).
    /// </summary>
    private static void CheckCreditOverage(Findings findings, string at, PricingModelInput overage)
    {
        if (overage.TopUpCurrencyId is not { } currency)
            return;
        if (overage.FeatureId is { } feature)
        {
            findings.Add(ErrorCode.InvalidArgumentError, at + ".currencyId",
                $"{at} charges for feature '{feature}' and for credits '{currency}'; make two overages of it.");
        }

        if (overage.Cadence == BillingCadence.OneOff)
        {
            findings.Add(ErrorCode.InvalidArgumentError, at + ".billingCadence",
                $"An overage of credits '{currency}' cannot be ONE_OFF; leave billingCadence out.");
        }

        if (overage.PricePeriods.Any(p => p.CreditGrantCadence is not null))
        {
            findings.Add(ErrorCode.InvalidArgumentError, at + ".pricePeriods",
                $"An overage of credits '{currency}' hands no credits out; leave creditGrantCadence out.");
        }
    }

    private static Charge Row(
        PricingModelInput model, PricePeriodInput price, ResetRule? reset, Guid uid, Instant now) => new()
        {
            Uid = uid,
            Model = model.Model,
            Cadence = model.Cadence,
            BillingPeriod = price.BillingPeriod,
            CountryCode = price.CountryCode,
            FeatureId = model.FeatureId,
            TopUpCurrencyId = model.TopUpCurrencyId,
            Price = price.Price,
            BlockSize = price.BlockSize,
            TiersMode = model.TiersMode,
            Tiers = price.Tiers,
            MinUnitQuantity = Stored(model.MinUnitQuantity),
            MaxUnitQuantity = Stored(model.MaxUnitQuantity),
            Reset = reset,
            CreditRate = price.CreditRate,
            CreditGrantCadence = price.CreditGrantCadence,
            CreatedAt = now,
        };

    /// <summary>Out-of-range quantities are findings already; the row only has to be representable.</summary>
    private static int? Stored(long? quantity) => quantity is { } q ? (int)Math.Clamp(q, -1, MaxQuantity + 1) : null;

    private static void CheckFeature(
        Findings findings, string at, PricingModelInput model, IReadOnlyDictionary<FeatureId, Feature> features)
    {
        if (model.FeatureId is not { } id)
        {
            var needsOne = model.Model is BillingModel.UsageBased or BillingModel.PerUnit or BillingModel.CreditBased;
            if (needsOne && model.TopUpCurrencyId is null)
            {
                findings.Add(ErrorCode.InvalidArgumentError, at + ".featureId",
                    $"{at} charges for units but names no feature; give featureId.");
            }

            return;
        }

        if (!features.TryGetValue(id, out var feature))
        {
            findings.Add(ErrorCode.FeatureNotFound, at + ".featureId", $"There is no feature '{id}'; create it first.");
            return;
        }

        if (feature.IsArchived)
        {
            findings.Add(ErrorCode.EntityIsArchivedError, at + ".featureId",
                $"Feature '{id}' is archived and cannot be charged for; unarchive it first.");
        }

        if (feature.Type != FeatureType.Number || (model.Model == BillingModel.UsageBased && !feature.IsMetered))
        {
            findings.Add(ErrorCode.UnsupportedFeatureType, at + ".featureId",
                $"Feature '{id}' is {feature.Type.ToString().ToUpperInvariant()}"
                + $"{(feature.IsMetered ? "" : " without usage")}; a {Describe(model.Model)} charge cannot use it.");
        }
        else if (model.Model == BillingModel.CreditBased && feature.Meter is null)
        {
            findings.Add(ErrorCode.MeterMustBeAssociatedToMeteredFeature, at + ".featureId",
                $"Feature '{id}' has no meter, and only usage that comes from events burns credits; "
                + "give the feature a meter.");
        }
    }

    private static void CheckQuantities(Findings findings, string at, PricingModelInput model)
    {
        CheckQuantity(findings, at + ".minUnitQuantity", model.MinUnitQuantity);
        CheckQuantity(findings, at + ".maxUnitQuantity", model.MaxUnitQuantity);
        if (model.MinUnitQuantity > model.MaxUnitQuantity)
        {
            findings.Add(ErrorCode.InvalidArgumentError, at + ".minUnitQuantity",
                $"minUnitQuantity {model.MinUnitQuantity} is above maxUnitQuantity {model.MaxUnitQuantity}; "
                + "swap them.");
        }
    }

    private static void CheckQuantity(Findings findings, string path, long? quantity)
    {
        if (quantity is < 0 or > MaxQuantity)
        {
            findings.Add(ErrorCode.InvalidArgumentError, path,
                $"{path} is {quantity}; give a whole number from 0 to {MaxQuantity}.");
        }
    }

    internal static string Describe(Charge row) => row.FeatureId is { } feature
        ? $"{Describe(row.Model)} '{feature}' {row.BillingPeriod.ToString().ToUpperInvariant()}"
        : $"{Describe(row.Model)} {row.BillingPeriod.ToString().ToUpperInvariant()}";

    internal static string Describe(BillingModel model) => model switch
    {
        BillingModel.FlatFee => "FLAT_FEE",
        BillingModel.MinimumSpend => "MINIMUM_SPEND",
        BillingModel.PerUnit => "PER_UNIT",
        BillingModel.UsageBased => "USAGE_BASED",
        BillingModel.CreditBased => "CREDIT_BASED",
        _ => throw new ArgumentOutOfRangeException(nameof(model), model, "Not a billing model."),
    };
}
