using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Subscriptions;

/// <summary>An add-on on a subscription (spec subscriptions 3.1), pinned to versions like the plan itself.</summary>
/// <param name="Id">The add-on.</param>
/// <param name="Quantity">A whole number of at least 1.</param>
/// <param name="Version">The version whose entitlements apply.</param>
/// <param name="PriceVersion">The version whose charges apply.</param>
public sealed record SubscriptionAddon(PackageId Id, int Quantity, int Version, int PriceVersion);

/// <summary>
/// The price of exactly one charge of a subscription, in place of the catalog's (spec subscriptions 3.6). It survives a
/// migration as long as the charge exists.
/// </summary>
public sealed record PriceOverride(ChargeKey Key)
{
    public Money? Price { get; init; }
    public decimal? BlockSize { get; init; }
    public TiersMode? TiersMode { get; init; }
    public IReadOnlyList<PriceTier>? Tiers { get; init; }
    public CreditRate? CreditRate { get; init; }
    public CreditGrantCadence? CreditGrantCadence { get; init; }
}

/// <summary>A coupon of one subscription, as it was applied; a newer one REMOVES it (spec subscriptions 12).</summary>
public sealed record AppliedCoupon(DiscountTerms Terms)
{
    /// <summary>Made for this subscription alone, never in the catalog's list.</summary>
    public bool IsAdHoc { get; init; }

    /// <summary>The provider's promotion code it was applied by; null = none.</summary>
    public string? PromotionCode { get; init; }

    /// <summary>When another coupon or an explicit null took its place.</summary>
    public Instant? RemovedAt { get; init; }

    /// <summary>What the wire shows: the end of the duration makes it EXPIRED by itself.</summary>
    public AppliedCouponStatus StatusAt(Instant now) =>
        RemovedAt is not null ? AppliedCouponStatus.Removed
        : Terms.DurationInMonths is { } months && BillingPeriods.AddMonths(Terms.Start, months) <= now
            ? AppliedCouponStatus.Expired
            : AppliedCouponStatus.Active;
}

public enum AppliedCouponStatus
{
    Active,
    Expired,
    Removed,
}

/// <summary>
/// What one in-advance charge costs for the running period: what a proration credits (spec subscriptions 10).
/// </summary>
/// <param name="Key">The charge.</param>
/// <param name="Description">The line's words, without "Unused time on".</param>
/// <param name="Gross">Its amount for a full period, exact: not rounded yet.</param>
/// <param name="Net">The same less its share of the discount it was invoiced with.</param>
public sealed record RunningCharge(ChargeKey Key, string Description, decimal Gross, decimal Net)
{
    /// <summary>The plan or add-on it belongs to.</summary>
    public PackageId? PackageId { get; init; }

    /// <summary>The code of the coupon that <see cref="Net"/> is net of; null = none.</summary>
    public string? Coupon { get; init; }

    /// <summary>
    /// How much of a full period was paid elsewhere, exact, whatever the charge comes to: of a subscription that was
    /// taken over. Nothing of it is given back, and no more than what goes beyond it is charged.
    /// </summary>
    public decimal PaidElsewhere { get; init; }

    /// <summary>Who paid it; null = who pays the subscription. Another one once the payment was delegated.</summary>
    public CustomerId? PayerId { get; init; }

    /// <summary>What was charged here for a full period, at least 0.</summary>
    public decimal Charged => decimal.Max(Net - PaidElsewhere, 0);

    /// <summary>The credits that the period sells; null for what sells none.</summary>
    public CreditsSold? Credits { get; init; }

    /// <summary>What was granted in the running slice, where that is more than the charge comes to now.</summary>
    public GrantedSlice? Granted { get; init; }
}

/// <summary>Credits bought for a whole billing period.</summary>
/// <param name="Amount">In credits.</param>
/// <param name="Slices">In how many parts they are handed out: 1, or 12 for the months of an annual term.</param>
public sealed record CreditsSold(decimal Amount, int Slices);

/// <summary>
/// What was granted in the slice that runs until <paramref name="Until"/>, whatever the charge was lowered to since.
/// </summary>
/// <param name="Until">The end of the slice.</param>
/// <param name="Paid">What was billed for the slice, in minor units.</param>
/// <param name="Credits">The most that was bought, said for a whole period.</param>
public sealed record GrantedSlice(Instant Until, decimal Paid, decimal Credits);
