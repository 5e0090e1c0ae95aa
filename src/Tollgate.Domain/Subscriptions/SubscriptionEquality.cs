using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Subscriptions;

/// <summary>Equality of subscriptions by content, the time of the last change left out: what makes a repeated call a
/// no-op.</summary>
public static class SubscriptionEquality
{
    public static bool Same(Subscription a, Subscription b) =>
        a with
        {
            Quantities = b.Quantities,
            Overrides = b.Overrides,
            Metadata = b.Metadata,
            UpdatedAt = b.UpdatedAt,
        } == b
        && ContentEquality.Same(a.Quantities, b.Quantities)
        && ContentEquality.Same(a.Metadata, b.Metadata)
        && ContentEquality.SameInAnyOrder(a.Overrides, b.Overrides, Same);

    private static bool Same(EntitlementOverride a, EntitlementOverride b) =>
        a with { EnumValues = b.EnumValues } == b && ContentEquality.Same(a.EnumValues, b.EnumValues);
}
