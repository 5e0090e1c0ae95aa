using System.Text.Json.Serialization;

namespace Tollgate.Contracts.Rest.Responses;

/// <summary>Schema <c>Product</c>.</summary>
public sealed record RestProduct
{
    public required string Id { get; init; }
    public required WireInstant CreatedAt { get; init; }
    public required string? Description { get; init; }
    public required string DisplayName { get; init; }
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }
    public required bool MultipleSubscriptions { get; init; }
    public required string Status { get; init; }
    public required WireInstant UpdatedAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RestProductSettings? ProductSettings { get; init; }
}

/// <summary>Schema <c>ProductSettings</c>: how customers start, change and end.</summary>
public sealed record RestProductSettings
{
    public required string SubscriptionCancellationTime { get; init; }
    public required string SubscriptionEndSetup { get; init; }
    public required string SubscriptionStartSetup { get; init; }
    public string? DowngradePlanId { get; init; }
    public bool? ProrateAtEndOfBillingPeriod { get; init; }
    public string? SubscriptionStartPlanId { get; init; }
}
