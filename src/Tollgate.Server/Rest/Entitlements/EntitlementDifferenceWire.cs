using Tollgate.Domain.Entitlements;

namespace Tollgate.Server.Rest.Entitlements;

/// <summary>Schema <c>TollgateEntitlementDifference</c>; a value is null where the feature is not granted.</summary>
public sealed record RestEntitlementDifference(
    string FeatureId, string DisplayName, RestEntitlementValue? Before, RestEntitlementValue? After);

/// <summary>Schema <c>TollgateEntitlementValue</c>.</summary>
public sealed record RestEntitlementValue(
    decimal? UsageLimit, bool HasUnlimitedUsage, bool HasSoftLimit, string? ResetPeriod,
    IReadOnlyList<string> EnumValues);

/// <summary>Differences of entitlements as previews show them.</summary>
internal static class EntitlementDifferenceWire
{
    public static RestEntitlementDifference ToRest(EntitlementDifference difference) => new(
        difference.Feature.Id.Value,
        difference.Feature.DisplayName,
        ToRest(difference.Before),
        ToRest(difference.After));

    private static RestEntitlementValue? ToRest(EntitlementValue? value) => value is null
        ? null
        : new(
            value.UsageLimit,
            value.HasUnlimitedUsage,
            value.HasSoftLimit,
            Wire.Symbol(value.Reset?.Period),
            value.EnumValues);
}
