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
        ("created_at", c => c.CreatedAt.ToUnixTimeMilliseconds()))
    {
        KeptBy = "customer_id",
    };

    /// <summary>Read once a session.</summary>
    public async Task<Versioned<BillingCustomer>?> FindAsync(
        Session session, EnvironmentId environment, CustomerId customer) =>
        await _rows.ListKeptAsync(session, environment, customer.Value) is [var found, ..] ? found : null;

    /// <summary>Reads ahead for <see cref="FindAsync"/>.</summary>
    public Task KeepAsync(Session session, EnvironmentId environment, IEnumerable<CustomerId> customers) =>
        _rows.KeepAsync(session, environment, [.. customers.Select(c => c.Value)]);

    public Task DeleteAsync(Session session, EnvironmentId environment, BillingCustomer customer) =>
        _rows.DeleteAsync(session, environment, customer);

    /// <summary>Inserts or replaces.</summary>
    public Task SaveAsync(
        Session session, EnvironmentId environment, Versioned<BillingCustomer>? read, BillingCustomer customer) =>
        read is null
            ? _rows.InsertAsync(session, environment, customer)
            : _rows.UpdateAsync(session, environment, read, customer);
}
