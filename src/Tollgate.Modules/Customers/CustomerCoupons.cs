using Tollgate.Domain;
using Tollgate.Domain.Errors;

namespace Tollgate.Modules.Customers;

/// <summary>The coupon a request names for a customer. No coupons can be created yet, so none is ever found.</summary>
internal static class CustomerCoupons
{
    /// <summary>Null when the request clears the coupon or says nothing about it.</summary>
    public static Refusal? Check(Optional<string> couponId) => string.IsNullOrEmpty(couponId.Or(null))
        ? null
        : Refusal.Of(ErrorCode.CouponNotFound,
            [new("couponId", $"There is no coupon with the id '{couponId.Value}'; leave couponId out or send null.")]);
}
