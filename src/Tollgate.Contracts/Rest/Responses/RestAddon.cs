namespace Tollgate.Contracts.Rest.Responses;

/// <summary>Schema <c>Addon</c>.</summary>
public sealed record RestAddon
{
    public required string Id { get; init; }
    public required string? BillingId { get; init; }
    public required WireInstant CreatedAt { get; init; }
    public required IReadOnlyList<string>? Dependencies { get; init; }
    public required string? Description { get; init; }
    public required string DisplayName { get; init; }
    public required IReadOnlyList<RestEntitlementRef> Entitlements { get; init; }
    public required bool? IsLatest { get; init; }
    public required long? MaxQuantity { get; init; }
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }
    public required string? PricingType { get; init; }
    public required string ProductId { get; init; }
    public required string Status { get; init; }
    public required WireInstant UpdatedAt { get; init; }
    public required long VersionNumber { get; init; }
}
