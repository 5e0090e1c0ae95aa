using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Subscriptions;

/// <summary>
/// A discount that a request applies to one subscription: exactly one reference or a discount of its own.
/// </summary>
public sealed record CouponRequest
{
    /// <summary>Every coupon or code that the request names, in whichever field.</summary>
    public IReadOnlyList<CouponReference> References { get; init; } = [];
    public AdHocDiscount? Discount { get; init; }

    /// <summary>
    /// When its duration starts; null = with the request, or with the subscription if that starts later.
    /// </summary>
    public Instant? StartDate { get; init; }

    /// <summary>
    /// What the promotion code that is named stands for; null when its provider refused it or was not asked.
    /// </summary>
    public PromotionCode? Promotion { get; init; }

    /// <summary>
    /// Why its provider refused it; null when it did not, or was not asked: then there is no such code.
    /// </summary>
    public PromotionCodeRefusal? PromotionRefusal { get; init; }
}

/// <summary>A coupon as a request names it.</summary>
/// <param name="Form">What the id is.</param>
/// <param name="Id">A coupon's id or a code.</param>
/// <param name="Path">The field of the request.</param>
public sealed record CouponReference(CouponForm Form, string Id, string Path);

public enum CouponForm
{
    CouponId,

    /// <summary>The id at the billing provider; the built-in one knows a coupon by its own id.</summary>
    BillingCouponId,
    PromotionCode,
}

/// <summary>A discount for one subscription alone (spec catalog 12).</summary>
public sealed record AdHocDiscount
{
    public string? Name { get; init; }
    public string? Description { get; init; }
    public decimal? PercentOff { get; init; }
    public IReadOnlyList<Money>? AmountsOff { get; init; }

    /// <summary>A whole number of calendar months; null = for ever.</summary>
    public decimal? DurationInMonths { get; init; }
}

/// <summary>The coupons of a subscription after a request (spec subscriptions 12).</summary>
internal static class AppliedCoupons
{
    private const string Path = "appliedCoupon";

    /// <summary>
    /// Absent keeps what is applied, null removes it, a coupon replaces it. The coupon that is in force already changes
    /// nothing.
    /// </summary>
    /// <param name="findings">Receives what is wrong.</param>
    /// <param name="stored">Every coupon the subscription had.</param>
    /// <param name="asked">The request.</param>
    /// <param name="coupon">The coupon that the request names; null when it names none or it does not exist.</param>
    /// <param name="price">What the subscription costs.</param>
    /// <param name="start">The start of the duration when the request names none.</param>
    /// <param name="now">The time of the request.</param>
    /// <param name="ids">The identity of a discount without a coupon.</param>
    public static IReadOnlyList<AppliedCoupon> Resolve(
        Findings findings, IReadOnlyList<AppliedCoupon> stored, Optional<CouponRequest> asked, Coupon? coupon,
        DiscountedPrice price, Instant start, Instant now, IdSource ids)
    {
        if (!asked.IsGiven)
            return stored;
        var inForce = InForce(stored, now);
        if (asked.Value is not { } request)
            return Removed(stored, inForce, now);
        if (Terms(findings, request, coupon, inForce, price, start, ids) is not { } applied)
            return stored;
        if (inForce is not null && IsSame(inForce, applied, request.StartDate))
            return stored;
        if (applied.Terms.DurationInMonths is { } months
            && BillingPeriods.AddMonths(applied.Terms.Start, months) >= BillingPeriods.EndOfCalendar)
        {
            findings.Bad(Path + ".configuration.startDate",
                $"The discount '{applied.Terms.Name}' starts at {applied.Terms.Start} and its {months} months would "
                + "end beyond the year 9999; give an earlier startDate.");
            return stored;
        }

        if (applied.Terms.AmountsOff is { } amounts && price.Currency is { } currency
            && amounts.All(a => a.Currency != currency))
        {
            findings.Add(ErrorCode.InvalidArgumentError, Path,
                $"The discount '{applied.Terms.Name}' has no amount in {currency}, the subscription's currency; it has "
                + $"{string.Join(", ", amounts.Select(a => a.Currency))}.");
            return stored;
        }

        return [.. Removed(stored, inForce, now), applied];
    }

