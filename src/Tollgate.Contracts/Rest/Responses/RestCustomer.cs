using System.Text.Json.Serialization;

namespace Tollgate.Contracts.Rest.Responses;

/// <summary>Schema <c>Customer</c>.</summary>
public sealed record RestCustomer
{
    public required string Id { get; init; }
    public required WireInstant? ArchivedAt { get; init; }
    public required WireInstant CreatedAt { get; init; }
    public required WireInstant UpdatedAt { get; init; }
    public string? BillingCurrency { get; init; }
    public string? BillingId { get; init; }
    public string? CouponId { get; init; }
    public RestPaymentMethod? DefaultPaymentMethod { get; init; }
    public string? Email { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RestIntegrationRef>? Integrations { get; init; }
    public string? Language { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
    public string? Name { get; init; }
    public string? Timezone { get; init; }
}

/// <summary>Schema <c>DefaultPaymentMethod</c>.</summary>
public sealed record RestPaymentMethod
{
    public required string? BillingId { get; init; }
    public required decimal? CardExpiryMonth { get; init; }
    public required decimal? CardExpiryYear { get; init; }
    public required string? CardLast4Digits { get; init; }
    public required string Type { get; init; }
}

/// <summary>Schema <c>IntegrationRef</c>.</summary>
public sealed record RestIntegrationRef
{
    public required string Id { get; init; }
    public required string? SyncedEntityId { get; init; }
    public required string VendorIdentifier { get; init; }
}

/// <summary>Schema <c>CustomerResource</c>.</summary>
public sealed record RestCustomerResource
{
    public required string Id { get; init; }
    public required WireInstant CreatedAt { get; init; }
    public required WireInstant UpdatedAt { get; init; }
}

/// <summary>Schema <c>CustomerImportResult</c>.</summary>
public sealed record RestCustomerImport(IReadOnlyList<string> NewCustomers);
