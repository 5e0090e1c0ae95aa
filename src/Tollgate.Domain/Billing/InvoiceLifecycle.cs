using NodaTime;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>
/// How an invoice moves: DRAFT -> OPEN -> PAID, VOID or UNCOLLECTIBLE (spec subscriptions 3.3 and 15). An issued invoice's
/// lines and sums never change; only its payment does.
/// </summary>
public static class InvoiceLifecycle
{
    /// <summary>OPEN and UNCOLLECTIBLE invoices can still be paid.</summary>
    public static Result<Change<Invoice>> Pay(Invoice invoice, Instant at) => CheckCollectable(invoice, "paid") is { } refusal
        ? refusal
        : Changed(EventType.InvoicePaid, invoice, invoice with
        {
            Status = InvoiceStatus.Paid,
            PaidAt = at,
            UpdatedAt = at,
            NextAttemptAt = null,
            ErrorMessage = null,
            RequiresAction = false,
        });

    /// <summary>The same invoice after an attempt that did not bring the money, with when the next is due.</summary>
    public static Invoice Fail(Invoice invoice, PaymentAttempt attempt, DunningSettings dunning, Instant at)
    {
        var failed = invoice with
        {
            AttemptCount = invoice.AttemptCount + 1,
            ErrorMessage = attempt.Message,
            RequiresAction = attempt.Outcome == PaymentOutcome.ActionRequired,
            UpdatedAt = at,
        };
        return failed with
        {
            // What was sent waits for its due date.
            NextAttemptAt = failed.Method == PaymentCollectionMethod.Invoice
                ? IsFirstCharge(invoice) ? invoice.DueDate : invoice.NextAttemptAt
                : NextAttempt(failed, dunning, at),
        };
    }

    /// <summary>True when every retry of the schedule was made, so that what is due is the end of the attempts.</summary>
    public static bool IsExhausted(Invoice invoice, DunningSettings dunning) =>
        invoice.RetryCount >= dunning.RetryAfterDays.Count;

    /// <summary>A renewal that is charged is tried again; whatever else failed waits for its payer.</summary>
    public static bool IsRetried(Invoice invoice) =>
        invoice is { Reason: BillingReason.BillingCycle, Method: PaymentCollectionMethod.Charge, SubscriptionId: not null };

    /// <summary>
    /// What follows the first bill of a subscription is taken from the payer's method, when there is one, also where bills are
    /// sent (spec subscriptions 5.4).
    /// </summary>
    public static bool IsCharged(Invoice invoice) => invoice.Method switch
    {
        PaymentCollectionMethod.Charge => true,
        PaymentCollectionMethod.Invoice => invoice is
        {
            Reason: BillingReason.BillingCycle or BillingReason.SubscriptionUpdate, SubscriptionId: not null,
        },
        PaymentCollectionMethod.None => false,
        _ => throw new ArgumentOutOfRangeException(nameof(invoice), invoice.Method, "Not a collection method."),
    };

    /// <summary>The same invoice when its first charge is left to due work (<see cref="InvoiceDraft.IsCollectedLater"/>).</summary>
    public static Invoice ChargeLater(Invoice issued) => issued with { NextAttemptAt = issued.IssuedAt };

    /// <summary>The first charge is still to come: the payer was not asked for money yet.</summary>
    public static bool IsFirstCharge(Invoice invoice) =>
        invoice is { IsOpen: true, AttemptCount: 0, NextAttemptAt: { } at } && at == invoice.IssuedAt
        && (invoice.Method == PaymentCollectionMethod.Charge || (IsCharged(invoice) && at < invoice.DueDate));

    /// <summary>How the payment of an invoice that is charged stands.</summary>
    public static PaymentCollection CollectionOf(Invoice invoice) => invoice switch
    {
        { IsOpen: false } => PaymentCollection.NotRequired,
        { RequiresAction: true } => PaymentCollection.ActionRequired,
        _ => IsFirstCharge(invoice) ? PaymentCollection.Processing : PaymentCollection.Failed,
    };

