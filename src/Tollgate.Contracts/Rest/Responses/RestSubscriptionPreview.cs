using System.Text.Json.Serialization;

namespace Tollgate.Contracts.Rest.Responses;

/// <summary>Schema <c>SubscriptionPreview</c>.</summary>
public sealed record RestSubscriptionPreview
{
    public required RestPreviewInvoice ImmediateInvoice { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RestPartialDateRange? BillingPeriodRange { get; init; }
    public required IReadOnlyList<RestIdQuantity> FreeItems { get; init; }
    public required bool HasScheduledUpdates { get; init; }
    public required bool IsPlanDowngrade { get; init; }
    public required RestPreviewInvoice RecurringInvoice { get; init; }
}

/// <summary>Schema <c>PreviewInvoice</c>.</summary>
public sealed record RestPreviewInvoice
{
    public required decimal SubTotal { get; init; }
    public required decimal Total { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RestDateRange? BillingPeriodRange { get; init; }
    public required string? Currency { get; init; }
    public required decimal Discount { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RestPreviewDiscountDetails? DiscountDetails { get; init; }
    public required IReadOnlyList<RestPreviewDiscount> Discounts { get; init; }
    public required IReadOnlyList<RestPreviewLine> Lines { get; init; }
    public required decimal Tax { get; init; }
}

/// <summary>Schema <c>PreviewInvoiceLine</c>.</summary>
public sealed record RestPreviewLine(
    string Currency, string Description, decimal SubTotal, decimal UnitPrice, decimal Quantity);

/// <summary>Schema <c>PreviewInvoiceDiscount</c>.</summary>
public sealed record RestPreviewDiscount(decimal Amount, string Currency, string Description);

/// <summary>Schema <c>PreviewInvoiceDiscountDetails</c>: a percentage or a fixed amount.</summary>
public sealed record RestPreviewDiscountDetails(string Code)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? FixedAmount { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? Percentage { get; init; }
}

/// <summary>Schema <c>DateRange</c>.</summary>
public sealed record RestDateRange(WireInstant End, WireInstant Start);

/// <summary>Schema <c>PartialDateRange</c>.</summary>
public sealed record RestPartialDateRange
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public WireInstant? End { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public WireInstant? Start { get; init; }
}
