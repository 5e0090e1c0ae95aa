using System.Text.Json.Serialization;
using Tollgate.Contracts;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Server.Rest.Billing;

namespace Tollgate.Server.Rest.Subscriptions;

/// <summary>Schema <c>TollgateContractBilling</c>.</summary>
public sealed record RestContractBilling(
    string ContractId, string? BillingPeriod, string? Currency, int? DaysUntilDue,
    IReadOnlyList<RestContractLine> Lines, WireInstant? NextInvoiceAt);

/// <summary>Schema <c>TollgateContractLine</c>.</summary>
public sealed record RestContractLine(
    string Description, decimal UnitPrice, decimal Quantity, string? FeatureId, string? SubscriptionId);

/// <summary>Schema <c>TollgateContractInvoicePreview</c>.</summary>
public sealed record RestContractInvoicePreview(
    string ContractId, WireInstant LastUpdatedAt, RestPreviewedInvoice? Invoice);

/// <summary>Source-generated JSON of our own operations on contracts. Use <see cref="Wire"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(ShortestDecimalConverter)])]
[JsonSerializable(typeof(RestData<RestContractBilling>))]
[JsonSerializable(typeof(RestData<RestContractInvoicePreview>))]
internal sealed partial class ContractJson : JsonSerializerContext
{
    public static ContractJson Wire => field ??= new(WireOptions.Of(Default.Options));
}
