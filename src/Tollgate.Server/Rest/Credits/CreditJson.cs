using System.Text.Json.Serialization;
using Tollgate.Contracts;
using Tollgate.Contracts.Rest.Responses;

namespace Tollgate.Server.Rest.Credits;

/// <summary>Schema <c>TollgateCreditGrantPreview</c>.</summary>
public sealed record RestGrantPreview
{
    public required string Currency { get; init; }
    public required decimal SubTotal { get; init; }
    public required decimal Discount { get; init; }
    public required decimal Tax { get; init; }
    public required decimal TotalExcludingTax { get; init; }
    public required decimal Total { get; init; }

    /// <summary>What the customer's money balance pays of it.</summary>
    public required decimal Credits { get; init; }
    public required decimal AmountDue { get; init; }
}

/// <summary>Schema <c>TollgateCreditBalance</c>.</summary>
public sealed record RestCreditPoolBalance
{
    public required string CurrencyId { get; init; }
    public required string DisplayName { get; init; }
    public required string? Symbol { get; init; }

    /// <summary>Null where the customer's own pool is shown.</summary>
    public required string? ResourceId { get; init; }
    public required decimal CurrentBalance { get; init; }
    public required decimal TotalGranted { get; init; }
    public required decimal TotalConsumed { get; init; }
    public required WireInstant? UsagePeriodEnd { get; init; }
    public required WireInstant? ValidUntil { get; init; }

    /// <summary>What reservations hold of it.</summary>
    public required decimal Held { get; init; }

    /// <summary>Where the credits come from, in the order they are burnt.</summary>
    public required IReadOnlyList<RestCreditSource> Sources { get; init; }
}

/// <summary>Schema <c>TollgateCreditSource</c>: one live grant of a pool.</summary>
public sealed record RestCreditSource
{
    public required string GrantId { get; init; }
    public required string DisplayName { get; init; }
    public required string GrantType { get; init; }
    public required string? SourceType { get; init; }
    public required string? PlanId { get; init; }
    public required string? AddonId { get; init; }
    public required int? AddonQuantity { get; init; }
    public required string? SubscriptionId { get; init; }
    public required decimal Amount { get; init; }
    public required decimal ConsumedAmount { get; init; }
    public required WireInstant EffectiveAt { get; init; }
    public required WireInstant? ExpireAt { get; init; }
}

/// <summary>
/// Schema <c>TollgateAutoRecharge</c>: a configuration with what its currency allows and how it stands.
/// </summary>
public sealed record RestRechargeState
{
    public required string CustomerId { get; init; }
    public required string CurrencyId { get; init; }
    public required string State { get; init; }
    public required string? SuspendedReason { get; init; }
    public required string ThresholdType { get; init; }
    public required decimal ThresholdValue { get; init; }
    public required decimal TargetBalance { get; init; }
    public required decimal? MaxSpendLimit { get; init; }
    public required decimal CurrentMonthlySpend { get; init; }
    public required WireInstant SpendLimitResetsAt { get; init; }
    public required RestMoney? UnitPrice { get; init; }
    public required RestRechargeValidation? ValidationConfig { get; init; }
}

/// <summary>Schema <c>TollgateAutoRechargeValidation</c>.</summary>
public sealed record RestRechargeValidation(
    decimal? MinGrantAmount, decimal? MinTargetBalance, decimal? MaxGrantAmount, bool AllowUnlimitedSpendLimit);

/// <summary>Schema <c>TollgateCreditConflict</c>.</summary>
public sealed record RestCreditConflict(
    string CurrencyId, string IdempotencyKey, decimal Amount, WireInstant CreatedAt, string Message);

/// <summary>Schema <c>TollgateCreditAudit</c>.</summary>
public sealed record RestCreditAudit
{
    public required bool IsClean { get; init; }
    public required int Pools { get; init; }
    public required long Grants { get; init; }
    public required long Entries { get; init; }
    public required long FaultCount { get; init; }
    public required IReadOnlyList<string> Faults { get; init; }
}

/// <summary>Schema <c>TollgateCreditRevenue</c>.</summary>
public sealed record RestCreditRevenue
{
    public required string GrantId { get; init; }
    public required string CustomerId { get; init; }
    public required string? ResourceId { get; init; }
    public required string CurrencyId { get; init; }
    public required string GrantType { get; init; }
    public required decimal Amount { get; init; }
    public required RestMoney Cost { get; init; }
    public required decimal CostBasis { get; init; }
    public required WireInstant? ExpireAt { get; init; }
    public required decimal ConsumedCredits { get; init; }
    public required decimal ExpiredCredits { get; init; }
    public required decimal DeferredAtStart { get; init; }
    public required decimal Sold { get; init; }
    public required decimal Recognized { get; init; }
    public required decimal Breakage { get; init; }
    public required decimal Reversed { get; init; }
    public required decimal DeferredAtEnd { get; init; }
}

/// <summary>Source-generated JSON of our own answers about credits. Use <see cref="Wire"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(ShortestDecimalConverter)])]
[JsonSerializable(typeof(RestData<RestGrantPreview>))]
[JsonSerializable(typeof(RestData<IReadOnlyList<RestCreditPoolBalance>>))]
[JsonSerializable(typeof(RestData<IReadOnlyList<string>>))]
[JsonSerializable(typeof(RestData<RestRechargeState>))]
[JsonSerializable(typeof(RestCursorPage<RestCreditConflict>))]
[JsonSerializable(typeof(RestData<RestCreditAudit>))]
[JsonSerializable(typeof(RestCursorPage<RestCreditRevenue>))]
internal sealed partial class CreditJson : JsonSerializerContext
{
    public static CreditJson Wire => field ??= new(WireOptions.Of(Default.Options));
}
