using System.Text.Encodings.Web;
using System.Text.Json;
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
}

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
[JsonSerializable(typeof(RestCursorPage<RestCreditConflict>))]
[JsonSerializable(typeof(RestData<RestCreditAudit>))]
[JsonSerializable(typeof(RestCursorPage<RestCreditRevenue>))]
internal sealed partial class CreditJson : JsonSerializerContext
{
    public static CreditJson Wire => Relaxed.Context;

    /// <summary>A class of its own, because the initialisers of the generated half run in no stated order.</summary>
    private static class Relaxed
    {
        public static CreditJson Context { get; } = new(new JsonSerializerOptions(Default.Options)
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        });
    }
}
