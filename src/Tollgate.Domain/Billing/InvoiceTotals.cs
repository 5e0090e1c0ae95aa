using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Billing;

/// <summary>An invoice's lines with their shares of the discount, and its sums.</summary>
public sealed record TotalledInvoice(
    IReadOnlyList<InvoiceLine> Lines, InvoiceAmounts Amounts, IReadOnlyList<TaxPart> Taxes);

/// <summary>
/// The one arithmetic of previews, invoices and credit notes (spec catalog 9.12, steps 3 to 7): sum, discount, tax,
/// balance. Each figure is rounded once, half away from zero, from exact ones.
/// </summary>
public static class InvoiceTotals
{
    /// <summary>The totals of a draft.</summary>
    /// <param name="draft">Its lines are rounded; the draft's own tax percentage is the caller's to pass on.</param>
    /// <param name="taxes">Every rate is on the same base: the sum less the discount.</param>
    /// <param name="balance">What the payer has in the currency, at least 0.</param>
    public static TotalledInvoice Of(InvoiceDraft draft, IReadOnlyList<TaxRate> taxes, decimal balance) =>
        Of(draft.Lines, draft.Currency, draft.Discounts, taxes, balance);

    /// <summary>
    /// A negative total goes to the balance (<see cref="InvoiceAmounts.AddedToBalance"/>) and nothing is due, which is
    /// all that a credit note is; of a positive one the balance pays what it can.
    /// </summary>
    public static TotalledInvoice Of(
        IReadOnlyList<InvoiceLine> lines, string currency, IReadOnlyList<DiscountTerms> discounts,
        IReadOnlyList<TaxRate> taxes, decimal balance)
    {
        if (balance < 0)
            throw new ArgumentOutOfRangeException(nameof(balance), balance, "A balance is at least 0.");
        var discounted = Discounts.Apply(lines, discounts, currency);
        var subTotal = discounted.Sum(line => line.Amount);
        var discount = discounted.Sum(line => line.Discount);
        var taxBase = subTotal - discount;
        var parts = taxes.Select(rate => new TaxPart(rate, TaxOn(taxBase, rate, currency))).ToList();
        var exclusive = parts.Where(part => !part.Rate.IsInclusive).ToList();
        var tax = exclusive.Sum(part => part.Amount);
        var total = taxBase + tax;
        var used = Math.Min(balance, Math.Max(total, 0));
        return new(
            discounted,
            new(subTotal, discount, tax, total, used, Math.Max(total, 0) - used)
            {
                TaxPercentage = exclusive.Sum(part => part.Rate.Percentage),
                InclusiveTax = parts.Sum(part => part.Amount) - tax,
            },
            parts);
    }

    private static decimal TaxOn(decimal taxBase, TaxRate rate, string currency) => Currencies.Round(
        rate.IsInclusive
            ? taxBase * rate.Percentage / (100 + rate.Percentage)
            : taxBase * rate.Percentage / 100,
        currency);
}
