namespace Tollgate.Contracts.Rest.Responses;

/// <summary>Schema <c>PromotionalEntitlement</c>.</summary>
public sealed record RestPromotionalEntitlement
{
    public required Guid Id { get; init; }
    public required WireInstant CreatedAt { get; init; }
    public required string? Description { get; init; }
    public required WireInstant? EndDate { get; init; }
    public required IReadOnlyList<string>? EnumValues { get; init; }
    public required Guid EnvironmentId { get; init; }
    public required IReadOnlyList<string>? FeatureGroupIds { get; init; }

    /// <summary>The internal id of the feature; requests and paths name it by its public id.</summary>
    public required Guid FeatureId { get; init; }
    public required bool? HasSoftLimit { get; init; }
    public required bool? HasUnlimitedUsage { get; init; }
    public required bool IsVisible { get; init; }
    public required string Period { get; init; }
    public required string? ResetPeriod { get; init; }
    public required RestResetPeriodConfiguration? ResetPeriodConfiguration { get; init; }
    public required WireInstant StartDate { get; init; }
    public required string Status { get; init; }
    public required WireInstant UpdatedAt { get; init; }
    public required decimal? UsageLimit { get; init; }
}