    /// <summary>The coupon that discounts now or from its start on; null when there is none.</summary>
    public static AppliedCoupon? InForce(IReadOnlyList<AppliedCoupon> coupons, Instant now) =>
        coupons.LastOrDefault(c => c.StatusAt(now) == AppliedCouponStatus.Active);

    private static IReadOnlyList<AppliedCoupon> Removed(
        IReadOnlyList<AppliedCoupon> stored, AppliedCoupon? inForce, Instant now) => inForce is null
        ? stored
        : [.. stored.Select(c => ReferenceEquals(c, inForce) ? c with { RemovedAt = now } : c)];

    private static AppliedCoupon? Terms(
        Findings findings, CouponRequest request, Coupon? coupon, AppliedCoupon? inForce, DiscountedPrice price,
        Instant start, IdSource ids)
    {
        var forms = request.References.Count + (request.Discount is null ? 0 : 1);
        if (forms != 1)
        {
            findings.Add(ErrorCode.InvalidArgumentError, Path,
                $"{Path} names {forms} discounts; give exactly one of couponId, billingCouponId, discount and "
                + "promotionCode.");
            return null;
        }

        start = request.StartDate ?? start;
        if (request.Discount is { } discount)
            return AdHoc(findings, discount, start, ids);
        var (form, id, path) = request.References[0];
        if (form == CouponForm.PromotionCode)
            return Promotions.Apply(findings, request, inForce, price, start);

        // Whoever holds an archived coupon keeps it.
        if (inForce is { IsAdHoc: false, PromotionCode: null } && coupon is not null && inForce.Terms.Code == coupon.Id)
            return new(DiscountTerms.Of(coupon, start));
        if (CouponRules.CheckApplicable(id, coupon, path) is { } refusal)
        {
            findings.Include(refusal);
            return null;
        }

        return new(DiscountTerms.Of(coupon!, start));
    }

    private static AppliedCoupon? AdHoc(Findings findings, AdHocDiscount discount, Instant start, IdSource ids)
    {
        const string path = Path + ".discount.";
        var faults = new Findings();
        if (discount.Name is { Length: > CouponRules.MaxNameLength } name)
        {
            faults.Bad(path + "name",
                $"name has {name.Length} characters; at most {CouponRules.MaxNameLength} are allowed.");
        }

        CouponRules.CheckDiscount(faults, path, discount.PercentOff, discount.AmountsOff, discount.DurationInMonths);
        if (faults.ToRefusal() is { } refusal)
        {
            findings.Include(refusal);
            return null;
        }

        return new(new DiscountTerms
        {
            Code = $"adhoc-{ids.NextUid():N}",
            Name = string.IsNullOrWhiteSpace(discount.Name) ? "Discount" : discount.Name,
            PercentOff = discount.PercentOff,
            AmountsOff = discount.AmountsOff,
            DurationInMonths = (int?)discount.DurationInMonths,
            Start = start,
        })
        {
            IsAdHoc = true,
        };
    }

    /// <summary>The same discount again, its start left open or the same, so that a retry changes nothing.</summary>
    private static bool IsSame(AppliedCoupon held, AppliedCoupon asked, Instant? askedStart)
    {
        if (held.IsAdHoc != asked.IsAdHoc || held.PromotionCode != asked.PromotionCode
            || (askedStart is { } start && start != held.Terms.Start))
        {
            return false;
        }

        if (!held.IsAdHoc)
            return held.Terms.Code == asked.Terms.Code;
        var terms = asked.Terms with
        {
            Code = held.Terms.Code,
            Start = held.Terms.Start,
            AmountsOff = held.Terms.AmountsOff,
        };
        return terms == held.Terms && ContentEquality.Same(asked.Terms.AmountsOff, held.Terms.AmountsOff);
    }
}
