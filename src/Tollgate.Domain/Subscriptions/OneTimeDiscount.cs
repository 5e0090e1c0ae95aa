using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Subscriptions;

/// <summary>What a request takes off a bill that is about no subscription.</summary>
public static class OneTimeDiscount
{
    /// <param name="findings">Receives what is wrong with it.</param>
    /// <param name="asked">The request.</param>
    /// <param name="coupon">The coupon that it names; null when it names none or it does not exist.</param>
    /// <param name="cost">The bill before discount and tax.</param>
    /// <param name="now">The time of the request.</param>
    /// <returns>Null when nothing is asked for, or with a finding.</returns>
    public static DiscountTerms? Of(
        Findings findings, Optional<CouponRequest> asked, Coupon? coupon, Money cost, Instant now)
    {
        if (asked.Or(null) is null)
            return null;
        var ids = new IdSource(
            () => Guid.Empty, _ => throw new InvalidOperationException("A discount names no subscription."));
        var price = new DiscountedPrice(cost.Currency, () => cost.Amount);
        return AppliedCoupons.Resolve(findings, [], asked, coupon, price, now, now, ids).LastOrDefault()?.Terms;
    }
}
