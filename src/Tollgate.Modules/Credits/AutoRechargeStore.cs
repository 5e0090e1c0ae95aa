using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>
/// Rows of auto-recharge. due_at is set where a balance fell below its threshold, and where a held one goes on.
/// </summary>
internal sealed class AutoRechargeStore
{
    private readonly AggregateTable<AutoRecharge> _rows = new(
        "credit_auto_recharges",
        BodyJson.Default.AutoRecharge,
        recharge => recharge.Uid,
        ("customer_id", r => r.CustomerId.Value),
        ("currency_id", r => r.CurrencyId.Value),
        ("is_enabled", r => r.IsEnabled ? 1 : 0),
        ("due_at", r => r.DueAt?.ToUnixTimeMilliseconds()),
        ("created_at", r => r.CreatedAt.ToUnixTimeMilliseconds()));

    public Task<Versioned<AutoRecharge>?> FindAsync(
        Session session, EnvironmentId environment, CustomerId customer, CurrencyId currency) => _rows.FindAsync(
        session,
        environment,
        "customer_id = @customer AND currency_id = @currency",
        new { customer = customer.Value, currency = currency.Value });

    public Task<IReadOnlyList<Versioned<AutoRecharge>>> ListDueOfCustomerAsync(
        Session session, EnvironmentId environment, CustomerId customer, Instant until) => _rows.ListAsync(
        session,
        environment,
        "customer_id = @customer AND due_at IS NOT NULL AND due_at <= @until",
        new { customer = customer.Value, until = until.ToUnixTimeMilliseconds() });

    /// <summary>The enabled ones of these customers that nothing is due of.</summary>
    public async Task<IReadOnlyList<Versioned<AutoRecharge>>> ListWatchingAsync(
        Session session, EnvironmentId environment, IReadOnlyCollection<CustomerId> customers)
    {
        var query = new RowQuery().AndAnyOf(session.Kind, "customer_id", "ids", [.. customers.Select(c => c.Value)]);
        return await _rows.ListAsync(
            session, environment, $"is_enabled = 1 AND due_at IS NULL AND {query.Where}", query.Parameters);
    }

    public Task InsertAsync(Session session, EnvironmentId environment, AutoRecharge recharge) =>
        _rows.InsertAsync(session, environment, recharge);

    public Task UpdateAsync(
        Session session, EnvironmentId environment, Versioned<AutoRecharge> read, AutoRecharge recharge) =>
        _rows.UpdateAsync(session, environment, read, recharge);

    /// <inheritdoc cref="DueCustomers.NextAsync"/>
    public Task<Instant?> NextDueAsync(Session session, EnvironmentId environment) =>
        DueCustomers.NextAsync(session, "credit_auto_recharges", environment);

    /// <inheritdoc cref="DueCustomers.ListAsync"/>
    public Task<IReadOnlyList<(CustomerId Customer, Instant Due)>> ListDueAsync(
        Session session, EnvironmentId environment, Instant until, int take) =>
        DueCustomers.ListAsync(session, "credit_auto_recharges", environment, until, take);
}
