using Tollgate.Domain;

namespace Tollgate.Modules.Customers;

/// <summary>
/// What a customer holds that is suspended while it is archived. Implemented by the entitlements slice, which comes
/// after this one; called inside the transaction that holds the customer's lock, after what was due by then.
/// </summary>
public interface IArchivedWithCustomer
{
    Task ArchiveAsync(Work work, CustomerId customer);

    Task UnarchiveAsync(Work work, CustomerId customer);
}
