using NodaTime;
using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Entitlements;

/// <summary>
/// A feature given to a customer directly, whatever the customer subscribes to (spec entitlements-and-usage 14). It
/// reaches every subscription and resource of the customer.
/// </summary>
public sealed record PromotionalGrant
{
    public required Guid Uid { get; init; }
    public required FeatureId FeatureId { get; init; }

    /// <summary>Sold units, at least 0; exclusive with <see cref="HasUnlimitedUsage"/>.</summary>
    public decimal? UsageLimit { get; init; }
    public bool HasUnlimitedUsage { get; init; }
    public bool HasSoftLimit { get; init; }
    public ResetRule? Reset { get; init; }
    public IReadOnlyList<string>? EnumValues { get; init; }

    /// <summary>When it was granted: also the anchor of its usage windows.</summary>
    public required Instant StartDate { get; init; }

    /// <summary>Null = for life.</summary>
    public Instant? EndDate { get; init; }

    /// <summary>Suspended with its archived customer.</summary>
    public bool IsPaused { get; init; }

    public bool IsActiveAt(Instant now) => !IsPaused && StartDate <= now && !(now >= EndDate);
}
