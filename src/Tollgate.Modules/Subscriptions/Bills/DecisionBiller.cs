using NodaTime;
using Tollgate.Domain.Billing;
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
            invoices.Add(invoice);
            records = [.. records.Select(record => record.Uid == draft.Subject ? Invoiced(record, invoice) : record)];
        }

        return new(decision.With(records), invoices);
    }

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
internal sealed record BilledDecision(SubscriptionDecision Decision, IReadOnlyList<Invoice> Invoices);
