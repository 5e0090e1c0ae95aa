using NodaTime;

namespace Tollgate.Domain.Catalog;

/// <summary>What one package version grants of one feature (spec catalog 8).</summary>
public sealed record PackageEntitlement
{
    public required FeatureId FeatureId { get; init; }

    /// <summary>False = explicit revoke (spec catalog 8.4).</summary>
    public bool IsGranted { get; init; } = true;

    /// <summary>Sold units, at least 0; exclusive with <see cref="HasUnlimitedUsage"/>.</summary>
    public decimal? UsageLimit { get; init; }
    public bool HasUnlimitedUsage { get; init; }
    public bool HasSoftLimit { get; init; }
    public ResetRule? Reset { get; init; }
    public IReadOnlyList<string>? EnumValues { get; init; }
    public EntitlementBehavior Behavior { get; init; } = EntitlementBehavior.Increment;

    /// <summary>The value is supplied per subscription; only on custom packages.</summary>
    public bool IsCustom { get; init; }
    public string? DisplayNameOverride { get; init; }
    public string? Description { get; init; }
    public IReadOnlyList<WidgetType> HiddenFromWidgets { get; init; } = [];
    public decimal? Order { get; init; }

    /// <summary>The feature groups that provide it (spec catalog 2).</summary>
    public IReadOnlyList<string> FeatureGroupIds { get; init => field = value ?? []; } = [];

    /// <summary>
    /// Made for a feature group and never granted by itself: it goes with the last group that provides it.
    /// </summary>
    public bool IsFromGroups { get; init; }
    public required Instant CreatedAt { get; init; }
    public required Instant UpdatedAt { get; init; }
}

public enum EntitlementBehavior
{
    Increment,
    Override,
}

/// <summary>
/// When usage starts again at 0. No rule (null) = usage is counted for life (spec entitlements-and-usage 5.1).
/// </summary>
public sealed record ResetRule(ResetPeriod Period, ResetAnchor Anchor)
{
    /// <summary>The rule of a period that says nothing else.</summary>
    public static ResetRule Of(ResetPeriod period) => new(period, ResetAnchor.SubscriptionStart);
}

/// <summary>Ordered from the least to the most frequent.</summary>
public enum ResetPeriod
{
    Year,
    Month,
    Week,
    Day,
    Hour,
}

/// <summary>
/// Where a window starts. YEAR knows only the subscription's start; DAY and HOUR follow the UTC clock.
/// </summary>
public enum ResetAnchor
{
    SubscriptionStart,
    StartOfTheMonth,
    EverySunday,
    EveryMonday,
    EveryTuesday,
    EveryWednesday,
    EveryThursday,
    EveryFriday,
    EverySaturday,
}
