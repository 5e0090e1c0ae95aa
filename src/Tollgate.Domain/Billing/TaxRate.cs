namespace Tollgate.Domain.Billing;

/// <summary>A tax on an invoice (spec catalog 9.12 step 5).</summary>
/// <param name="Percentage">0 to 100.</param>
/// <param name="IsInclusive">True: prices hold it already; false: it is added on top.</param>
/// <param name="DisplayName">What invoices call it.</param>
public sealed record TaxRate(decimal Percentage, bool IsInclusive = false, string? DisplayName = null)
{
    /// <summary>The rates of a plain exclusive percentage; none for 0 or null.</summary>
    public static IReadOnlyList<TaxRate> Exclusive(decimal? percentage) =>
        percentage is > 0 and var given ? [new(given)] : [];
}

/// <summary>What one rate came to, negative when the invoice gives money back.</summary>
public sealed record TaxPart(TaxRate Rate, decimal Amount);
