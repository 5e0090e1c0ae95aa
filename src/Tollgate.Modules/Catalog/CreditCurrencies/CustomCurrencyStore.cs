using Dapper;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog.CreditCurrencies;

/// <summary>Rows of credit currencies.</summary>
internal sealed class CustomCurrencyStore
{
    private const string Active = "Active";
    private const string Archived = "Archived";

    private readonly AggregateTable<CustomCurrency> _rows = new(
        "custom_currencies",
        BodyJson.Default.CustomCurrency,
        currency => currency.Uid,
        ("id", c => c.Id.Value),
        ("status", c => c.IsArchived ? Archived : Active),
        ("created_at", c => c.CreatedAt.ToUnixTimeMilliseconds()));

    /// <summary>The one an id means: the active one, else the one archived last (spec credits 2).</summary>
    public async Task<Versioned<CustomCurrency>?> FindAsync(
        Session session, EnvironmentId environment, CurrencyId id) =>
        (await _rows.ListAsync(session, environment, "id = @id", new { id = id.Value }))
        .OrderBy(row => row.Value.IsArchived)
        .ThenByDescending(row => row.Value.ArchivedAt)
        .FirstOrDefault();

    /// <summary>Every currency of the environment, archived ones included; one an id.</summary>
    public async Task<IReadOnlyDictionary<CurrencyId, CustomCurrency>> ListAsync(
        Session session, EnvironmentId environment) =>
        (await _rows.ListAsync(session, environment, "1 = 1", new { }))
        .Select(row => row.Value)
        .GroupBy(currency => currency.Id)
        .ToDictionary(
            group => group.Key,
            group => group.OrderBy(c => c.IsArchived).ThenByDescending(c => c.ArchivedAt).First());

    public Task<int> CountActiveAsync(Session session, EnvironmentId environment) =>
        session.Connection.ExecuteScalarAsync<int>(
            "SELECT COUNT(*) FROM custom_currencies WHERE environment_id = @environment AND status = @status",
            new { environment = environment.Value, status = Active },
            session.Transaction);

    public Task<Result<Page<CustomCurrency>>> PageAsync(
        Session session, EnvironmentId environment, IReadOnlyCollection<bool>? archived, PageRequest page)
    {
        var statuses = archived is { Count: > 0 } asked ? asked : [false];
        return _rows.PageAsync(
            session,
            environment,
            new RowQuery().AndAny("status", "status", [.. statuses.Select(a => a ? Archived : Active)]),
            page);
    }

    public Task InsertAsync(Session session, EnvironmentId environment, CustomCurrency currency) =>
        _rows.InsertAsync(session, environment, currency);

    public Task UpdateAsync(
        Session session, EnvironmentId environment, Versioned<CustomCurrency> read, CustomCurrency currency) =>
        _rows.UpdateAsync(session, environment, read, currency);
}
