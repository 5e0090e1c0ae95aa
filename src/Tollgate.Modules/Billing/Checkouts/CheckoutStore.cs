using Dapper;
using Tollgate.Domain;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Billing.Checkouts;

/// <summary>Rows of checkouts.</summary>
internal sealed class CheckoutStore
{
    private readonly AggregateTable<Checkout> _rows = new(
        "checkouts",
        BodyJson.Default.Checkout,
        checkout => checkout.Uid,
        ("customer_id", c => c.CustomerId.Value),
        ("token", c => c.Token),
        ("status", c => c.Status.ToString()),
        ("created_at", c => c.CreatedAt.ToUnixTimeMilliseconds()));

    public Task<Versioned<Checkout>?> FindAsync(Session session, EnvironmentId environment, Guid uid) =>
        _rows.FindAsync(session, environment, "uid = @uid", new { uid });

    public Task InsertAsync(Session session, EnvironmentId environment, Checkout checkout) =>
        _rows.InsertAsync(session, environment, checkout);

    public Task UpdateAsync(Session session, EnvironmentId environment, Versioned<Checkout> read, Checkout checkout) =>
        _rows.UpdateAsync(session, environment, read, checkout);

    /// <summary>Which checkout a page is about; null when there is none.</summary>
    public async Task<(EnvironmentId Environment, Checkout Checkout)?> FindByTokenAsync(Session session, string token)
    {
        var environment = await session.Connection.ExecuteScalarAsync<long?>(
            "SELECT environment_id FROM checkouts WHERE token = @token", new { token }, session.Transaction);
        if (environment is not { } id)
            return null;
        var row = await _rows.FindAsync(session, new((int)id), "token = @token", new { token });
        return row is null ? null : (new((int)id), row.Value);
    }
}
