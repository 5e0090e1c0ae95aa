namespace Tollgate.Domain.Catalog;

/// <summary>The lowest entry price of a plan, held for twelve months so that a yearly price needs no
/// division.</summary>
public sealed record StartingPrice(decimal ForTwelveMonths, string Currency)
{
    public decimal Monthly => ForTwelveMonths / 12;
}

/// <summary>What an invoice line says before it is rounded, exact.</summary>
/// <param name="Quantity">Units, blocks, or 1.</param>
/// <param name="UnitPrice">The price of one of them.</param>
/// <param name="Currency">Lower-case ISO 4217 code.</param>
public sealed record PriceQuote(decimal Quantity, decimal UnitPrice, string Currency)
{
    /// <summary>No line says more than this, so that sums, taxes and balances stay within a decimal.</summary>
    public const decimal LargestAmount = 100_000_000_000_000_000_000m;

    public decimal Amount => Of(Quantity, UnitPrice);

    internal static decimal Of(decimal quantity, decimal unitPrice) =>
        Math.Min(Saturating.Product(quantity, unitPrice), LargestAmount);
}

/// <summary>
/// What a quantity costs under one charge (spec catalog 9.3). Exact decimals, never rounded here: rounding belongs to
/// the
/// invoice line. Quantities are sold units and count as whole ones, rounded up.
/// </summary>
public static class PriceCalculator
{
    /// <summary>The amount of one charge for <paramref name="quantity"/> units; a flat fee does not look at
    /// it.</summary>
    public static Money Amount(Charge charge, decimal quantity)
    {
        var quote = Quote(charge, quantity);
        return new(quote.Amount, quote.Currency);
    }

    /// <summary>
    /// The same as an invoice shows it, quantity x unit price: units or blocks at their price; one of the whole amount
    /// where units have no common price, that is for flat fees, graduated tiers and tiers with a flat part (spec
    /// subscriptions 11).
    /// </summary>
    public static PriceQuote Quote(Charge charge, decimal quantity)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(quantity);
        var q = decimal.Ceiling(quantity);
        var currency = CurrencyOf(charge)
            ?? throw new ArgumentException($"The {charge.Model} charge has neither a price nor tiers.", nameof(charge));
        if (charge.Model is BillingModel.FlatFee or BillingModel.MinimumSpend)
        {
            return charge.Price is { } fee
                ? new(1, fee.Amount, currency)
                : throw new ArgumentException("A flat fee needs a price.", nameof(charge));
        }

        if (charge.Tiers is not { Count: > 0 } tiers)
            return new(Blocks(charge, q), charge.Price!.Amount, currency);
        return charge.TiersMode == TiersMode.Graduated
            ? new(1, Graduated(tiers, q), currency)
            : Volume(charge, tiers, q, currency);
    }

    /// <summary>
    /// The usage limit that committing to <paramref name="quantity"/> units grants: whole blocks, or the bound of the
    /// stair-step reached. Null = no bound, when the last step has none.
    /// </summary>
    public static decimal? CommittedLimit(Charge charge, decimal quantity)
    {
        if (IsStairStep(charge))
            return quantity == 0 ? 0 : TierReached(Sorted(charge.Tiers!), quantity).UpTo;
        return Blocks(charge, quantity) * (charge.BlockSize ?? 1);
    }

    /// <summary>The customer buys a whole step: volume tiers that carry flat prices only.</summary>
    public static bool IsStairStep(Charge charge) => charge is { TiersMode: TiersMode.Volume, Tiers.Count: > 0 }
        && charge.Tiers.All(t => t.UnitPrice is null && t.FlatPrice is not null);

    /// <summary>The currency all parts of the charge are in; null when it has no money part.</summary>
    public static string? CurrencyOf(Charge charge) => charge.Price?.Currency
        ?? charge.Tiers?.Select(t => (t.UnitPrice ?? t.FlatPrice)?.Currency).FirstOrDefault(c => c is not null);

    /// <summary>
    /// The figure plans are compared by and the paywall shows: per offered period the flat fee plus every committed
    /// charge at
    /// its minimum, or without those the cheapest first unit or block of a usage charge; the lowest over the periods
    /// (spec subscriptions 6.2, catalog 9.11). Null when the plan has no price in the country.
    /// </summary>
    public static StartingPrice? StartingPrice(PackageVersion plan, string? countryCode)
    {
        StartingPrice? lowest = null;
        foreach (var period in Enum.GetValues<BillingPeriod>())
        {
            var rows = PriceSelection.For(plan, period, countryCode).Where(c => c.Cadence == BillingCadence.Recurring)
                .ToList();
            if (EntryPrice(rows) is not { } entry)
                continue;
            var year = period == BillingPeriod.Annually ? entry.Amount : entry.Amount * 12;
            if (lowest is null || year < lowest.ForTwelveMonths)
                lowest = new(year, entry.Currency);
        }

        return lowest;
    }

    private static Money? EntryPrice(List<Charge> rows)
    {
        var fixedParts = rows.Where(c => c.Model is BillingModel.FlatFee or BillingModel.PerUnit)
            .Select(c => Amount(c, c.MinUnitQuantity ?? 1)).ToList();
        if (fixedParts.Count > 0)
            return new(fixedParts.Sum(p => p.Amount), fixedParts[0].Currency);
        return rows.Where(c => c.Model == BillingModel.UsageBased).Select(c => Amount(c, 1)).MinBy(p => p.Amount);
    }

    /// <summary>Blocks begun. The remainder is exact where a quotient would be rounded.</summary>
    private static decimal Blocks(Charge charge, decimal q)
    {
        var size = charge.BlockSize ?? 1;
        var rest = q % size;
        return decimal.Round((q - rest) / size) + (rest > 0 ? 1 : 0);
    }

    private static decimal Graduated(IReadOnlyList<PriceTier> tiers, decimal q)
    {
        var total = 0m;
        var covered = 0m;
        foreach (var tier in Sorted(tiers))
        {
            if (q <= covered)
                break;
            var upTo = tier.UpTo is { } bound ? Math.Min(bound, q) : q;
            total += PriceQuote.Of(upTo - covered, tier.UnitPrice?.Amount ?? 0) + (tier.FlatPrice?.Amount ?? 0);
            covered = upTo;
        }

        return total;
    }

    private static PriceQuote Volume(Charge charge, IReadOnlyList<PriceTier> tiers, decimal q, string currency)
    {
        var tier = TierReached(Sorted(tiers), q);
        var unit = tier.UnitPrice?.Amount ?? 0;
        // Nothing used costs nothing; nothing committed still costs the first tier's flat fee.
        var flat = q == 0 && charge.Model == BillingModel.UsageBased ? 0 : tier.FlatPrice?.Amount ?? 0;
        return flat == 0 && !IsStairStep(charge)
            ? new(q, unit, currency)
            : new(1, PriceQuote.Of(q, unit) + flat, currency);
    }

    private static PriceTier TierReached(IReadOnlyList<PriceTier> sorted, decimal q) =>
        sorted.FirstOrDefault(t => t.UpTo is not { } bound || q <= bound) ?? sorted[^1];

    private static List<PriceTier> Sorted(IReadOnlyList<PriceTier> tiers) =>
        [.. tiers.OrderBy(t => t.UpTo ?? decimal.MaxValue)];
}
