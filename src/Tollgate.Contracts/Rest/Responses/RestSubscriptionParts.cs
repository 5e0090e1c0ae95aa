using System.Text.Json.Serialization;

namespace Tollgate.Contracts.Rest.Responses;

/// <summary>Schema <c>SubscriptionCoupon</c>.</summary>
public sealed record RestSubscriptionCoupon
{
    public required string Id { get; init; }
    public required string Name { get; init; }
    public required string Status { get; init; }
    public IReadOnlyList<RestPartialMoney>? AmountsOff { get; init; }
    public decimal? PercentOff { get; init; }
}

/// <summary>Schema <c>PartialMoney</c>.</summary>
public sealed record RestPartialMoney
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? Amount { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Currency { get; init; }
}

/// <summary>Schema <c>SubscriptionFutureUpdate</c>.</summary>
public sealed record RestFutureUpdate
{
    public required WireInstant ScheduledExecutionTime { get; init; }
    public required string ScheduleStatus { get; init; }
    public required string SubscriptionScheduleType { get; init; }
    public RestIdRef? TargetPackage { get; init; }
}

/// <summary>Schema <c>LatestInvoice</c>.</summary>
public sealed record RestLatestInvoice
{
    public required string BillingId { get; init; }
    public required WireInstant CreatedAt { get; init; }
    public required bool RequiresAction { get; init; }
    public required string Status { get; init; }
    public decimal? AmountDue { get; init; }
    public string? BillingReason { get; init; }
    public string? Currency { get; init; }
    public string? PdfUrl { get; init; }
    public decimal? Total { get; init; }
}

/// <summary>Schema <c>SubscriptionPrice</c>.</summary>
public sealed record RestSubscriptionPrice
{
    public string? AddonId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? Amount { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? BaseCharge { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? BillingCountryCode { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? BlockSize { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Currency { get; init; }
    public string? FeatureId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RestPriceTier>? Tiers { get; init; }
}

/// <summary>Schema <c>PriceTier</c>; no member may be null, so what is unset is left out.</summary>
public sealed record RestPriceTier
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RestMoney? FlatPrice { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RestMoney? UnitPrice { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? UpTo { get; init; }
}

/// <summary>Schema <c>SubscriptionTrial</c>.</summary>
public sealed record RestSubscriptionTrial(string TrialEndBehavior);