    /// <summary>Its payment page takes a payment: an invoice that was sent can be paid there until its due date.</summary>
    public static bool IsPayableAtItsPage(Invoice invoice, Instant now) =>
        invoice.Status is InvoiceStatus.Open or InvoiceStatus.Uncollectible
        && !(invoice.Method == PaymentCollectionMethod.Invoice && invoice.DueDate <= now);

    /// <summary>The due date of an invoice that was sent passed: it stays OPEN and shows why it is overdue.</summary>
    public static Invoice PassDueDate(Invoice invoice, Instant at) => invoice with
    {
        ErrorMessage = $"The invoice was not paid by its due date {invoice.DueDate}.",
        NextAttemptAt = null,
        UpdatedAt = at,
    };

    /// <summary>OPEN and UNCOLLECTIBLE invoices and drafts: nothing is owed any more.</summary>
    public static Result<Change<Invoice>> Void(Invoice invoice, Instant at) =>
        invoice.Status != InvoiceStatus.Draft && CheckCollectable(invoice, "voided") is { } refusal
            ? refusal
            : Changed(EventType.InvoiceVoided, invoice, invoice with
            {
                Status = InvoiceStatus.Void,
                VoidedAt = at,
                UpdatedAt = at,
                FinalizeAt = null,
                NextAttemptAt = null,
                RequiresAction = false,
            });

    /// <summary>Given up: it is not tried again, but may still be paid.</summary>
    public static Result<Change<Invoice>> WriteOff(Invoice invoice, Instant at) => invoice.Status != InvoiceStatus.Open
        ? WrongStatus(invoice, "marked uncollectible", "only OPEN ones can be")
        : Changed(EventType.InvoiceUncollectible, invoice, invoice with
        {
            Status = InvoiceStatus.Uncollectible,
            UpdatedAt = at,
            NextAttemptAt = null,
            RequiresAction = false,
        });

    /// <summary>What the log keeps of an attempt that failed (spec webhooks 4): whose, for what and why.</summary>
    public static DomainEvent PaymentFailed(Invoice invoice, PaymentAttempt attempt) => new(
        EventType.CustomerPaymentFailed, EntityKind.Invoice, invoice.Uid.ToString(), invoice.CustomerId, null, invoice)
    {
        Facts = new Dictionary<string, string>(
            invoice.SubscriptionId is { } subscription ? [new("subscriptionId", subscription.Value)] : [])
        {
            ["invoiceId"] = invoice.Uid.ToString(),
            ["code"] = attempt.Code ?? "",
            ["message"] = attempt.Message ?? "",
            ["attemptCount"] = invoice.AttemptCount.ToString(),
        },
    };

    public static DomainEvent EventOf(EventType type, Invoice? before, Invoice after) =>
        new(type, EntityKind.Invoice, after.Uid.ToString(), after.CustomerId, before, after);

    private static Instant? NextAttempt(Invoice invoice, DunningSettings dunning, Instant at) =>
        !IsRetried(invoice) ? null
        : IsExhausted(invoice, dunning) ? at
        : at + Duration.FromDays(dunning.RetryAfterDays[invoice.RetryCount]);

    private static Refusal? CheckCollectable(Invoice invoice, string what) =>
        invoice.Status is InvoiceStatus.Open or InvoiceStatus.Uncollectible
            ? null
            : WrongStatus(invoice, what, "only OPEN and UNCOLLECTIBLE ones can be");

    private static Refusal WrongStatus(Invoice invoice, string what, string remedy) => new(
        ErrorCode.SubscriptionInvoiceStatusError,
        $"Invoice '{invoice.Number ?? invoice.Uid.ToString()}' is {invoice.Status.ToString().ToUpperInvariant()} and cannot be "
        + $"{what}; {remedy}.");

    private static Change<Invoice> Changed(EventType type, Invoice before, Invoice after) =>
        new(after, [EventOf(type, before, after)]);
}
