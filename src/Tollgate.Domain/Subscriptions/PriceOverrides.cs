using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Subscriptions;

/// <summary>
/// A price of one subscription as a request spells it. It names one charge: the plan's base charge, the charge of a
/// feature or of a credit currency, or one of an add-on's (its base charge unless a feature or currency is named too).
/// </summary>
public sealed record PriceOverrideInput
{
    public PackageId? AddonId { get; init; }
    public FeatureId? FeatureId { get; init; }
    public CurrencyId? CurrencyId { get; init; }
    public bool BaseCharge { get; init; }
    public decimal? Amount { get; init; }

    /// <summary>Lower-case ISO 4217 code; null = that of the charge.</summary>
    public string? Currency { get; init; }
    public decimal? BlockSize { get; init; }

    /// <summary>Null = that of the charge, else GRADUATED.</summary>
    public TiersMode? TiersMode { get; init; }
    public IReadOnlyList<PriceTier>? Tiers { get; init; }
    public CreditRate? CreditRate { get; init; }
    public CreditGrantCadence? CreditGrantCadence { get; init; }
}

/// <summary>Prices given per subscription (spec subscriptions 3.6).</summary>
internal static class PriceOverrides
{
    /// <summary>
    /// A given list replaces all overrides, null keeps those whose charge is still there. A price is for a billing
    /// period: with another period the stored ones end.
    /// </summary>
    public static IReadOnlyList<PriceOverride> Resolve(
        Findings findings, ContentBasis basis, AddonSelection addons, IReadOnlyList<PriceOverrideInput>? asked)
    {
        var charges = SubscriptionCharges.All(basis, addons).ToList();
        if (asked is null)
        {
            return basis.Held is { } held && held.Subscription.BillingPeriod == basis.Period
                ? Surviving(held.Subscription.PriceOverrides, charges)
                : [];
        }

        var result = new List<PriceOverride>();
        for (var i = 0; i < asked.Count; i++)
        {
            var path = $"priceOverrides[{i}]";
            if (Target(findings, path, asked[i], charges, basis, addons) is not { } charge)
                continue;
            var key = ChargeKey.Of(charge, asked[i].AddonId);
            if (result.Exists(o => o.Key == key))
            {
                findings.Add(ErrorCode.InvalidArgumentError, path,
                    $"{path} names a charge that is overridden already; give one price a charge.");
                continue;
            }

            var priced = Price(asked[i], charge, key);
            Check(findings, path, asked[i], charge, priced);
            result.Add(priced);
        }

        return result;
    }

    /// <summary>Those whose charge exists; a change of version or add-ons drops the others.</summary>
    public static IReadOnlyList<PriceOverride> Surviving(
        IReadOnlyList<PriceOverride> stored, IEnumerable<SubscriptionCharge> charges)
    {
        var keys = charges.Select(c => c.Key).ToHashSet();
        return stored.All(o => keys.Contains(o.Key)) ? stored : [.. stored.Where(o => keys.Contains(o.Key))];
    }

    private static Charge? Target(
        Findings findings, string path, PriceOverrideInput input, IReadOnlyList<SubscriptionCharge> charges,
        ContentBasis basis, AddonSelection addons)
    {
        var named = (input.BaseCharge ? 1 : 0) + (input.FeatureId is null ? 0 : 1) + (input.CurrencyId is null ? 0 : 1);
        if (named > 1 || (named == 0 && input.AddonId is null))
        {
            findings.Add(ErrorCode.InvalidArgumentError, path, named > 1
                ? $"{path} names {named} charges; give exactly one of baseCharge, featureId and currencyId."
                : $"{path} names no charge; give baseCharge: true, featureId, currencyId or addonId.");
            return null;
        }

        if (input.AddonId is { } addon && addons.Addons.All(a => a.Id != addon))
        {
            findings.Add(ErrorCode.PriceNotFound, path + ".addonId",
                $"The subscription has no add-on '{addon}' to price; add it to addons or remove the override.");
            return null;
        }

        var found = charges.Where(c => c.AddonId == input.AddonId).Select(c => c.Charge)
            .Where(c => IsMeant(input, c)).OrderBy(c => Rank(input, c)).FirstOrDefault();
        if (found is null)
        {
            findings.Add(ErrorCode.PriceNotFound, path,
                $"{(input.AddonId is { } on ? $"Add-on '{on}'" : $"Plan '{basis.Prices.Id}'")} has no {Words(input)} "
                + "in the subscription's billing period and country; remove the override.");
        }

        return found;
    }

    private static bool IsMeant(PriceOverrideInput input, Charge charge) =>
        input.FeatureId is { } feature ? charge.FeatureId == feature
        : input.CurrencyId is { } currency ? charge.TopUpCurrencyId == currency
        : charge.Model == BillingModel.FlatFee;

    /// <summary>
    /// A feature may have several charges: a credit rate means the credit mapping, a price the first with money.
    /// </summary>
    private static int Rank(PriceOverrideInput input, Charge charge) => charge.Model switch
    {
        BillingModel.CreditBased => input.CreditRate is null ? 9 : 0,
        BillingModel.PerUnit when charge.Cadence == BillingCadence.Recurring => 1,
        BillingModel.UsageBased => 2,
        _ => 3,
    };

    private static string Words(PriceOverrideInput input) =>
        input.FeatureId is { } feature ? $"charge for feature '{feature}'"
        : input.CurrencyId is { } currency ? $"charge for credits '{currency}'"
        : "base charge";

    private static PriceOverride Price(PriceOverrideInput input, Charge charge, ChargeKey key) => new(key)
    {
        Price = input.Amount is { } amount
            ? new(amount, input.Currency ?? PriceCalculator.CurrencyOf(charge) ?? "usd")
            : null,
        BlockSize = input.BlockSize,
        TiersMode = input.Tiers is null ? null : input.TiersMode ?? charge.TiersMode ?? Catalog.TiersMode.Graduated,
        Tiers = input.Tiers,
        CreditRate = input.CreditRate,
        CreditGrantCadence = input.CreditGrantCadence,
    };

    /// <summary>What comes out must be a charge that the catalog could have, in the subscription's currency.</summary>
    private static void Check(
        Findings findings, string path, PriceOverrideInput input, Charge charge, PriceOverride priced)
    {
        if (input is { Amount: null, Tiers: null, BlockSize: null, CreditRate: null, CreditGrantCadence: null })
        {
            findings.Add(ErrorCode.InvalidArgumentError, path,
                $"{path} changes nothing; give amount, tiers, blockSize, creditRate or creditGrantCadence.");
            return;
        }

        if (input is { Amount: not null, Tiers: not null })
        {
            findings.Add(ErrorCode.InvalidArgumentError, path, $"{path} has both amount and tiers; keep one of them.");
            return;
        }

        var effective = OverriddenPrices.Apply(charge, input.AddonId, [priced]);
        var faults = new Findings();
        ChargeAmounts.Check(faults, path, effective);
        findings.Include(
            faults.ToRefusal() is { } refusal ? refusal with { Code = ErrorCode.InvalidArgumentError } : null);
        var currency = PriceCalculator.CurrencyOf(charge);
        if (currency is not null
            && ChargeAmounts.CurrenciesOf(effective).FirstOrDefault(c => c != currency) is { } other)
        {
            findings.Add(ErrorCode.InvalidArgumentError, path,
                $"{path} is in {other} and the subscription is billed in {currency}; give the price in {currency}.");
        }
    }
}
