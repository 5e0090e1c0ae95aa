using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Credits;

namespace Tollgate.Modules.Usage;

/// <summary>One usage report as sent (spec entitlements-and-usage 7.1).</summary>
public sealed record UsageReport
{
    public required CustomerId CustomerId { get; init; }
    public required FeatureId FeatureId { get; init; }
    public ResourceId? ResourceId { get; init; }

    /// <summary>In the feature's reporting unit; negative is allowed for DELTA.</summary>
    public required decimal Value { get; init; }
    public UpdateBehavior Behavior { get; init; } = UpdateBehavior.Delta;

    /// <summary>When it counts; null = when it arrives.</summary>
    public Instant? CreatedAt { get; init; }

    /// <summary>The same key with the same payload counts once, for as long as the measurement is stored.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>The dimensions as a JSON object, exactly as sent; null = none.</summary>
    public string? Dimensions { get; init; }
}

/// <summary>A stored report and the usage after it.</summary>
public sealed record UsageRecorded
{
    public required Guid Id { get; init; }
    public required UsageReport Report { get; init; }

    /// <summary>When it takes effect.</summary>
    public required Instant Timestamp { get; init; }

    /// <summary>When it was recorded.</summary>
    public required Instant RecordedAt { get; init; }

    /// <summary>
    /// Usage of the current window after this report, in sold units; without an entitlement, of all time.
    /// </summary>
    public required decimal CurrentUsage { get; init; }

    /// <summary>The current window; null without an entitlement or for features that never reset.</summary>
    public required UsageWindow? Window { get; init; }

    /// <summary>What it took of a pool; null for features that are not priced in credits.</summary>
    public UsageCredit? Credit { get; internal set; }
}

/// <summary>The pool after a report about a feature that is priced in credits (spec credits 6).</summary>
public sealed record UsageCredit(CurrencyId CurrencyId, Burnt Burnt);
