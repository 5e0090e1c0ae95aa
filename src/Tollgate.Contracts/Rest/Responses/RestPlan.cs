namespace Tollgate.Contracts.Rest.Responses;

/// <summary>Schema <c>Plan</c>.</summary>
public sealed record RestPlan
{
    public required string Id { get; init; }
    public required string? BillingId { get; init; }
    public required IReadOnlyList<string>? CompatibleAddonIds { get; init; }
    public required WireInstant CreatedAt { get; init; }
    public required RestTrialConfig? DefaultTrialConfig { get; init; }
    public required string? Description { get; init; }
    public required string DisplayName { get; init; }
    public required IReadOnlyList<RestEntitlementRef> Entitlements { get; init; }
    public required bool? IsLatest { get; init; }
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }
    public required string? ParentPlanId { get; init; }
    public required string? PricingType { get; init; }
    public required string ProductId { get; init; }
    public required string Status { get; init; }
    public required WireInstant UpdatedAt { get; init; }
    public required long VersionNumber { get; init; }
}

/// <summary>Schema <c>DefaultTrialConfig</c>.</summary>
public sealed record RestTrialConfig
{
    public required decimal Duration { get; init; }
    public required string Units { get; init; }
    public RestBudget? Budget { get; init; }
    public string? TrialEndBehavior { get; init; }
}

/// <summary>Schema <c>PackagePublishResult</c>.</summary>
public sealed record RestPackagePublish(Guid? TaskId);
