using Tollgate.Domain;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Billing;

/// <summary>Rows of customers that a billing provider knows.</summary>
internal sealed class BillingCustomerStore
{
    private readonly AggregateTable<BillingCustomer> _rows = new(
        "billing_customers",
        BodyJson.Default.BillingCustomer,
        customer => customer.Uid,
        ("customer_id", c => c.CustomerId.Value),
        ("created_at", c => c.CreatedAt.ToUnixTimeMilliseconds()));

    public Task<Versioned<BillingCustomer>?> FindAsync(Session session, EnvironmentId environment, CustomerId customer) =>
        _rows.FindAsync(session, environment, "customer_id = @customer", new { customer = customer.Value });

    /// <summary>Inserts or replaces.</summary>
    public Task SaveAsync(
        Session session, EnvironmentId environment, Versioned<BillingCustomer>? read, BillingCustomer customer) =>
        read is null
            ? _rows.InsertAsync(session, environment, customer)
            : _rows.UpdateAsync(session, environment, read, customer);
}
