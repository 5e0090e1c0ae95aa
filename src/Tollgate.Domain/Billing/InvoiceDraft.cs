using NodaTime;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>
/// What a change of a subscription asks billing to put on one bill: rounded lines, before discount, tax and balance. The same
/// draft is totalled for a preview and issued by the change itself, so that the two cannot differ.
/// </summary>
public sealed record InvoiceDraft
{
    /// <summary>Who pays.</summary>
    public required CustomerId PayerId { get; init; }

    /// <summary>Null for a bill that is about no single subscription.</summary>
    public required SubscriptionId? SubscriptionId { get; init; }

    /// <summary>The contract it is of.</summary>
    public string? ContractId { get; init; }
    public required BillingReason Reason { get; init; }

    /// <summary>Lower-case ISO 4217 code of every line.</summary>
    public required string Currency { get; init; }

    /// <summary>In the order of spec catalog 9.9.</summary>
    public required IReadOnlyList<InvoiceLine> Lines { get; init; }

    /// <summary>
    /// The coupons that may apply, the subscription's before the customer's: each line takes the first that covers the
    /// start of its service period, never two (<see cref="Billing.Discounts.InForce"/>).
    /// </summary>
    public IReadOnlyList<DiscountTerms> Discounts { get; init => field = value ?? []; } = [];
    public required Instant At { get; init; }

    /// <summary>When it is issued, for a bill that is kept as a DRAFT until then; null for every other one.</summary>
    public Instant? FinalizeAt { get; init; }
    public PaymentCollectionMethod Method { get; init; } = PaymentCollectionMethod.Charge;

    /// <summary>Days an INVOICE may stay open; null = the environment's setting.</summary>
    public int? DaysUntilDue { get; init; }

    /// <summary>0 to 100, exclusive tax; null = the environment's setting.</summary>
    public decimal? TaxPercentage { get; init; }

    /// <summary>Whom it is made out to where that is not what the payer gave at a checkout.</summary>
    public BillingAddress? Address { get; init; }

    /// <summary>
    /// What is charged to the payer's method is charged by due work as soon as the bill is committed, not with it.
    /// </summary>
    public bool IsCollectedLater { get; init; }

    /// <summary>Paid out of band already: issued as PAID, nothing is collected.</summary>
    public bool IsPaid { get; init; }

    /// <summary>What a kept DRAFT asks billing for, to be issued at an instant; its tax is the one that it was made with.</summary>
    public static InvoiceDraft Of(Invoice draft, Instant at) => new()
    {
        PayerId = draft.CustomerId,
        SubscriptionId = draft.SubscriptionId,
        Reason = draft.Reason,
        Currency = draft.Currency,
        Lines = draft.Lines,
        Discounts = draft.Discounts,
        At = at,
        Method = draft.Method,
        DaysUntilDue = draft.DaysUntilDue,
        TaxPercentage = draft.Amounts.TaxPercentage,
    };
}
