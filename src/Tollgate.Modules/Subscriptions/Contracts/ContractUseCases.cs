using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions.Contracts;

/// <summary>Reading, changing and canceling contracts (spec integrations 11).</summary>
public sealed class ContractUseCases(
    UnitOfWork unitOfWork, CatalogReader catalog, CustomerReader customers, AdvanceSubscriptions advance,
    BillContracts due, ContractInvoices invoices, Invoicing invoicing)
{
    private readonly ContractStore _store = new();
    private readonly ContractLinks _links = new();
    private readonly ContractViews _views = new(catalog, invoices, invoicing);

    public async Task<Result<Page<ContractView>>> ListAsync(
        OperationScope scope, ContractFilter filter, PageRequest page, CancellationToken cancellationToken)
    {
        await due.CatchUpAsync(scope.Environment, scope.Now, cancellationToken);
        return await unitOfWork.Database.ReadAsync<Result<Page<ContractView>>>(
            async (session, _) =>
            {
                var found = await _store.PageAsync(session, scope.EnvironmentId, filter, scope.Now, page);
                if (!found.TryGet(out var contracts, out var refusal))
                    return refusal;
                return new Page<ContractView>(
                    await _views.OfAllAsync(session, scope.EnvironmentId, contracts.Items, scope.Now),
                    contracts.Next,
                    contracts.Previous);
            },
            cancellationToken);
    }

    /// <summary>Every contract of the customer, newest first.</summary>
    public async Task<Result<IReadOnlyList<ContractView>>> ListOfCustomerAsync(
        OperationScope scope, CustomerId customer, CancellationToken cancellationToken)
    {
        await due.CatchUpAsync(scope.Environment, scope.Now, cancellationToken);
        return await unitOfWork.Database.ReadAsync<Result<IReadOnlyList<ContractView>>>(
            async (session, _) =>
            {
                if (await customers.FindAsync(session, scope.EnvironmentId, customer) is not { IsArchived: false })
                    return CustomerUseCases.NotFound(customer);
                var contracts = await _store.ListOfCustomerAsync(session, scope.EnvironmentId, customer);
                return Result<IReadOnlyList<ContractView>>.Ok(await _views.OfAllAsync(
                    session, scope.EnvironmentId, contracts.Select(row => row.Value).Reverse(), scope.Now));
            },
            cancellationToken);
    }

    public async Task<Result<ContractView>> RetrieveAsync(
        OperationScope scope, string id, CancellationToken cancellationToken)
    {
        await due.CatchUpAsync(scope.Environment, scope.Now, cancellationToken);
        return await unitOfWork.Database.ReadAsync<Result<ContractView>>(
            async (session, _) => await _store.FindAsync(session, scope.EnvironmentId, id) is { } row
                ? await _views.OfAsync(session, scope.EnvironmentId, row.Value, scope.Now)
                : NotFound(id),
            cancellationToken);
    }

    /// <summary>
    /// The next invoice as things stand; one that has not started has none to show (spec integrations 11).
    /// </summary>
    public async Task<Result<ContractView>> NextInvoiceAsync(
        OperationScope scope, string id, CancellationToken cancellationToken) =>
        (await RetrieveAsync(scope, id, cancellationToken)).TryGet(out var view, out var refusal)
            ? view.Contract.StateAt(scope.Now) == ContractState.Draft
                ? new Refusal(ErrorCode.InvoicePreviewNotAvailableForDraftContract,
                    $"Contract '{id}' is a draft; its invoices can be previewed once billing is set up and it has "
                    + "started.")
                : view
            : refusal;

    /// <summary>Says what the contract is billed for; it counts from the next invoice on.</summary>
    public Task<Result<ContractView>> SetBillingAsync(
        OperationScope scope, string id, ContractBilling billing, CancellationToken cancellationToken) =>
        ChangeAsync(
            scope,
            id,
            async (work, row, token) =>
            {
                var customer = await customers.FindAsync(work.Session, scope.EnvironmentId, row.Value.CustomerId);
                var features = new Dictionary<FeatureId, Feature>();
                foreach (var named in billing.Lines.Select(line => line.FeatureId).OfType<FeatureId>().Distinct())
                {
                    if (await catalog.FeatureAsync(work.Session, scope.EnvironmentId, named) is { } feature)
                        features[named] = feature;
                }

                var hasEmail = !string.IsNullOrEmpty(customer?.Email);
                if (!ContractSchedule.Set(row.Value, billing, hasEmail, features, scope.Now)
                    .TryGet(out var set, out var refusal))
                {
                    return refusal;
                }

                await _store.UpdateAsync(work.Session, scope.EnvironmentId, row, set);
                work.Record(ContractRules.Updated(row.Value, set));
                // What is due at once is issued at once.
                await invoices.CatchUpAsync(work, id, token);
                return (await _store.FindAsync(work.Session, scope.EnvironmentId, id))!.Value;
            },
            cancellationToken);

    /// <summary>Changes fields and adds subscriptions.</summary>
    public Task<Result<ContractView>> UpdateAsync(
        OperationScope scope, string id, ContractEdit edit, CancellationToken cancellationToken) =>
        ChangeAsync(
            scope,
            id,
            async (work, row, token) =>
            {
                await advance.AdvanceAsync(work, row.Value.CustomerId, token);
                if (!ContractRules.Update(row.Value, edit, scope.Now).TryGet(out var updated, out var refusal))
                    return refusal;
                var named = edit.SubscriptionIds.Select((subscription, i) => ($"subscriptionIds[{i}]", subscription));
                if (!(await _links.LinkAsync(work, row.Value, updated, [.. named])).TryGet(out var linked, out refusal))
                    return refusal;
                if (!linked.IsNoChange)
                    await _store.UpdateAsync(work.Session, scope.EnvironmentId, row, linked.Contract);
                return linked.Contract;
            },
            cancellationToken);

    /// <summary>Cancels the contract; its subscriptions stay.</summary>
    public Task<Result<ContractView>> ArchiveAsync(
        OperationScope scope, string id, CancellationToken cancellationToken) =>
        ChangeAsync(
            scope,
            id,
            async (work, row, _) =>
            {
                var change = ContractRules.Cancel(row.Value, scope.Now);
                if (!change.IsNoChange)
                    await _store.UpdateAsync(work.Session, scope.EnvironmentId, row, change.Value);
                work.Record(change.Events);
                return change.Value;
            },
            cancellationToken);

    /// <summary>The list of error codes has none for contracts.</summary>
    private static Refusal NotFound(string id) => new(
        ErrorCode.InvalidArgumentError, $"There is no contract with the id '{id}' in this environment.");

    private async Task<Result<ContractView>> ChangeAsync(
        OperationScope scope,
        string id,
        Func<Work, Versioned<Contract>, CancellationToken, Task<Result<Contract>>> change,
        CancellationToken cancellationToken)
    {
        // The customer's lock is taken before the row is read again; which customer that is never changes.
        var owner = await unitOfWork.Database.ReadAsync(
            async (session, _) => (await _store.FindAsync(session, scope.EnvironmentId, id))?.Value.CustomerId,
            cancellationToken);
        if (owner is not { } customer)
            return NotFound(id);
        return await unitOfWork.WriteAsync<ContractView>(
            scope,
            [UnitOfWork.CatalogInUse(scope.EnvironmentId), UnitOfWork.CustomerLock(scope.EnvironmentId, customer)],
            async (work, token) =>
            {
                // What is due by now is billed as it was agreed until now.
                await invoices.CatchUpAsync(work, id, token);
                var row = await _store.FindAsync(work.Session, scope.EnvironmentId, id)
                    ?? throw new InvalidOperationException($"Contract {id} is gone, but contracts are never deleted.");
                if (!(await change(work, row, token)).TryGet(out var contract, out var refusal))
                    return refusal;
                return await _views.OfAsync(work.Session, scope.EnvironmentId, contract, scope.Now);
            },
            cancellationToken);
    }
}
