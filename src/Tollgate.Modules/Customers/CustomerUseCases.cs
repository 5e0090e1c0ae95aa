using Tollgate.Domain;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Customers;

/// <summary>
/// Reading and changing customers (spec subscriptions 2). Creating and archiving them touches subscriptions too and is
/// done by that slice.
/// </summary>
public sealed class CustomerUseCases(
    UnitOfWork unitOfWork, CatalogReader catalog, ICustomerDueWork dueWork, IArchivedWithCustomer holdings)
{
    private readonly CustomerStore _store = new();

    public Task<Result<Page<Customer>>> ListAsync(
        OperationScope scope, CustomerFilter filter, PageRequest page, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync(
            (session, _) => _store.PageAsync(session, scope.EnvironmentId, filter, page), cancellationToken);

    /// <summary>An archived customer is not found.</summary>
    public Task<Result<Customer>> RetrieveAsync(
        OperationScope scope, CustomerId id, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync<Result<Customer>>(
            async (session, _) =>
                await _store.FindAsync(session, scope.EnvironmentId, id) is { Value: { IsArchived: false } customer }
                    ? customer
                    : NotFound(id),
            cancellationToken);

    public Task<Result<Customer>> UpdateAsync(
        OperationScope scope, CustomerId id, CustomerEdit edit, CancellationToken cancellationToken) =>
        ChangeAsync(
            scope,
            id,
            CustomerCoupons.Locks(scope.EnvironmentId, edit),
            async (work, customer) => CustomerRules.Update(
                customer,
                edit,
                billingIsSynced: false,
                await catalog.NamedAsync(work.Session, scope.EnvironmentId, edit),
                scope.Now),
            cancellationToken);

    /// <summary>Unarchiving a live customer changes nothing.</summary>
    public Task<Result<Customer>> UnarchiveAsync(
        OperationScope scope, CustomerId id, CancellationToken cancellationToken) =>
        ChangeAsync(
            scope,
            id,
            [],
            (_, customer) => Task.FromResult<Result<Change<Customer>>>(CustomerRules.Unarchive(customer, scope.Now)),
            cancellationToken);

    public Task<Result<Page<CustomerResource>>> ListResourcesAsync(
        OperationScope scope, CustomerId id, PageRequest page, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync(
            async (session, _) =>
                await _store.FindAsync(session, scope.EnvironmentId, id) is { Value.IsArchived: false }
                    ? await _store.PageResourcesAsync(session, scope.EnvironmentId, id, page)
                    : NotFound(id),
            cancellationToken);

    internal static Refusal NotFound(CustomerId id) => new(
        ErrorCode.CustomerNotFound, $"There is no customer with the id '{id}' in this environment; create it first.");

    private Task<Result<Customer>> ChangeAsync(
        OperationScope scope,
        CustomerId id,
        IReadOnlyCollection<LockKey> locks,
        Func<Work, Customer, Task<Result<Change<Customer>>>> decide,
        CancellationToken cancellationToken) => unitOfWork.WriteAsync<Customer>(
        scope,
        [.. locks, UnitOfWork.CatalogInUse(scope.EnvironmentId), UnitOfWork.CustomerLock(scope.EnvironmentId, id)],
        async (work, token) =>
        {
            await dueWork.AdvanceAsync(work, id, token);
            if (await _store.FindAsync(work.Session, scope.EnvironmentId, id) is not { } row)
                return NotFound(id);
            if (!(await decide(work, row.Value)).TryGet(out var change, out var refusal))
                return refusal;
            if (change.IsNoChange)
                return change.Value;
            await _store.UpdateAsync(work.Session, scope.EnvironmentId, row, change.Value);
            work.Record(change.Events);
            if (row.Value.IsArchived && !change.Value.IsArchived)
                await holdings.UnarchiveAsync(work, id);
            work.AccessChanged(id);
            return change.Value;
        },
        cancellationToken);
}

/// <summary>
/// What time alone does to a customer happens before a request changes it. Implemented by the subscriptions slice,
/// which comes after this one.
/// </summary>
public interface ICustomerDueWork
{
    /// <summary>Does, inside the transaction that holds the customer's lock, everything due by its instant.</summary>
    Task AdvanceAsync(Work work, CustomerId customer, CancellationToken cancellationToken);
}
