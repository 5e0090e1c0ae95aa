using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Customers;

namespace Tollgate.Modules.Subscriptions.Bills;

/// <summary>
/// Bills decisions about subscriptions in the transaction that makes them. What is due is decided by
/// <see cref="BillDecision"/>; here its facts are read, the bills issued, and what came of them noted on the records.
/// </summary>
public sealed class DecisionBiller(
    CatalogReader catalog, CustomerReader customers, IUsageForBilling usage, Invoicing invoicing)
{
    private readonly BilledChangeReader _reader = new(catalog, customers, usage);

    /// <summary>What the decision does to the books; changes nothing.</summary>
    internal async Task<DecisionBill> PlanAsync(
        Work work, SubscriptionDecision decision, Instant at, BillingChoices choices)
    {
        var changes = new List<BilledChange>();
        foreach (var change in decision.Changes)
            changes.Add(await _reader.OfAsync(work.Session, work.Scope.EnvironmentId, change, at));
        return BillDecision.Of(changes, decision.Subject.Uid, at, choices);
    }

    /// <summary>Issues the bills and collects them; the decision with what billing keeps on its records.</summary>
    internal async Task<BilledDecision> IssueAsync(
        Work work, SubscriptionDecision decision, DecisionBill bill, Instant at, CancellationToken cancellationToken)
    {
        foreach (var uid in bill.Voided)
            await invoicing.VoidAsync(work, uid, at, cancellationToken);
        var records = bill.Records;
        var invoices = new List<Invoice>();
        foreach (var draft in bill.Drafts)
        {
            var invoice = await invoicing.IssueAsync(work, draft.Draft, cancellationToken);
            if (IsUnpaid(invoice) && Waits(decision, draft) && draft.SettlesPredecessor)
            {
                // What it would replace goes on, so its unused time is not given back yet.
                await invoicing.VoidAsync(work, invoice.Uid, at, cancellationToken);
                invoice = await invoicing.IssueAsync(work, draft.Own().Draft, cancellationToken);
            }

            invoices.Add(invoice);
            if (IsUnpaid(invoice) && Waits(decision, draft))
            {
                var subject = Invoiced(records.Single(record => record.Uid == draft.Subject), invoice);
                return new(PendingPayments.Hold(decision, subject, subject.PaymentCollection, at), invoices);
            }

            records = [.. records.Select(record => record.Uid == draft.Subject ? Invoiced(record, invoice) : record)];
        }

        return new(decision.With(records), invoices)
        {
            Unpaid = bill.Drafts.Zip(invoices).FirstOrDefault(pair =>
                pair.First.Step is BillingStep.Change or BillingStep.Restart && IsUnpaid(pair.Second)).Second,
        };
    }

    /// <summary>
    /// Whether a payment is required that nobody can make: one is due, is charged, and the payer has no method although the
    /// billing of the environment, or this call, asks for one (spec subscriptions 5.4).
    /// </summary>
    internal async Task<bool> IsMethodMissingAsync(Work work, BillDraft draft, bool hasCheckoutOptions)
    {
        var (session, environment, bill) = (work.Session, work.Scope.EnvironmentId, draft.Draft);
        return bill is { Method: PaymentCollectionMethod.Charge, IsPaid: false }
            && !await invoicing.HasPaymentMethodAsync(session, environment, bill.PayerId)
            && await invoicing.IsBillingIntegrationForAsync(session, environment, bill.PayerId, hasCheckoutOptions)
            && (await invoicing.PreviewAsync(session, environment, bill)).Totals.Amounts.AmountDue > 0;
    }

    private static bool IsUnpaid(Invoice invoice) =>
        invoice is { IsOpen: true, Method: PaymentCollectionMethod.Charge };

    /// <summary>A record that begins waits for its first payment; one that is live goes on.</summary>
    private static bool Waits(SubscriptionDecision decision, BillDraft draft) =>
        draft.Step == BillingStep.Start && draft.Subject == decision.Subject.Uid;

    private static Subscription Invoiced(Subscription record, Invoice invoice) => invoice.IsCreditNote
        ? record
        : record with
        {
            LatestInvoiceUid = invoice.Uid,
            PaymentCollection = invoice is { IsOpen: true, Method: PaymentCollectionMethod.Charge }
                ? invoice.RequiresAction ? PaymentCollection.ActionRequired : PaymentCollection.Failed
                : record.PaymentCollection,
        };
}

/// <summary>A decision as it is to be written, with the bills it made, the subject's first.</summary>
internal sealed record BilledDecision(SubscriptionDecision Decision, IReadOnlyList<Invoice> Invoices)
{
    /// <summary>The bill of a change that could not be collected; null when none is in the way.</summary>
    public Invoice? Unpaid { get; init; }

    /// <summary>Nothing changes by a call that was not paid for: its transaction is rolled back.</summary>
    public Refusal? Refusal => Unpaid is { } invoice
        ? new(ErrorCode.PaymentMethodNotFoundError,
            $"The change costs {invoice.Amounts.AmountDue} {invoice.Currency} and the payment failed: "
            + $"{invoice.ErrorMessage} Subscription '{invoice.SubscriptionId}' is unchanged; attach a payment method that "
            + "works and try again.")
        : null;
}
