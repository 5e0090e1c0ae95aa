using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Modules.Subscriptions;

/// <summary>
/// What a request asks of capabilities that this build does not have. Such a request is refused: nothing that is accepted is
/// ever ignored.
/// </summary>
public sealed record UnservedFields
{
    public static UnservedFields None { get; } = new();

    public IReadOnlyList<string> AddonIds { get; init; } = [];

    /// <summary>Credit currencies named by charges or entitlements.</summary>
    public IReadOnlyList<string> CreditCurrencyIds { get; init; } = [];

    /// <summary>The forms in which a coupon is applied, and what each names; at most one may be given.</summary>
    public IReadOnlyList<CouponInput> Coupons { get; init; } = [];
    public bool HasPriceOverrides { get; init; }
    public string? IntegrationId { get; init; }
    public string? ConnectedAccount { get; init; }
    public bool HasCheckout { get; init; }

    /// <summary>A strategy other than IMMEDIATE, as spelled by the caller.</summary>
    public string? ScheduleStrategy { get; init; }

    /// <summary>Null when the request asks for nothing that is missing.</summary>
    /// <param name="subject">The subscription as the rest of the request leaves it.</param>
    internal Refusal? Check(Subscription subject)
    {
        if (AddonIds.Count > 0)
        {
            return Refusal.Of(ErrorCode.AddonNotFound, [.. AddonIds.Select((id, i) => new FieldFault(
                $"addons[{i}].id", $"There is no add-on with the id '{id}'; remove it."))]);
        }

        if (CreditCurrencyIds.Count > 0)
        {
            return Refusal.Of(ErrorCode.CustomCurrencyNotFound, [.. CreditCurrencyIds.Select(id => new FieldFault(
                "entitlements", $"There is no credit currency with the id '{id}'; remove it."))]);
        }

        return CheckCoupon() ?? CheckBilling(subject) ?? CheckSchedule(subject);
    }

    private Refusal? CheckCoupon() => Coupons switch
    {
        [] => null,
        [var (form, id)] => form switch
        {
            CouponForm.PromotionCode => new(ErrorCode.PromotionCodeNotFound,
                $"There is no promotion code '{id}'; remove it."),
            CouponForm.Discount => new(ErrorCode.InvalidArgumentError,
                "appliedCoupon.discount: discounts are not available in this build; remove it."),
            _ => new(ErrorCode.CouponNotFound, $"There is no coupon with the id '{id}'; remove it."),
        },
        _ => new(ErrorCode.InvalidArgumentError,
            $"{Coupons.Count} coupons are applied at once; give exactly one of couponId, billingCouponId, discount and "
            + "promotionCode."),
    };

    private Refusal? CheckBilling(Subscription subject)
    {
        if (HasPriceOverrides)
        {
            return new(ErrorCode.InvalidArgumentError,
                "priceOverrides: price overrides are not available in this build; remove them.");
        }

        if (IntegrationId is not null)
        {
            return new(ErrorCode.IntegrationNotFound,
                $"There is no billing integration '{IntegrationId}' in this environment; remove "
                + "billingInformation.integrationId.");
        }

        if (ConnectedAccount is not null)
        {
            return new(ErrorCode.BillingIntegrationMissing,
                $"No billing integration is connected that could charge on behalf of '{ConnectedAccount}'; remove "
                + "billingInformation.chargeOnBehalfOfAccount.");
        }

        return HasCheckout && subject is { PricingType: Domain.Catalog.PricingType.Paid, Status: SubscriptionStatus.Active }
            ? new(ErrorCode.CheckoutIsNotSupported,
                "checkoutOptions: this environment has no hosted checkout; leave checkoutOptions out to start the "
                + "subscription without payment.")
            : null;
    }

    private Refusal? CheckSchedule(Subscription subject) => (ScheduleStrategy, subject.BillingPeriod) switch
    {
        (null, _) => null,
        (_, null) => new(ErrorCode.SubscriptionDoesNotHaveBillingPeriod,
            $"Plan '{subject.PlanId}' has no billing period, so nothing can wait for {ScheduleStrategy}; leave "
            + "scheduleStrategy out or send IMMEDIATE."),
        _ => new(ErrorCode.UnsupportedSubscriptionScheduleType,
            $"The schedule strategy {ScheduleStrategy} is not available in this build; leave scheduleStrategy out or send "
            + "IMMEDIATE."),
    };
}

/// <summary>A coupon as a request names it.</summary>
public sealed record CouponInput(CouponForm Form, string Id);

public enum CouponForm
{
    CouponId,
    BillingCouponId,
    Discount,
    PromotionCode,
}
