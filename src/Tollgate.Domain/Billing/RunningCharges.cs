using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>
/// What the in-advance charges of a running period cost, as its invoice said (spec subscriptions 10).
/// </summary>
public static class RunningCharges
{
    /// <summary>
    /// The running charges that an invoice's lines begin a period with. Usage, minimum spend, one-off charges and
    /// prorations are none: nothing of them is ever given back.
    /// </summary>
    /// <param name="lines">With their shares of the discount (<see cref="Discounts.Apply"/>).</param>
    /// <param name="inForce">The coupons that were applied to them.</param>
    /// <param name="currency">Of the lines.</param>
    public static IReadOnlyList<RunningCharge> Of(
        IEnumerable<InvoiceLine> lines, IReadOnlyList<DiscountTerms> inForce, string currency) =>
        [.. lines.Where(IsRunning).Select(line => Of(line, inForce, currency))];

    /// <summary>
    /// Exact, not the rounded amount: what is prorated is rounded once, when it is (spec catalog 9.12).
    /// </summary>
    private static RunningCharge Of(InvoiceLine line, IReadOnlyList<DiscountTerms> inForce, string currency)
    {
        var gross = line.Quantity * line.UnitPrice;
        return new(line.Key!.Value, line.Description, gross, gross - line.Discount)
        {
            PackageId = line.PackageId,
            Credits = line.Credits,
            Coupon = inForce.FirstOrDefault(terms => Discounts.Covers(terms, line.PeriodStart, currency))?.Code,
        };
    }

    /// <summary>The charges of a period that nobody was billed for: what is not charged is never given back.</summary>
    internal static IReadOnlyList<RunningCharge> Uncharged(IEnumerable<RunningCharge> running) =>
        [.. running.Select(charge => charge with { Net = 0 })];

    /// <summary>The charges of a period that was paid elsewhere.</summary>
    internal static IReadOnlyList<RunningCharge> PaidElsewhere(IEnumerable<RunningCharge> running) =>
        [.. running.Select(charge => charge with { PaidElsewhere = charge.Net })];

    /// <summary>
    /// The subscription before another customer takes over the payment: what its payer paid, and what waits for that
    /// payer's next bill, stays the payer's.
    /// </summary>
    internal static Subscription KeepPayer(Subscription subscription)
    {
        var payer = subscription.PayingCustomerId ?? subscription.CustomerId;
        return subscription with
        {
            RunningCharges = [.. subscription.RunningCharges.Select(
                charge => charge with { PayerId = charge.PayerId ?? payer })],
            PendingLines = [.. subscription.PendingLines.Select(line => line with { PayerId = line.PayerId ?? payer })],
        };
    }

    internal static bool IsRunning(InvoiceLine line) => !line.IsProration
        && line.Key is { Cadence: BillingCadence.Recurring }
        && line.Type is InvoiceLineType.BaseCharge or InvoiceLineType.InAdvanceCommitmentCharge
            or InvoiceLineType.AddonCharge;
}
