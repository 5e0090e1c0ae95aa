using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Catalog;

namespace Tollgate.Modules.Subscriptions.Bills;

/// <summary>What payments, and their failure, do to the subscription they are for (spec subscriptions 15).</summary>
internal sealed class SubscriptionSettlement(CatalogReader catalog, DecisionWriter writer) : IInvoiceSettlement
{
    private readonly SubscriptionStore _store = new();
    private readonly PlanFactsReader _plans = new(catalog);

    public Task PaidAsync(Work work, Invoice invoice, CancellationToken cancellationToken) => ChangeAsync(
        work,
        invoice,
        (subscription, facts, _) => subscription.Status == SubscriptionStatus.PaymentPending
            ? PendingPayments.Settle(subscription, facts, work.Scope.Now)
            : PendingPayments.Note(subscription, PaymentCollection.NotRequired, facts.Journey, work.Scope.Now),
        cancellationToken);

    public Task FailedAsync(Work work, Invoice invoice, CancellationToken cancellationToken) => ChangeAsync(
        work,
        invoice,
        (subscription, facts, _) => PendingPayments.Note(
            subscription,
            invoice.RequiresAction ? PaymentCollection.ActionRequired : PaymentCollection.Failed,
            facts.Journey,
            work.Scope.Now),
        cancellationToken);

    public Task ExhaustedAsync(
        Work work, Invoice invoice, DunningFinalAction action, CancellationToken cancellationToken) =>
        action == DunningFinalAction.Keep
            ? Task.CompletedTask
            : ChangeAsync(
                work,
                invoice,
                (subscription, facts, ids) => PendingPayments.GiveUp(subscription, facts, work.Scope.Now, ids),
                cancellationToken);

    /// <summary>What waited for this payment has nothing to wait for; a live subscription owes nothing any more.</summary>
    public Task VoidedAsync(Work work, Invoice invoice, CancellationToken cancellationToken) => ChangeAsync(
        work,
        invoice,
        (subscription, facts, ids) => subscription.Status == SubscriptionStatus.PaymentPending
            ? PendingPayments.GiveUp(subscription, facts, work.Scope.Now, ids)
            : PendingPayments.Note(subscription, PaymentCollection.NotRequired, facts.Journey, work.Scope.Now),
        cancellationToken);

    /// <summary>Only the latest invoice says how a subscription stands; an ended one never changes.</summary>
    private async Task ChangeAsync(
        Work work, Invoice invoice, Func<Subscription, AdvanceFacts, IdSource, SubscriptionDecision> decide,
        CancellationToken cancellationToken)
    {
        var environment = work.Scope.EnvironmentId;
        if (invoice.SubscriptionId is not { } id
            || await _store.FindAsync(work.Session, environment, id) is not { Value: { IsEnded: false } found }
            || found.LatestInvoiceUid != invoice.Uid)
        {
            return;
        }

        var records = new SubscriptionRecords(
            await _store.ListOfCustomerAsync(work.Session, environment, found.CustomerId));
        var facts = new AdvanceFacts(
            await _plans.JourneyAsync(work.Session, environment, found.ProductId, records),
            records.Open(found.ProductId, found.ResourceId),
            records.LastEnded(found.ProductId, found.ResourceId));
        var decision = await SubscriptionIds.DecideAsync(
            _store, work, records.Uids, ids => decide(found, facts, ids), decided => decided);
        await writer.WriteAsync(
            work, found.CustomerId, records, decision, BillingChoices.Default, cancellationToken);
    }
}
