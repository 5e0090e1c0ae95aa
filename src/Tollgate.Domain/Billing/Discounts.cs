using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>Which coupon takes what off which line (spec catalog 9.12 step 4, 12; subscriptions 12).</summary>
public static class Discounts
{
    /// <summary>
    /// The coupons an invoice made now may apply, in the order in which they win: the one the subscription holds, then
    /// the customer's. A removed one is gone also for periods that started under it; one that has run out still covers
    /// the periods that started in time.
    /// </summary>
    public static IReadOnlyList<DiscountTerms> InForce(
        IReadOnlyList<AppliedCoupon> ofSubscription, DiscountTerms? ofCustomer)
    {
        var terms = new List<DiscountTerms>(2);
        if (ofSubscription.LastOrDefault(coupon => coupon.RemovedAt is null) is { } held)
            terms.Add(held.Terms);
        if (ofCustomer is not null)
            terms.Add(ofCustomer);
        return terms;
    }

    /// <summary>
    /// Whether a line whose service period starts at the instant is discounted: in <c>[start, start + n months)</c>,
    /// and, for fixed amounts, in a currency that has one.
    /// </summary>
    public static bool Covers(DiscountTerms terms, Instant serviceStart, string currency) =>
        terms.Start <= serviceStart
        && !(terms.DurationInMonths is { } months && serviceStart >= BillingPeriods.AddMonths(terms.Start, months))
        && (terms.PercentOff is not null || AmountOff(terms, currency) is not null);

    /// <summary>
    /// The lines with their shares of the discount. Each takes the first coupon that covers it; prorations are net
    /// already and take none. A coupon is worth its percentage, or its amount and no more than the lines, rounded once;
    /// its shares are in proportion to the lines and sum up to it exactly.
    /// </summary>
    public static IReadOnlyList<InvoiceLine> Apply(
        IReadOnlyList<InvoiceLine> lines, IReadOnlyList<DiscountTerms> inForce, string currency)
    {
        var result = lines.ToArray();
        var taken = new bool[lines.Count];
        foreach (var terms in inForce)
        {
            var covered = Enumerable.Range(0, lines.Count).Where(i =>
                !taken[i] && !lines[i].IsProration && Covers(terms, lines[i].PeriodStart, currency)).ToList();
            var amounts = covered.ConvertAll(i => lines[i].Amount);
            var shares = LargestRemainder.Share(
                Worth(terms, amounts.Sum(), currency), amounts, Currencies.MinorUnitDigits(currency));
            for (var n = 0; n < covered.Count; n++)
            {
                var i = covered[n];
                result[i] = lines[i] with { Discount = shares[n] };
                taken[i] = true;
            }
        }

        return result;
    }

    private static decimal Worth(DiscountTerms terms, decimal sum, string currency)
    {
        if (sum <= 0)
            return 0;
        return terms.PercentOff is { } percent
            ? Currencies.Round(sum * percent / 100, currency)
            : Math.Min(Currencies.Round(AmountOff(terms, currency)!.Amount, currency), sum);
    }

    private static Money? AmountOff(DiscountTerms terms, string currency) =>
        terms.AmountsOff?.FirstOrDefault(amount => amount.Currency == currency);
}
