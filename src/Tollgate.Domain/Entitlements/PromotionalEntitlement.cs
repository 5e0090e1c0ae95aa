using System.Runtime.InteropServices;
using NodaTime;
using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Entitlements;

/// <summary>
/// A promotional entitlement as it is kept (spec entitlements-and-usage 14): what is given, until when, and how far it
/// is. A customer has at most one that is live of each feature.
/// </summary>
public sealed record PromotionalEntitlement
{
    public required Guid Uid { get; init; }
    public required CustomerId CustomerId { get; init; }
    public required FeatureId FeatureId { get; init; }

    /// <summary>The feature's internal id, which is what REST shows.</summary>
    public required Guid FeatureUid { get; init; }

    /// <summary>Sold units, at least 0; exclusive with <see cref="HasUnlimitedUsage"/>; NUMBER features only.</summary>
    public decimal? UsageLimit { get; init; }
    public bool HasUnlimitedUsage { get; init; }

    /// <summary>Metered features only.</summary>
    public bool HasSoftLimit { get; init; }

    /// <summary>Metered features only; null = usage never resets.</summary>
    public ResetRule? Reset { get; init; }

    /// <summary>ENUM features only: at least one value of the feature.</summary>
    public IReadOnlyList<string>? EnumValues { get; init; }

    /// <summary>Shown in the customer portal.</summary>
    public bool IsVisible { get; init; } = true;
    public required PromotionPeriod Period { get; init; }

    /// <summary>When it was granted last: also the anchor of its usage windows.</summary>
    public required Instant StartDate { get; init; }

    /// <summary>Null = for life.</summary>
    public Instant? EndDate { get; init; }
    public PromotionStatus Status { get; init; }

    /// <summary>The feature groups it was granted with.</summary>
    public IReadOnlyList<string> FeatureGroupIds { get; init => field = value ?? []; } = [];

    /// <summary>The end date that ENDS_SOON was announced for, so that it is announced once.</summary>
    public Instant? EndsSoonSentFor { get; init; }
    public required Instant CreatedAt { get; init; }
    public required Instant UpdatedAt { get; init; }

    /// <summary>Active or paused: it holds the place of its feature.</summary>
    public bool IsLive => Status is PromotionStatus.Active or PromotionStatus.Paused;

    /// <summary>The source of entitlements it is.</summary>
    public PromotionalGrant ToGrant() => new()
    {
        Uid = Uid,
        FeatureId = FeatureId,
        UsageLimit = UsageLimit,
        HasUnlimitedUsage = HasUnlimitedUsage,
        HasSoftLimit = HasSoftLimit,
        Reset = Reset,
        EnumValues = EnumValues,
        StartDate = StartDate,
        EndDate = EndDate,
        IsPaused = Status == PromotionStatus.Paused,
    };
}

public enum PromotionStatus
{
    Active,

    /// <summary>The end date was reached.</summary>
    Expired,

    /// <summary>Suspended while the customer is archived.</summary>
    Paused,

    /// <summary>Taken back: no list shows it, it only tells that the feature was granted once.</summary>
    Revoked,
}

/// <summary>How long it lasts from the grant on.</summary>
public enum PromotionPeriod
{
    OneWeek,
    OneMonth,
    SixMonths,
    OneYear,
    Lifetime,

    /// <summary>Until a date of the caller's choice.</summary>
    Custom,
}

/// <summary>What time alone does to a promotional entitlement, and when.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct PromotionDue(Instant At, PromotionDueKind Kind);

public enum PromotionDueKind
{
    EndsSoon,
    Expiry,
}
