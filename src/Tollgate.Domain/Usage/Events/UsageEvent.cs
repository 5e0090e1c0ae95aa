using NodaTime;

namespace Tollgate.Domain.Usage.Events;

/// <summary>A raw event as its sender meant it (spec entitlements-and-usage 8.1).</summary>
public sealed record UsageEvent
{
    public required CustomerId CustomerId { get; init; }
    public ResourceId? ResourceId { get; init; }
    public required string Name { get; init; }

    /// <summary>Names the occurrence, so that sending it again does not count it again.</summary>
    public required string IdempotencyKey { get; init; }

    /// <summary>When it happened; null = when it arrives.</summary>
    public Instant? Timestamp { get; init; }
    public EventDimensions Dimensions { get; init; } = EventDimensions.Empty;
}
