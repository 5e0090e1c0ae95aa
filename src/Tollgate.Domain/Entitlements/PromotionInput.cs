using NodaTime;
using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Entitlements;

/// <summary>One row of a request that grants promotional entitlements; null = not given.</summary>
public sealed record PromotionInput(FeatureId FeatureId, PromotionPeriod Period)
{
    public Instant? CustomEndDate { get; init; }
    public decimal? UsageLimit { get; init; }
    public bool? HasUnlimitedUsage { get; init; }
    public bool? HasSoftLimit { get; init; }
    public ResetInput Reset { get; init; } = new();
    public IReadOnlyList<string>? EnumValues { get; init; }

    /// <summary>Null: visible.</summary>
    public bool? IsVisible { get; init; }
}
