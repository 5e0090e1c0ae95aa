using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Customers;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions.Bills;

/// <summary>
/// Issues the bills that waited as DRAFTs for usage of their period (spec entitlements-and-usage 8.2.6). Which do is decided by
/// <see cref="UsageDrafts"/>, when by <see cref="Due"/>. The customer of the subscription is locked.
/// </summary>
public sealed class DraftBills : IUsageDrafts
{
    private readonly Invoicing _invoicing;
    private readonly LateUsageBiller _late;
    private readonly BilledUsage _bills = new();
    private readonly SubscriptionStore _store = new();

    public DraftBills(
        CatalogReader catalog, CustomerReader customers, IUsageForBilling usage, ISubscriptionCredits credits,
        Invoicing invoicing)
    {
        _invoicing = invoicing;
        _late = new(new(catalog, customers, usage, credits), usage, invoicing);
    }

    /// <summary>Makes the DRAFTs of the customer anew whose usage is not what it was.</summary>
    public Task RemakeAsync(Work work, CustomerId customer) => _late.RemakeAsync(work, customer);

    public async Task FinalizeAsync(Work work, Invoice draft, CancellationToken cancellationToken)
    {
        var row = await _store.FindAsync(work.Session, work.Scope.EnvironmentId, draft.SubscriptionId!.Value)
            ?? throw new InvalidOperationException($"The subscription of the DRAFT {draft.Uid} is gone.");
        var subscription = row.Value;
        await FinalizeAsync(
            work, subscription.CustomerId, subscription.Uid, draft.Uid, work.Scope.Now, keepsNothing: true, cancellationToken);
    }

    public async Task VoidedAsync(Work work, Invoice draft, CancellationToken cancellationToken)
    {
        var (session, environment) = (work.Session, work.Scope.EnvironmentId);
        if (await _store.FindAsync(session, environment, draft.SubscriptionId!.Value) is not { } row)
            return;
        var customer = row.Value.CustomerId;
        // Whatever is known by now is given up with it, whether or not it was made anew before.
        await _late.RemakeAsync(work, customer);
        if (await _bills.OfDraftAsync(session, environment, customer, draft.Uid) is { } bill)
            await _bills.UpdateAsync(session, environment, bill with { FinalizeAt = null });
        row = await _store.FindByUidAsync(session, environment, row.Value.Uid);
        await _store.UpdateAsync(session, environment, row, UsageDrafts.Close(row.Value, draft.Uid));
    }

    /// <summary>Issues the first of the subscription's DRAFTs, which is due; the subscription as it is then.</summary>
    internal async Task<Subscription> FinalizeDueAsync(
        Work work, Subscription subscription, Instant at, CancellationToken cancellationToken)
    {
        var due = subscription.DraftBills.MinBy(draft => draft.FinalizeAt)!;
        return await FinalizeAsync(
            work, subscription.CustomerId, subscription.Uid, due.InvoiceUid, at, keepsNothing: false, cancellationToken);
    }

    /// <summary>
    /// Issues all DRAFTs of the subscription now: nobody waits for usage of a customer that is gone, or of one that has given
    /// the subscription away.
    /// </summary>
    /// <param name="work">The transaction.</param>
    /// <param name="subscription">As it is stored.</param>
    /// <param name="usedBy">Whose usage is billed; locked too.</param>
    /// <param name="cancellationToken">Ends the wait for the provider.</param>
    internal async Task FinalizeAllAsync(
        Work work, Subscription subscription, CustomerId usedBy, CancellationToken cancellationToken)
    {
        foreach (var draft in subscription.DraftBills.OrderBy(draft => draft.FinalizeAt))
        {
            await FinalizeAsync(
                work, usedBy, subscription.Uid, draft.InvoiceUid, work.Scope.Now, keepsNothing: false, cancellationToken);
        }
    }

    private async Task<Subscription> FinalizeAsync(
        Work work, CustomerId usedBy, Guid subscriptionUid, Guid invoiceUid, Instant at, bool keepsNothing,
        CancellationToken cancellationToken)
    {
        var (session, environment) = (work.Session, work.Scope.EnvironmentId);
        await _late.RemakeAsync(work, usedBy);
        var usage = await _bills.OfDraftAsync(session, environment, usedBy, invoiceUid);
        if (usage is not null)
            await _bills.UpdateAsync(session, environment, usage with { FinalizeAt = null });
        var row = await _store.FindByUidAsync(session, environment, subscriptionUid);
        var before = row.Value;
        var after = UsageDrafts.Close(before, invoiceUid);
        if (await _invoicing.DraftOfAsync(work, invoiceUid) is { } draft)
        {
            if (!keepsNothing && UsageDrafts.IsNothing(usage, draft))
                await _invoicing.DropAsync(work, invoiceUid);
            else if (await _invoicing.IssueKeptAsync(work, invoiceUid, at, cancellationToken) is { } invoice)
                after = DecisionBiller.Invoiced(after, invoice);
        }

        if (after.PaymentCollection != before.PaymentCollection)
        {
            after = after.IsEnded ? after : after with { UpdatedAt = at };
            Invoicing.RecordAt(work, at, [new DomainEvent(
                EventType.SubscriptionUpdated, EntityKind.Subscription, after.Id.Value, after.CustomerId, before, after)]);
        }

        await _store.UpdateAsync(session, environment, row, after);
        return after;
    }
}
