using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Subscriptions;

/// <summary>
/// Promotion codes of a billing provider as discounts of one subscription (spec catalog 12, subscriptions 12).
/// </summary>
internal static class Promotions
{
    /// <summary>Null with a finding when the code is refused.</summary>
    /// <param name="findings">Receives why.</param>
    /// <param name="request">Names a code and nothing else.</param>
    /// <param name="inForce">
    /// What discounts now; whoever holds the code keeps it, whatever the provider says by now.
    /// </param>
    /// <param name="price">What it is taken off.</param>
    /// <param name="start">The start of its duration.</param>
    public static AppliedCoupon? Apply(
        Findings findings, CouponRequest request, AppliedCoupon? inForce, DiscountedPrice price, Instant start)
    {
        var (_, code, path) = request.References[0];
        if (inForce?.PromotionCode is { } held && IsSame(held, code)
            && (request.StartDate ?? inForce.Terms.Start) == inForce.Terms.Start)
        {
            return inForce;
        }

        if (request.Promotion is not { } promotion)
        {
            findings.Include(RefusalOf(request.PromotionRefusal ?? PromotionCodeRefusal.NotFound, code, path));
            return null;
        }

        if (promotion.MinimumAmounts.FirstOrDefault(m => m.Currency == price.Currency) is { } minimum
            && price.Amount() is var amount && amount < minimum.Amount)
        {
            findings.Add(ErrorCode.PromotionCodeMinimumAmountNotReached, path,
                $"The promotion code '{code}' is for purchases of at least {minimum.Amount} {minimum.Currency}; "
                + $"this one comes to {amount}. Buy more, or remove the code.");
            return null;
        }

        return new(DiscountTerms.Of(promotion, start)) { PromotionCode = promotion.Code };
    }

    /// <summary>
    /// The discount as it waits with a change that was accepted: its code was taken, so nothing is asked again when it
    /// is due. A code that is held already waits for nothing.
    /// </summary>
    public static Optional<CouponRequest> Accepted(Optional<CouponRequest> asked) => asked.Or(null) switch
    {
        { References: [{ Form: CouponForm.PromotionCode }] } request => request.Promotion is { } promotion
            ? new(request with { Promotion = promotion with { MinimumAmounts = [] }, PromotionRefusal = null })
            : default,
        _ => asked,
    };

    /// <summary>The same code, whatever its case.</summary>
    public static bool IsSame(string a, string b) =>
        string.Equals(a.Trim(), b.Trim(), StringComparison.OrdinalIgnoreCase);

    private static Refusal RefusalOf(PromotionCodeRefusal why, string code, string path)
    {
        var (error, reason) = why switch
        {
            PromotionCodeRefusal.NotFound =>
                (ErrorCode.PromotionCodeNotFound, $"There is no promotion code '{code}'"),
            PromotionCodeRefusal.NotActive =>
                (ErrorCode.PromotionCodeNotActive, $"The promotion code '{code}' is not active any more"),
            PromotionCodeRefusal.NotForCustomer =>
                (ErrorCode.PromotionCodeNotForCustomer, $"The promotion code '{code}' is for another customer"),
            PromotionCodeRefusal.MaxRedemptionsReached =>
                (ErrorCode.PromotionCodeMaxRedemptionsReached,
                    $"The promotion code '{code}' was used as often as it can be"),
            PromotionCodeRefusal.CustomerNotFirstPurchase =>
                (ErrorCode.PromotionCodeCustomerNotFirstPurchase,
                    $"The promotion code '{code}' is for a first purchase, and this customer has bought before"),
            _ => throw new ArgumentOutOfRangeException(nameof(why), why, "Not a refusal of a promotion code."),
        };
        return Refusal.Of(error, [new(path, reason + "; remove it or use another one.")]);
    }
}
