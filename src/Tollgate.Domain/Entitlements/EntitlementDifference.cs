using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Entitlements;

/// <summary>
/// How one feature of a scope differs between two computations; a value is null where the feature is not granted.
/// </summary>
public sealed record EntitlementDifference(Feature Feature, EntitlementValue? Before, EntitlementValue? After)
{
    /// <summary>What its usage costs in credits before; null when it costs none, and where it is not granted.</summary>
    public CreditRate? RateBefore { get; init; }

    /// <summary>The same afterwards.</summary>
    public CreditRate? RateAfter { get; init; }

    /// <summary>
    /// What differs, in the order of the later set, then what is gone in the order of the earlier one.
    /// </summary>
    public static IReadOnlyList<EntitlementDifference> Between(EntitlementSet before, EntitlementSet after) =>
    [
        .. after.Entitlements.Concat(before.Entitlements).Select(each => each.Feature).DistinctBy(feature => feature.Id)
            .Select(feature => new EntitlementDifference(
                feature, Granted(before, feature)?.Value, Granted(after, feature)?.Value)
            {
                RateBefore = Granted(before, feature)?.Winner.CreditRate,
                RateAfter = Granted(after, feature)?.Winner.CreditRate,
            })
            .Where(difference => !Same(difference.Before, difference.After)
                || difference.RateBefore != difference.RateAfter),
    ];

    private static EffectiveEntitlement? Granted(EntitlementSet set, Feature feature) =>
        set.Find(feature.Id) is { IsGranted: true } entitlement ? entitlement : null;

    private static bool Same(EntitlementValue? left, EntitlementValue? right) => left is null || right is null
        ? left is null && right is null
        : left with { EnumValues = right.EnumValues } == right && left.EnumValues.SequenceEqual(right.EnumValues);
}
