using System.Text.Json.Serialization;

namespace Tollgate.Contracts.Rest.Responses;

/// <summary>Schema <c>CreditGrant</c>.</summary>
public sealed record RestCreditGrant
{
    public required string Id { get; init; }
    public required decimal Amount { get; init; }
    public required string? Comment { get; init; }
    public required decimal ConsumedAmount { get; init; }
    public required RestMoney Cost { get; init; }
    public required WireInstant CreatedAt { get; init; }
    public required string CurrencyId { get; init; }
    public required string CustomerId { get; init; }
    public required string DisplayName { get; init; }
    public required WireInstant EffectiveAt { get; init; }
    public required WireInstant? ExpireAt { get; init; }
    public required string GrantType { get; init; }
    public required string? InvoiceId { get; init; }
    public required RestCreditGrantInvoice? LatestInvoice { get; init; }
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }
    public required string PaymentCollection { get; init; }
    public required int Priority { get; init; }
    public required string? ResourceId { get; init; }
    public required string? SourceType { get; init; }
    public required string Status { get; init; }

    /// <summary>Null: grants are in no other system.</summary>
    public required IReadOnlyList<string>? SyncStates { get; init; }
    public required WireInstant UpdatedAt { get; init; }
    public required WireInstant? VoidedAt { get; init; }
}

/// <summary>Schema <c>CreditGrantLatestInvoice</c>.</summary>
public sealed record RestCreditGrantInvoice
{
    public required string BillingId { get; init; }
    public required string? BillingReason { get; init; }
    public required WireInstant CreatedAt { get; init; }
    public required string? Currency { get; init; }
    public required WireInstant? DueDate { get; init; }
    public required string? ErrorMessage { get; init; }
    public required string? PaymentUrl { get; init; }
    public required string? PdfUrl { get; init; }
    public required bool RequiresAction { get; init; }
    public required string Status { get; init; }
    public required decimal? SubTotal { get; init; }
    public required decimal? Tax { get; init; }
    public required decimal? Total { get; init; }
    public required WireInstant UpdatedAt { get; init; }
}

/// <summary>Schema <c>CreditLedgerEvent</c>; the amount is positive, its direction follows from the type.</summary>
public sealed record RestCreditLedgerEvent
{
    public required decimal Amount { get; init; }
    public required string CreditCurrencyId { get; init; }
    public required string CreditGrantId { get; init; }
    public required string CustomerId { get; init; }
    public required string? EventId { get; init; }
    public required string EventType { get; init; }
    public required string? FeatureId { get; init; }
    public required string? ResourceId { get; init; }
    public required WireInstant Timestamp { get; init; }
}

/// <summary>Schema <c>CreditConsumeResult</c>.</summary>
public sealed record RestCreditConsumed
{
    public required decimal Amount { get; init; }
    public required string CurrencyId { get; init; }
    public required string CustomerId { get; init; }
    public required WireInstant Timestamp { get; init; }
    public required RestCreditBalance Credit { get; init; }
    public required string? ResourceId { get; init; }
}

/// <summary>Schema <c>OptimisticCreditBalance</c>: consumed and granted of the live grants.</summary>
public sealed record RestCreditBalance
{
    public required string CurrencyId { get; init; }
    public required decimal CurrentUsage { get; init; }
    public required WireInstant Timestamp { get; init; }
    public required decimal UsageLimit { get; init; }
    public required WireInstant? UsagePeriodEnd { get; init; }
}

/// <summary>
/// What the contract leaves open of asynchronous consumption: how many were new, repeated, or in conflict.
/// </summary>
public sealed record RestConsumptionsAccepted(int Consumed, int Repeated, int Conflicts);

/// <summary>Schema <c>CreditUsage</c>.</summary>
public sealed record RestCreditUsage
{
    public required RestCreditUsageCurrency? Currency { get; init; }
    public required RestCursors Pagination { get; init; }
    public required IReadOnlyList<RestCreditUsageSeries> Series { get; init; }
}

/// <summary>Schema <c>CreditUsageCurrency</c>.</summary>
public sealed record RestCreditUsageCurrency(
    string CurrencyId, string DisplayName, string? Plural, string? Singular, string? Symbol);

/// <summary>Schema <c>CreditUsageSeries</c>.</summary>
public sealed record RestCreditUsageSeries
{
    public required long EventCount { get; init; }
    public required string? FeatureId { get; init; }
    public required string? FeatureName { get; init; }
    public required IReadOnlyList<RestCreditUsagePoint> Points { get; init; }
    public required decimal TotalCredits { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RestSeriesTag>? Tags { get; init; }
}

/// <summary>Schema <c>CreditUsageSeriesPoint</c>.</summary>
public sealed record RestCreditUsagePoint(long EventCount, WireInstant Timestamp, decimal Value);

/// <summary>Schema <c>CreditAutoRecharge</c>.</summary>
public sealed record RestAutoRecharge
{
    public required string? Id { get; init; }
    public required WireInstant? CreatedAt { get; init; }
    public required string CurrencyId { get; init; }
    public required string CustomerId { get; init; }
    public required string GrantExpirationPeriod { get; init; }
    public required bool IsEnabled { get; init; }
    public required decimal? MaxSpendLimit { get; init; }
    public required decimal TargetBalance { get; init; }
    public required string ThresholdType { get; init; }
    public required decimal ThresholdValue { get; init; }
    public required WireInstant? UpdatedAt { get; init; }
}
