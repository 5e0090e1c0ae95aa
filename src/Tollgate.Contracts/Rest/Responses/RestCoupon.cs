namespace Tollgate.Contracts.Rest.Responses;

/// <summary>Schema <c>Coupon</c>.</summary>
public sealed record RestCoupon
{
    public required string Id { get; init; }
    public required IReadOnlyList<RestMoney>? AmountsOff { get; init; }
    public required string? BillingId { get; init; }
    public required string? BillingLinkUrl { get; init; }
    public required WireInstant CreatedAt { get; init; }
    public required string? Description { get; init; }
    public required int? DurationInMonths { get; init; }
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }
    public required string Name { get; init; }
    public required decimal? PercentOff { get; init; }
    public required string Source { get; init; }
    public required string Status { get; init; }
    public required string Type { get; init; }
    public required WireInstant UpdatedAt { get; init; }
}
