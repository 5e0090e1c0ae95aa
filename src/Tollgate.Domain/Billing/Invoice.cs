using NodaTime;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>A bill to one customer in one currency; issued once, then only its payment changes (spec subscriptions 3.3).</summary>
public sealed record Invoice
{
    public required Guid Uid { get; init; }

    /// <summary>Sequential in the environment, without gaps; null while DRAFT.</summary>
    public string? Number { get; init; }

    /// <summary>A credit note gives money back: its total is 0 or less and nothing is due.</summary>
    public bool IsCreditNote { get; init; }

    /// <summary>Who pays.</summary>
    public required CustomerId CustomerId { get; init; }

    /// <summary>Whose access is paid for; null for a bill that is about no single subscription.</summary>
    public SubscriptionId? SubscriptionId { get; init; }

    /// <summary>The contract it is of; null for all others.</summary>
    public string? ContractId { get; init; }
    public required InvoiceStatus Status { get; init; }
    public required BillingReason Reason { get; init; }

    /// <summary>Lower-case ISO 4217 code.</summary>
    public required string Currency { get; init; }
    public required InvoiceAmounts Amounts { get; init; }
    public required IReadOnlyList<InvoiceLine> Lines { get; init; }
    public required Instant CreatedAt { get; init; }

    /// <summary>When it became OPEN or PAID; null while DRAFT.</summary>
    public Instant? IssuedAt { get; init; }
    public Instant? DueDate { get; init; }
    public Instant? PaidAt { get; init; }
    public Instant? VoidedAt { get; init; }
    public required Instant UpdatedAt { get; init; }

    /// <summary>When a DRAFT that waits for usage is issued by itself; null for every other bill.</summary>
    public Instant? FinalizeAt { get; init; }

    /// <summary>How it is to be paid.</summary>
    public PaymentCollectionMethod Method { get; init; } = PaymentCollectionMethod.Charge;

    /// <summary>Whom it is made out to where that is not what the payer gave at a checkout.</summary>
    public BillingAddress? Address { get; init; }

    /// <summary>Days an INVOICE may stay open once issued; null = the environment's setting.</summary>
    public int? DaysUntilDue { get; init; }

    /// <summary>The coupons that could make a discount when it was issued.</summary>
    public IReadOnlyList<DiscountTerms> Discounts { get; init => field = value ?? []; } = [];

    /// <summary>Names the payment page: whoever knows it may see and pay this invoice. Null while DRAFT.</summary>
    public string? PaymentToken { get; init; }

    /// <summary>Attempts to collect so far.</summary>
    public int AttemptCount { get; init; }

    /// <summary>How many of them were retries of the schedule.</summary>
    public int RetryCount { get; init; }

    /// <summary>
    /// When time alone does something next: the next attempt, the end of the attempts, or, for an invoice that was sent, the
    /// due date passing. Null when nothing does.
    /// </summary>
    public Instant? NextAttemptAt { get; init; }

    /// <summary>Why the last attempt failed.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>The payer has to confirm the payment.</summary>
    public bool RequiresAction { get; init; }
    public bool IsOpen => Status == InvoiceStatus.Open;
}

public enum InvoiceStatus
{
    Draft,
    Open,
    Paid,
    Void,
    Uncollectible,
}

public enum BillingReason
{
    BillingCycle,
    SubscriptionCreation,
    SubscriptionUpdate,
    Manual,
    MinimumInvoiceAmountExceeded,
    Other,
}

/// <summary>The sums of an invoice, each rounded once (spec catalog 9.12).</summary>
/// <param name="SubTotal">Sum of the lines.</param>
/// <param name="Discount">At least 0.</param>
/// <param name="Tax">Exclusive tax, on top; negative when the lines give money back.</param>
/// <param name="Total"><c>SubTotal - Discount + Tax</c>; negative goes to the customer's balance.</param>
/// <param name="BalanceUsed">What the customer's balance paid of the total, at least 0.</param>
/// <param name="AmountDue"><c>max(Total, 0) - BalanceUsed</c>.</param>
public sealed record InvoiceAmounts(
    decimal SubTotal, decimal Discount, decimal Tax, decimal Total, decimal BalanceUsed, decimal AmountDue)
{
    /// <summary>The percentage <see cref="Tax"/> was computed with; 0 = none.</summary>
    public decimal TaxPercentage { get; init; }

    /// <summary>Tax that the lines hold already; no part of <see cref="Tax"/>.</summary>
    public decimal InclusiveTax { get; init; }

    /// <summary>What a negative total adds to the customer's balance, at least 0.</summary>
    public decimal AddedToBalance => Total < 0 ? -Total : 0;
}
