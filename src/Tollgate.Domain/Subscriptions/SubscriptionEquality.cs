using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;

namespace Tollgate.Domain.Subscriptions;

/// <summary>Equality of subscriptions by content, the time of the last change left out: what makes a repeated call a
/// no-op.</summary>
public static class SubscriptionEquality
{
    public static bool Same(Subscription a, Subscription b) =>
        a with
        {
            Quantities = b.Quantities,
            CreditQuantities = b.CreditQuantities,
            CreditOverrides = b.CreditOverrides,
            CreditCycles = b.CreditCycles,
            Overrides = b.Overrides,
            Addons = b.Addons,
            PriceOverrides = b.PriceOverrides,
            Coupons = b.Coupons,
            RunningCharges = b.RunningCharges,
            FutureUpdates = b.FutureUpdates,
            Metadata = b.Metadata,
            UnpaidChange = b.UnpaidChange,
            UpdatedAt = b.UpdatedAt,
        } == b
        && a.UnpaidChange?.InvoiceUid == b.UnpaidChange?.InvoiceUid
        && ContentEquality.Same(a.Quantities, b.Quantities)
        && ContentEquality.Same(a.CreditQuantities, b.CreditQuantities)
        && ContentEquality.SameInAnyOrder(a.CreditOverrides, b.CreditOverrides, static (x, y) => x == y)
        && ContentEquality.Same(a.CreditCycles, b.CreditCycles, CreditCycle.Same)
        && ContentEquality.Same(a.Metadata, b.Metadata)
        && ContentEquality.SameInAnyOrder(a.Overrides, b.Overrides, Same)
        && ContentEquality.Same(a.Addons, b.Addons)
        && ContentEquality.SameInAnyOrder(a.PriceOverrides, b.PriceOverrides, Same)
        && ContentEquality.SameInAnyOrder(a.Coupons, b.Coupons, Same)
        && ContentEquality.Same(a.RunningCharges, b.RunningCharges)
        && ContentEquality.Same(a.FutureUpdates, b.FutureUpdates, static (x, y) =>
            (x.Uid, x.Status) == (y.Uid, y.Status) && Subscriptions.FutureUpdates.Same(x, y));

    private static bool Same(PriceOverride a, PriceOverride b) =>
        a with { Tiers = b.Tiers } == b && ContentEquality.Same(a.Tiers, b.Tiers);

    private static bool Same(AppliedCoupon a, AppliedCoupon b) =>
        a with { Terms = b.Terms } == b && a.Terms with { AmountsOff = b.Terms.AmountsOff } == b.Terms
        && ContentEquality.Same(a.Terms.AmountsOff, b.Terms.AmountsOff);

    internal static bool Same(EntitlementOverride a, EntitlementOverride b) =>
        a with { EnumValues = b.EnumValues } == b && ContentEquality.Same(a.EnumValues, b.EnumValues);
}
