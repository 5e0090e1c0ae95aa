using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Catalog;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions.Contracts;

/// <summary>A contract with its subscriptions, as shown <paramref name="At"/> an instant.</summary>
public sealed record ContractView(Contract Contract, IReadOnlyList<ContractViewSubscription> Subscriptions, Instant At)
{
    /// <summary>Null before the first.</summary>
    public Invoice? LatestInvoice { get; init; }

    /// <summary>Null when none will be issued.</summary>
    public NextContractInvoice? NextInvoice { get; init; }
}

/// <summary>One subscription of a contract; names are null when plan or product are gone.</summary>
public sealed record ContractViewSubscription(SubscriptionId Id, string? PlanName, string? ProductName);

/// <summary>Looks up what a contract shows of its subscriptions.</summary>
internal sealed class ContractViews(CatalogReader catalog, ContractInvoices next, Invoicing invoicing)
{
    private readonly SubscriptionStore _subscriptions = new();

    public async Task<ContractView> OfAsync(
        Session session, EnvironmentId environment, Contract contract, Instant now)
    {
        var rows = new List<ContractViewSubscription>();
        foreach (var id in contract.SubscriptionIds)
        {
            var subscription = (await _subscriptions.FindAsync(session, environment, id))?.Value;
            var plan = subscription is null
                ? null
                : await catalog.PlanVersionAsync(session, environment, subscription.PlanId, subscription.PlanVersion);
            var product = subscription is null
                ? null
                : await catalog.ProductAsync(session, environment, subscription.ProductId);
            rows.Add(new(id, plan?.DisplayName, product?.DisplayName));
        }

        return new(contract, rows, now)
        {
            LatestInvoice = contract.LatestInvoiceUid is { } latest
                ? await invoicing.FindAsync(session, environment, latest)
                : null,
            NextInvoice = await next.NextAsync(session, environment, contract),
        };
    }

    public async Task<IReadOnlyList<ContractView>> OfAllAsync(
        Session session, EnvironmentId environment, IEnumerable<Contract> contracts, Instant now)
    {
        var views = new List<ContractView>();
        foreach (var contract in contracts)
            views.Add(await OfAsync(session, environment, contract, now));
        return views;
    }
}
