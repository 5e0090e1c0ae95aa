namespace Tollgate.Contracts.Rest.Responses;

/// <summary>Schema <c>UsageMeasurement</c>.</summary>
public sealed record RestUsageMeasurement
{
    public required string Id { get; init; }
    public required WireInstant CreatedAt { get; init; }
    public required string CustomerId { get; init; }
    public required string FeatureId { get; init; }
    public required WireInstant Timestamp { get; init; }
    public required long Value { get; init; }
    public RestUsageCredit? Credit { get; init; }
    public decimal? CurrentUsage { get; init; }
    public WireInstant? NextResetDate { get; init; }
    public string? ResourceId { get; init; }
    public WireInstant? UsagePeriodEnd { get; init; }
    public WireInstant? UsagePeriodStart { get; init; }
}

/// <summary>Schema <c>UsageReportCredit</c>.</summary>
public sealed record RestUsageCredit
{
    public required decimal Consumed { get; init; }
    public required string CurrencyId { get; init; }
    public required decimal CurrentUsage { get; init; }
    public required WireInstant Timestamp { get; init; }
    public required decimal UsageLimit { get; init; }
    public WireInstant? UsagePeriodEnd { get; init; }
}

/// <summary>Schema <c>UsageHistory</c>.</summary>
public sealed record RestUsageHistory
{
    public required IReadOnlyList<RestUsageMarker> Markers { get; init; }
    public required IReadOnlyList<RestUsageSeries> Series { get; init; }
}

/// <summary>Schema <c>UsageHistoryMarker</c>: why the series restarts.</summary>
public sealed record RestUsageMarker(WireInstant Timestamp, string Type);

/// <summary>Schema <c>UsageHistorySeries</c>.</summary>
public sealed record RestUsageSeries(IReadOnlyList<RestUsagePoint> Points, IReadOnlyList<RestSeriesTag> Tags);

/// <summary>Schema <c>UsageHistorySeriesPoint</c>.</summary>
public sealed record RestUsagePoint(bool IsResetPoint, WireInstant Timestamp, decimal Value);

/// <summary>Schema <c>SeriesTag</c>.</summary>
public sealed record RestSeriesTag(string Key, string Value);
