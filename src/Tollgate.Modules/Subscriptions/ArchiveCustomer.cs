using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Subscriptions.Bills;

namespace Tollgate.Modules.Subscriptions;

/// <summary>Archives a customer after ending all of its subscriptions at once (spec subscriptions 2.5).</summary>
public sealed class ArchiveCustomer(
    UnitOfWork unitOfWork, CatalogReader catalog, CustomerWriter customers, DecisionWriter writer, DraftBills drafts,
    AdvanceSubscriptions advance)
{
    private readonly SubscriptionStore _store = new();
    private readonly PlanFactsReader _plans = new(catalog);

    public async Task<Result<Customer>> ExecuteAsync(
        OperationScope scope, CustomerId id, CancellationToken cancellationToken)
    {
        // A subscription of somebody else that ended by now no longer has a payer.
        await advance.CatchUpAsync(scope.Environment, scope.Now, cancellationToken);
        return await unitOfWork.WriteAsync<Customer>(
            scope,
            [UnitOfWork.CatalogInUse(scope.EnvironmentId), UnitOfWork.CustomerLock(scope.EnvironmentId, id)],
            async (work, token) =>
            {
                await advance.AdvanceAsync(work, id, token);
                var pays = await _store.PaysForOthersAsync(work.Session, scope.EnvironmentId, id);
                return await customers.ArchiveAsync(work, id, pays, () => EndAllAsync(work, id, token));
            },
            cancellationToken);
    }

    private async Task EndAllAsync(Work work, CustomerId id, CancellationToken cancellationToken)
    {
        var records = new SubscriptionRecords(
            await _store.ListOfCustomerAsync(work.Session, work.Scope.EnvironmentId, id));
        var open = new List<(Subscription, JourneyFacts)>();
        foreach (var subscription in records.All.Where(s => !s.IsEnded))
        {
            open.Add((subscription,
                await _plans.JourneyAsync(work.Session, work.Scope.EnvironmentId, subscription, records)));
        }

        foreach (var decision in CancelSubscription.ForArchivedCustomer(open, work.Scope.Now))
        {
            await writer.WriteAsync(work, id, records, decision, BillingChoices.Default, cancellationToken);
        }

        foreach (var row in await _store.ListOfCustomerAsync(work.Session, work.Scope.EnvironmentId, id))
            await drafts.FinalizeAllAsync(work, row.Value, id, cancellationToken);
    }
}
