using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Customers;

namespace Tollgate.Domain.Billing;

/// <summary>
/// What a coupon takes off: exactly one of a percentage and amounts, one a currency, over lines whose service period
/// starts in <c>[Start, Start + DurationInMonths)</c>; without a duration for ever (spec catalog 12).
/// </summary>
public sealed record DiscountTerms
{
    /// <summary>The coupon's id as invoices name it.</summary>
    public required string Code { get; init; }
    public required string Name { get; init; }

    /// <summary>1 to 100.</summary>
    public decimal? PercentOff { get; init; }
    public IReadOnlyList<Money>? AmountsOff { get; init; }

    /// <summary>Calendar months; null = for ever.</summary>
    public int? DurationInMonths { get; init; }
    public required Instant Start { get; init; }

    /// <summary>The coupon as held from <paramref name="start"/> on.</summary>
    public static DiscountTerms Of(Coupon coupon, Instant start) => new()
    {
        Code = coupon.Id,
        Name = coupon.Name,
        PercentOff = coupon.PercentOff,
        AmountsOff = coupon.AmountsOff,
        DurationInMonths = coupon.DurationInMonths,
        Start = start,
    };

    /// <summary>The discount that a promotion code stands for, from <paramref name="start"/> on.</summary>
    public static DiscountTerms Of(PromotionCode code, Instant start) => new()
    {
        Code = code.Code,
        Name = code.Name,
        PercentOff = code.PercentOff,
        AmountsOff = code.AmountsOff,
        DurationInMonths = code.DurationInMonths,
        Start = start,
    };

    /// <summary>The discount of the customer's own coupon; null without one (spec subscriptions 12).</summary>
    /// <param name="customer">The customer.</param>
    /// <param name="coupon">The coupon that the customer names, archived or not; null when it names none.</param>
    public static DiscountTerms? OfCustomer(Customer customer, Coupon? coupon) =>
        customer.CouponId is null || coupon is null ? null
        : coupon.Id == customer.CouponId ? Of(coupon, customer.CouponAppliedAt ?? customer.CreatedAt)
        : throw new ArgumentException($"Customer '{customer.Id}' does not hold coupon '{coupon.Id}'.", nameof(coupon));
}
