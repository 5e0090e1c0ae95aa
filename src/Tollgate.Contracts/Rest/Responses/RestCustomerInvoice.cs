namespace Tollgate.Contracts.Rest.Responses;

/// <summary>Schema <c>CustomerInvoice</c>.</summary>
public sealed record RestCustomerInvoice
{
    public required string? ContractExternalId { get; init; }
    public required string? Currency { get; init; }
    public required string? CustomerExternalId { get; init; }
    public required decimal? Discount { get; init; }
    public required WireInstant? DueDate { get; init; }
    public required string? InvoiceExternalId { get; init; }
    public required string InvoiceId { get; init; }
    public required string? InvoiceNumber { get; init; }
    public required WireInstant? IssueDate { get; init; }
    public required IReadOnlyList<RestCustomerInvoiceLine> LineItems { get; init; }
    public required WireInstant? PaidDate { get; init; }
    public required string State { get; init; }
    public required decimal? Subtotal { get; init; }
    public required decimal? Tax { get; init; }
    public required decimal? Total { get; init; }
}

/// <summary>Schema <c>CustomerInvoiceLineItem</c>.</summary>
public sealed record RestCustomerInvoiceLine(
    decimal? Amount, string? Description, string? ProductExternalId, decimal? Quantity, decimal? UnitPrice);
