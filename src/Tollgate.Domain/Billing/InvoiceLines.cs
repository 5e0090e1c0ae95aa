using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Billing;

/// <summary>The order of an invoice's lines (spec catalog 9.9).</summary>
public static class InvoiceLines
{
    /// <summary>
    /// In advance, usage and what the minimum spend takes off it, overage, one-off, prorations; lines of one kind keep
    /// their order.
    /// </summary>
    public static IReadOnlyList<InvoiceLine> InOrder(IEnumerable<InvoiceLine> lines) => [.. lines.OrderBy(Phase)];

    private static int Phase(InvoiceLine line) => line switch
    {
        { IsProration: true } => 5,
        { Key.Cadence: BillingCadence.OneOff } => 4,
        { Type: InvoiceLineType.OverageCharge } => 3,
        { Type: InvoiceLineType.MinimumSpendAdjustmentCharge } => 2,
        { Type: InvoiceLineType.PayAsYouGoCharge } => 1,
        _ => 0,
    };
}
