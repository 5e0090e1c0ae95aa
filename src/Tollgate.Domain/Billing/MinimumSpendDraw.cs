using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>What usage draws from the minimum spend that was paid in advance.</summary>
/// <param name="Adjustment">The line that takes it off the usage; null when there is nothing to take off.</param>
/// <param name="Left">What is left for the rest of the period; below 0 what usage came to beyond it.</param>
public sealed record DrawnMinimum(InvoiceLine? Adjustment, Money Left);

/// <summary>
/// Minimum spend pays for usage up to its amount (spec catalog 9.8): pay-as-you-go lines before coupons draw it down,
/// over an annual term month after month; overage and credits do not, and what is left at the end is lost.
/// </summary>
public static class MinimumSpendDraw
{
    /// <param name="content">Whose usage it is.</param>
    /// <param name="usage">The lines of one billing window; only pay-as-you-go ones count.</param>
    /// <param name="left">What is left of the minimum; one in another currency pays nothing.</param>
    /// <param name="window">The billing window.</param>
    public static DrawnMinimum Draw(
        BilledContent content, IEnumerable<InvoiceLine> usage, Money left, BillingWindow window)
    {
        var gross = usage.Where(line => line.Type == InvoiceLineType.PayAsYouGoCharge).Sum(line => line.Amount);
        if (left.Currency != content.Currency)
            return new(null, left);
        var rest = left with { Amount = left.Amount - gross };
        // Usage that became cheaper gives back to the minimum what it had drawn from it, and no more.
        var drawn = Usable(left) - Usable(rest);
        if (drawn == 0)
            return new(null, rest);
        var line = new InvoiceLine
        {
            Type = InvoiceLineType.MinimumSpendAdjustmentCharge,
            Description = Describe(content),
            Amount = -drawn,
            UnitPrice = -drawn,
            PeriodStart = window.Start,
            PeriodEnd = window.End,
            SubscriptionId = content.SubscriptionId,
            PackageId = content.Plan.Id,
            Inputs = LineInputs.Of(content.Plan, ("usage", gross), ("minimum left before", left.Amount)),
        };
        return new(line, rest);
    }

    private static decimal Usable(Money left) => Math.Max(Currencies.Round(left.Amount, left.Currency), 0);

    internal static string Describe(BilledContent content) => $"{content.Plan.DisplayName} - minimum spend";
}
