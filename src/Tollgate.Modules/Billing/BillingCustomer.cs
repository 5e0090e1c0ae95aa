using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;

namespace Tollgate.Modules.Billing;

/// <summary>
/// A customer as its billing provider knows it: from the first payment method on, also after the last.
/// </summary>
public sealed record BillingCustomer
{
    public required Guid Uid { get; init; }
    public required CustomerId CustomerId { get; init; }

    /// <summary>Which provider it lives in; exactly one.</summary>
    public required string IntegrationId { get; init; }

    /// <summary>The provider's id of the customer.</summary>
    public required string BillingId { get; init; }

    /// <summary>What is charged; null when it was removed.</summary>
    public PaymentMethod? Method { get; init; }

    /// <summary>What the payer gave for the invoices at a checkout.</summary>
    public BillingDetails? Details { get; init; }
    public required Instant CreatedAt { get; init; }
    public required Instant UpdatedAt { get; init; }
}

/// <summary>Whom invoices are made out to; everything is optional and as the payer typed it.</summary>
public sealed record BillingDetails
{
    public string? Name { get; init; }
    public string? Line1 { get; init; }
    public string? Line2 { get; init; }
    public string? PostalCode { get; init; }
    public string? City { get; init; }
    public string? State { get; init; }
    public string? Country { get; init; }
    public string? Phone { get; init; }
    public string? TaxId { get; init; }
}
