using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Entitlements;

/// <summary>Reads values off rows, overrides and promotions, keeping only what fits the feature's type.</summary>
internal static class EntitlementValues
{
    public static EntitlementValue Of(Feature feature, PackageEntitlement row) => Fit(feature, new()
    {
        UsageLimit = row.UsageLimit,
        HasUnlimitedUsage = row.HasUnlimitedUsage,
        HasSoftLimit = row.HasSoftLimit,
        Reset = row.Reset,
        EnumValues = row.EnumValues ?? [],
    });

    public static EntitlementValue Of(Feature feature, PromotionalGrant promotion) => Fit(feature, new()
    {
        UsageLimit = promotion.UsageLimit,
        HasUnlimitedUsage = promotion.HasUnlimitedUsage,
        HasSoftLimit = promotion.HasSoftLimit,
        Reset = promotion.Reset,
        EnumValues = promotion.EnumValues ?? [],
    });

    /// <summary>
    /// Step 3 of spec 2.2: a field given replaces, an absent one keeps. A limit clears unlimited, unlimited clears the
    /// limit.
    /// </summary>
    public static EntitlementValue Merge(Feature feature, EntitlementValue plan, EntitlementOverride given)
    {
        var unlimited = given.HasUnlimitedUsage ?? (plan.HasUnlimitedUsage && given.UsageLimit is null);
        return Fit(feature, new()
        {
            UsageLimit = given.UsageLimit ?? plan.UsageLimit,
            HasUnlimitedUsage = unlimited,
            HasSoftLimit = given.HasSoftLimit ?? plan.HasSoftLimit,
            Reset = given.Reset ?? plan.Reset,
            EnumValues = given.EnumValues ?? plan.EnumValues,
        });
    }

    /// <summary>
    /// Whether an override alone, or merged over a row that leaves the value to it, says enough to grant.
    /// </summary>
    public static bool IsComplete(Feature feature, EntitlementValue value) => feature.Type switch
    {
        FeatureType.Boolean => true,
        FeatureType.Number => value.HasUnlimitedUsage || value.UsageLimit is not null,
        FeatureType.Enum => value.EnumValues.Count > 0,
        _ => throw new ArgumentOutOfRangeException(nameof(feature), feature.Type, "Unknown feature type."),
    };

    /// <summary>
    /// Values in the order of the feature's list, each once; ones no longer in the list follow by name.
    /// </summary>
    public static IReadOnlyList<string> Union(Feature feature, IEnumerable<EntitlementValue> values)
    {
        var list = feature.EnumConfiguration ?? [];
        return
        [
            .. values.SelectMany(value => value.EnumValues).Distinct(StringComparer.Ordinal)
                .OrderBy(value => Position(list, value)).ThenBy(value => value, StringComparer.Ordinal),
        ];
    }

    private static int Position(IReadOnlyList<EnumValue> list, string value)
    {
        for (var i = 0; i < list.Count; i++)
        {
            if (list[i].Value == value)
                return i;
        }

        return int.MaxValue;
    }

    private static EntitlementValue Fit(Feature feature, EntitlementValue value) => feature.Type switch
    {
        FeatureType.Boolean => new(),
        FeatureType.Enum => new() { EnumValues = Union(feature, [value]) },
        FeatureType.Number => value with
        {
            UsageLimit = value.HasUnlimitedUsage ? null : value.UsageLimit,
            HasSoftLimit = feature.IsMetered && value.HasSoftLimit,
            Reset = feature.IsMetered ? value.Reset : null,
            EnumValues = [],
        },
        _ => throw new ArgumentOutOfRangeException(nameof(feature), feature.Type, "Unknown feature type."),
    };
}
