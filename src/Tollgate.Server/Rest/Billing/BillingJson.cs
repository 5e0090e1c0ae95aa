using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tollgate.Contracts;
using Tollgate.Contracts.Rest.Responses;

namespace Tollgate.Server.Rest.Billing;

/// <summary>Schema <c>TollgateBillingSettings</c>.</summary>
public sealed record RestBillingSettings(
    bool PaymentMethodRequired, decimal TaxPercentage, int InvoiceDueDays, int UsageDraftHours, RestDunning Dunning,
    string SubscriptionBillingAnchor, string SubscriptionProrationBehavior);

/// <summary>Schema <c>TollgateDunning</c>.</summary>
public sealed record RestDunning(IReadOnlyList<int> RetryAfterDays, string FinalAction);

/// <summary>Schema <c>TollgateInvoice</c>.</summary>
public sealed record RestInvoice
{
    public required Guid Id { get; init; }
    public required string? Number { get; init; }
    public required bool IsCreditNote { get; init; }
    public required string CustomerId { get; init; }
    public required string? SubscriptionId { get; init; }
    public required string Status { get; init; }
    public required string BillingReason { get; init; }
    public required string PaymentCollectionMethod { get; init; }
    public required string Currency { get; init; }
    public required decimal SubTotal { get; init; }
    public required decimal Discount { get; init; }
    public required decimal Tax { get; init; }
    public required decimal TaxPercentage { get; init; }
    public required decimal Total { get; init; }
    public required decimal BalanceUsed { get; init; }
    public required decimal AmountDue { get; init; }
    public required IReadOnlyList<RestInvoiceLine> Lines { get; init; }
    public required WireInstant CreatedAt { get; init; }
    public required WireInstant? IssuedAt { get; init; }
    public required WireInstant? DueDate { get; init; }
    public required WireInstant? PaidAt { get; init; }
    public required WireInstant? VoidedAt { get; init; }
    public required WireInstant UpdatedAt { get; init; }
    public required WireInstant? FinalizeAt { get; init; }
    public required int AttemptCount { get; init; }
    public required WireInstant? NextAttemptAt { get; init; }
    public required string? ErrorMessage { get; init; }
    public required bool RequiresAction { get; init; }
    public required string? PaymentUrl { get; init; }
    public required string? DocumentUrl { get; init; }
}

/// <summary>Schema <c>TollgateNextInvoice</c>.</summary>
public sealed record RestNextInvoice(string SubscriptionId, WireInstant LastUpdatedAt, RestPreviewedInvoice? Invoice);

/// <summary>Schema <c>TollgatePreviewedInvoice</c>.</summary>
public sealed record RestPreviewedInvoice
{
    public required WireInstant Date { get; init; }
    public required bool IsCreditNote { get; init; }
    public required string BillingReason { get; init; }
    public required string Currency { get; init; }
    public required decimal SubTotal { get; init; }
    public required decimal Discount { get; init; }
    public required decimal Tax { get; init; }
    public required decimal TaxPercentage { get; init; }
    public required decimal Total { get; init; }
    public required decimal BalanceUsed { get; init; }
    public required decimal AmountDue { get; init; }
    public required decimal MinimumSpendAdjustment { get; init; }
    public required IReadOnlyList<RestInvoiceLine> Lines { get; init; }
}

/// <summary>Schema <c>TollgateInvoiceLine</c>.</summary>
public sealed record RestInvoiceLine
{
    public required string Type { get; init; }
    public required string Description { get; init; }
    public required decimal Quantity { get; init; }
    public required decimal UnitPrice { get; init; }
    public required decimal Amount { get; init; }
    public required decimal Discount { get; init; }
    public required bool IsProration { get; init; }
    public required WireInstant PeriodStart { get; init; }
    public required WireInstant PeriodEnd { get; init; }
    public required string? SubscriptionId { get; init; }
    public required string? PackageId { get; init; }
    public required string? FeatureId { get; init; }
    public required IReadOnlyDictionary<string, string> Inputs { get; init; }
}

/// <summary>Schema <c>TollgateBalance</c>.</summary>
public sealed record RestBalance(string Currency, decimal Amount, IReadOnlyList<RestBalanceEntry> Entries);

public sealed record RestBalanceEntry(
    Guid Id, string Kind, decimal Amount, decimal Remaining, Guid InvoiceId, WireInstant CreatedAt);

/// <summary>Source-generated JSON of our own billing operations. Use <see cref="Wire"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(ShortestDecimalConverter)])]
[JsonSerializable(typeof(RestData<RestBillingSettings>))]
[JsonSerializable(typeof(RestData<RestInvoice>))]
[JsonSerializable(typeof(RestData<RestNextInvoice>))]
[JsonSerializable(typeof(RestPage<RestInvoice>))]
[JsonSerializable(typeof(RestData<IReadOnlyList<RestBalance>>))]
internal sealed partial class BillingJson : JsonSerializerContext
{
    public static BillingJson Wire => Relaxed.Context;

    /// <summary>A class of its own, because the initialisers of the generated half run in no stated order.</summary>
    private static class Relaxed
    {
        public static BillingJson Context { get; } = new(new JsonSerializerOptions(Default.Options)
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        });
    }
}
