using Tollgate.Domain;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Catalog;

namespace Tollgate.Modules.Customers;

/// <summary>
/// What later slices may write of customers, inside their own transactions and under the customer's lock.
/// </summary>
public sealed class CustomerWriter(CatalogReader catalog, IArchivedWithCustomer holdings)
{
    private readonly CustomerStore _store = new();

    /// <summary>
    /// Creates the customer, in its group of a running experiment. The caller holds
    /// <see cref="UnitOfWork.CatalogInUse"/> too.
    /// </summary>
    public async Task<Result<Customer>> CreateAsync(Work work, CustomerId id, CustomerEdit fields)
    {
        var taken = await _store.FindAsync(work.Session, work.Scope.EnvironmentId, id) is not null;
        var coupon = await catalog.NamedAsync(work.Session, work.Scope.EnvironmentId, fields);
        var experiment = await catalog.RunningExperimentAsync(work.Session, work.Scope.EnvironmentId);
        if (!CustomerRules.Create(id, fields, taken, coupon, Guid.CreateVersion7(), work.Scope.Now, experiment)
            .TryGet(out var change, out var refusal))
        {
            return refusal;
        }

        await _store.InsertAsync(work.Session, work.Scope.EnvironmentId, change.Value);
        work.Record(change.Events);
        work.AccessChanged(id);
        return change.Value;
    }

    /// <summary>Creates the customer, or applies the fields to the one that exists (spec subscriptions 2.2).</summary>
    public async Task<Result<Customer>> UpsertAsync(Work work, CustomerId id, CustomerEdit fields)
    {
        if (await _store.FindAsync(work.Session, work.Scope.EnvironmentId, id) is not { } row)
            return await CreateAsync(work, id, fields);
        var coupon = await catalog.NamedAsync(work.Session, work.Scope.EnvironmentId, fields);
        if (!CustomerRules.Update(row.Value, fields, billingIsSynced: false, coupon, work.Scope.Now)
            .TryGet(out var change, out var refusal))
        {
            return refusal;
        }

        if (change.IsNoChange)
            return change.Value;
        await _store.UpdateAsync(work.Session, work.Scope.EnvironmentId, row, change.Value);
        work.Record(change.Events);
        work.AccessChanged(id);
        return change.Value;
    }

    /// <summary>
    /// The customer as archived; <paramref name="end"/> ends what it holds and runs only when it may be archived.
    /// </summary>
    public async Task<Result<Customer>> ArchiveAsync(Work work, CustomerId id, bool paysForOthers, Func<Task> end)
    {
        if (await _store.FindAsync(work.Session, work.Scope.EnvironmentId, id) is not { } row)
            return CustomerUseCases.NotFound(id);
        if (!CustomerRules.Archive(row.Value, paysForOthers, work.Scope.Now).TryGet(out var change, out var refusal))
            return refusal;
        if (change.IsNoChange)
            return change.Value;
        await end();
        await holdings.ArchiveAsync(work, id);
        await _store.UpdateAsync(work.Session, work.Scope.EnvironmentId, row, change.Value);
        work.Record(change.Events);
        work.AccessChanged(id);
        return change.Value;
    }

    /// <summary>
    /// Keeps what subscriptions leave behind on their customer: trials had and the billing currency, which the first
    /// paid one fixes. Neither is a change of the customer that anybody asked for, so nothing is logged.
    /// </summary>
    public async Task KeepAsync(Work work, CustomerId id, IReadOnlyList<TrialRecord> trials, string? currency)
    {
        if (trials.Count == 0 && currency is null)
            return;
        if (await _store.FindAsync(work.Session, work.Scope.EnvironmentId, id) is not { } row)
            throw new InvalidOperationException($"Customer {id} has subscriptions but is not stored.");
        if (trials.Count == 0 && row.Value.BillingCurrency is not null)
            return;
        await _store.UpdateAsync(work.Session, work.Scope.EnvironmentId, row, row.Value with
        {
            Trials = [.. row.Value.Trials, .. trials],
            BillingCurrency = row.Value.BillingCurrency ?? currency,
        });
    }

    /// <summary>Creates the resource when it is new to the customer.</summary>
    public Task EnsureResourceAsync(Work work, CustomerId id, ResourceId resource) => _store.EnsureResourceAsync(
        work.Session, work.Scope.EnvironmentId, id, resource, Guid.CreateVersion7(), work.Scope.Now);

    /// <summary>
    /// Notes what the customer's charges are taken from, as its provider answered it; null = nothing.
    /// </summary>
    public async Task<Customer> SetPaymentMethodAsync(Work work, CustomerId id, DefaultPaymentMethod? method)
    {
        var row = await _store.FindAsync(work.Session, work.Scope.EnvironmentId, id)
            ?? throw new ArgumentException($"There is no customer {id}.", nameof(id));
        var change = CustomerRules.SetPaymentMethod(row.Value, method, work.Scope.Now);
        if (change.IsNoChange)
            return change.Value;
        await _store.UpdateAsync(work.Session, work.Scope.EnvironmentId, row, change.Value);
        work.Record(change.Events);
        return change.Value;
    }
}
