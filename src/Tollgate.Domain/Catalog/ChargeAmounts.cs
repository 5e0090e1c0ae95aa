using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Catalog;

/// <summary>The money side of one charge row: price or tiers, block size, currency, country (spec catalog 0.4, 9.3,
/// 9.10).</summary>
internal static class ChargeAmounts
{
    /// <summary>Decimal places a unit price may have.</summary>
    public const int MaxDecimals = 5;

    /// <summary>The largest price the built-in billing takes, in major units.</summary>
    public const decimal MaxAmount = 999_999_999_999m;

    public static void Check(Findings findings, string at, Charge row)
    {
        if (row.CountryCode is { } country && (country.Length != 2 || !country.All(char.IsAsciiLetterUpper)))
            findings.Bad(at + ".billingCountryCode", $"'{country}' is not an ISO 3166-1 alpha-2 code in upper case.");
        if (row.BlockSize is < 1)
            Invalid(findings, at + ".blockSize", $"blockSize is {row.BlockSize}; give 1 or more, or leave it out.");
        if (row.Model == BillingModel.CreditBased)
        {
            if (row.CreditRate is not { } rate)
                Invalid(findings, at + ".creditRate", "A CREDIT_BASED charge needs a creditRate.");
            else
                CreditRateRules.Check(findings, at + ".creditRate", rate);
            return;
        }

        if (row.Price is null == row.Tiers is null)
        {
            Invalid(findings, at, row.Price is null
                ? $"{at} has neither price nor tiers; give one of them."
                : $"{at} has both price and tiers; keep one of them.");
        }

        if (row.Price is { } price)
            CheckMoney(findings, at + ".price", price);
        if (row.Tiers is { } tiers)
            CheckTiers(findings, at, row, tiers);
    }

    public static void CheckMoney(Findings findings, string path, Money money)
    {
        if (!Currencies.IsKnown(money.Currency))
            findings.Bad(path + ".currency", $"'{money.Currency}' is not a supported currency code.");
        if (money.Amount < 0)
            Invalid(findings, path + ".amount", $"{path}.amount is {money.Amount}; a price is 0 or more.");
        if (money.Amount > MaxAmount)
        {
            findings.Add(ErrorCode.AmountTooLarge, path + ".amount",
                $"{path}.amount is {money.Amount}; a price is at most {MaxAmount}.");
        }

        if (decimal.Round(money.Amount, MaxDecimals) != money.Amount)
        {
            Invalid(findings, path + ".amount",
                $"{path}.amount {money.Amount} has more than {MaxDecimals} decimals; round it.");
        }
    }

    public static IEnumerable<string> CurrenciesOf(Charge row) =>
        new[] { row.Price }.Concat(row.Tiers?.SelectMany(t => new[] { t.UnitPrice, t.FlatPrice }) ?? [])
            .OfType<Money>().Select(m => m.Currency);

    private static void CheckTiers(Findings findings, string at, Charge row, IReadOnlyList<PriceTier> tiers)
    {
        var path = at + ".tiers";
        if (row.TiersMode is null)
            Invalid(findings, path, $"{path} needs tiersMode VOLUME or GRADUATED.");
        if (row.Model == BillingModel.FlatFee)
            Invalid(findings, path, "A FLAT_FEE charge has no quantity to tier; give price.");
        if (tiers.Count == 0 || tiers[^1].UpTo is not null)
            Invalid(findings, path, $"The last tier of {path} must be open: leave out its upTo.");
        decimal? previous = null;
        for (var i = 0; i < tiers.Count; i++)
        {
            var tier = tiers[i];
            if (tier.UpTo is null && i < tiers.Count - 1)
                Invalid(findings, $"{path}[{i}].upTo", $"{path}[{i}] has no upTo; only the last tier is open.");
            if (tier.UpTo is { } bound && (bound <= 0 || bound <= previous))
            {
                Invalid(findings, $"{path}[{i}].upTo",
                    $"{path}[{i}].upTo is {bound}; bounds are above 0 and ascend from tier to tier.");
            }

            previous = tier.UpTo ?? previous;
            if (tier.UnitPrice is null && tier.FlatPrice is null)
                Invalid(findings, $"{path}[{i}]", $"{path}[{i}] has neither unitPrice nor flatPrice; give one.");
            if (tier.UnitPrice is { } unit)
                CheckMoney(findings, $"{path}[{i}].unitPrice", unit);
            if (tier.FlatPrice is { } flat)
                CheckMoney(findings, $"{path}[{i}].flatPrice", flat);
        }
    }

    private static void Invalid(Findings findings, string path, string message) =>
        findings.Add(ErrorCode.InvalidArgumentError, path, message);
}
