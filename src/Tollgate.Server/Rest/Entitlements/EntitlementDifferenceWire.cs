using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;

namespace Tollgate.Server.Rest.Entitlements;

/// <summary>Schema <c>TollgateEntitlementDifference</c>; a value is null where the feature is not granted.</summary>
public sealed record RestEntitlementDifference(
    string FeatureId, string DisplayName, RestEntitlementValue? Before, RestEntitlementValue? After);

/// <summary>Schema <c>TollgateEntitlementValue</c>.</summary>
public sealed record RestEntitlementValue(
    decimal? UsageLimit, bool HasUnlimitedUsage, bool HasSoftLimit, string? ResetPeriod,
    IReadOnlyList<string> EnumValues, RestEntitlementRate? CreditRate);

public sealed record RestEntitlementRate(decimal Amount, string CurrencyId, string? CostFormula);

/// <summary>Differences of entitlements as previews show them.</summary>
internal static class EntitlementDifferenceWire
{
    public static RestEntitlementDifference ToRest(EntitlementDifference difference) => new(
        difference.Feature.Id.Value,
        difference.Feature.DisplayName,
        ToRest(difference.Before, difference.RateBefore),
        ToRest(difference.After, difference.RateAfter));

    private static RestEntitlementValue? ToRest(EntitlementValue? value, CreditRate? rate) => value is null
        ? null
        : new(
            value.UsageLimit,
            value.HasUnlimitedUsage,
            value.HasSoftLimit,
            Wire.Symbol(value.Reset?.Period),
            value.EnumValues,
            rate is null ? null : new(rate.Amount, rate.CurrencyId.Value, rate.CostFormula));
}
