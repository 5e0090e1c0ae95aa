using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Catalog;

namespace Tollgate.Modules.Subscriptions.Bills;

/// <summary>What payments, and their failure, do to the subscription they are for (spec subscriptions 15).</summary>
internal sealed class SubscriptionSettlement(CatalogReader catalog, DecisionWriter writer, Invoicing invoicing)
    : IInvoiceSettlement
{
    private readonly SubscriptionStore _store = new();
    private readonly PlanFactsReader _plans = new(catalog);

    public Task PaidAsync(Work work, Invoice invoice, CancellationToken cancellationToken) => ChangeAsync(
        work,
        invoice,
        (subscription, standing, facts, _) => subscription switch
        {
            { Status: SubscriptionStatus.PaymentPending } when subscription.LatestInvoiceUid == invoice.Uid =>
                PendingPayments.Settle(subscription, facts, work.Scope.Now),
            { UnpaidChange: { } change } when change.InvoiceUid == invoice.Uid =>
                UnpaidChanges.Apply(subscription, facts, work.Scope.Now),
            _ => standing.Note(subscription, facts, work.Scope.Now),
        },
        cancellationToken);

    public Task FailedAsync(Work work, Invoice invoice, CancellationToken cancellationToken) => ChangeAsync(
        work,
        invoice,
        (subscription, standing, facts, _) => standing.Note(subscription, facts, work.Scope.Now),
        cancellationToken);

    public Task ExhaustedAsync(
        Work work, Invoice invoice, DunningFinalAction action, CancellationToken cancellationToken) =>
        action == DunningFinalAction.Keep
            ? Task.CompletedTask
            : ChangeAsync(
                work,
                invoice,
                (subscription, _, facts, ids) => subscription.UnpaidChange?.InvoiceUid == invoice.Uid
                    ? UnpaidChanges.GiveUp(subscription, facts.Journey, work.Scope.Now)
                    : PendingPayments.GiveUp(subscription, facts, work.Scope.Now, ids),
                cancellationToken);

    /// <summary>What waited for this payment has nothing to wait for; a live subscription owes nothing for it any more.</summary>
    public Task VoidedAsync(Work work, Invoice invoice, CancellationToken cancellationToken) => ChangeAsync(
        work,
        invoice,
        (subscription, standing, facts, ids) => subscription switch
        {
            { Status: SubscriptionStatus.PaymentPending } when subscription.LatestInvoiceUid == invoice.Uid =>
                PendingPayments.GiveUp(subscription, facts, work.Scope.Now, ids),
            { UnpaidChange: { } change } when change.InvoiceUid == invoice.Uid =>
                UnpaidChanges.GiveUp(subscription, facts.Journey, work.Scope.Now),
            _ => standing.Note(subscription, facts, work.Scope.Now),
        },
        cancellationToken);

    /// <summary>An ended subscription never changes.</summary>
    private async Task ChangeAsync(
        Work work, Invoice invoice,
        Func<Subscription, Standing, AdvanceFacts, IdSource, SubscriptionDecision> decide,
        CancellationToken cancellationToken)
    {
        var environment = work.Scope.EnvironmentId;
        if (invoice.SubscriptionId is not { } id
            || await _store.FindAsync(work.Session, environment, id) is not { Value: { IsEnded: false } found })
        {
            return;
        }

        var records = new SubscriptionRecords(
            await _store.ListOfCustomerAsync(work.Session, environment, found.CustomerId));
        var facts = new AdvanceFacts(
            await _plans.JourneyAsync(work.Session, environment, found, records),
            records.Open(found.ProductId, found.ResourceId),
            records.LastEnded(found.ProductId, found.ResourceId));
        var standing = new Standing(await invoicing.UnpaidOfSubscriptionAsync(work.Session, environment, id));
        var decision = await SubscriptionIds.DecideAsync(
            _store, work, records.Uids, ids => decide(found, standing, facts, ids), decided => decided);
        await writer.WriteAsync(
            work, found.CustomerId, records, decision, BillingChoices.Default, cancellationToken);
    }

    /// <summary>What the unpaid invoices of a subscription say together.</summary>
    private sealed record Standing(IReadOnlyList<Invoice> Unpaid)
    {
        public SubscriptionDecision Note(Subscription subscription, AdvanceFacts facts, Instant at) => PendingPayments.Note(
            subscription, Of(Unpaid), Of(Unpaid.Where(i => i.Uid != subscription.UnpaidChange?.InvoiceUid)),
            facts.Journey, at);

        /// <summary>The worst of them; the states are in that order.</summary>
        private static PaymentCollection Of(IEnumerable<Invoice> unpaid) =>
            unpaid.Select(InvoiceLifecycle.CollectionOf).Append(PaymentCollection.NotRequired).Max();
    }
}
