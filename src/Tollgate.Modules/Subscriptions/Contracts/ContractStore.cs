using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions.Contracts;

/// <summary>Rows of contracts.</summary>
internal sealed class ContractStore
{
    private readonly AggregateTable<Contract> _rows = new(
        "contracts",
        BodyJson.Default.Contract,
        contract => contract.Uid,
        ("id", c => c.Id),
        ("customer_id", c => c.CustomerId.Value),
        ("name", c => c.Name),
        ("is_canceled", c => c.CanceledAt is null ? 0 : 1),
        ("is_billed", c => c.IsBilled ? 1 : 0),
        ("starts_at", c => c.StartsAt.ToUnixTimeMilliseconds()),
        ("ends_at", c => c.EndsAt?.ToUnixTimeMilliseconds()),
        ("next_invoice_at", c => c.NextInvoiceAt?.ToUnixTimeMilliseconds()),
        ("created_at", c => c.CreatedAt.ToUnixTimeMilliseconds()));

    public Task<Versioned<Contract>?> FindAsync(Session session, EnvironmentId environment, string id) =>
        _rows.FindAsync(session, environment, "id = @id", new { id });

    /// <summary>Every contract of the customer, canceled ones included, oldest first.</summary>
    public Task<IReadOnlyList<Versioned<Contract>>> ListOfCustomerAsync(
        Session session, EnvironmentId environment, CustomerId customer) =>
        _rows.ListAsync(session, environment, "customer_id = @customer", new { customer = customer.Value });

    /// <summary>States are those at <paramref name="now"/>.</summary>
    public Task<Result<Page<Contract>>> PageAsync(
        Session session, EnvironmentId environment, ContractFilter filter, Instant now, PageRequest page)
    {
        var query = new RowQuery()
            .AndIf("customer_id = @customer", "customer", filter.CustomerId)
            .AndIf("name = @name", "name", filter.Name);
        if (filter.States is { Count: > 0 } states)
        {
            query.And(
                $"({string.Join(" OR ", states.Select(InState))})", "now", now.ToUnixTimeMilliseconds());
        }

        return _rows.PageAsync(session, environment, query, page);
    }

    public Task InsertAsync(Session session, EnvironmentId environment, Contract contract) =>
        _rows.InsertAsync(session, environment, contract);

    public Task UpdateAsync(Session session, EnvironmentId environment, Versioned<Contract> read, Contract contract) =>
        _rows.UpdateAsync(session, environment, read, contract);

    /// <summary>The earliest instant at which a contract of the environment is billed, or null.</summary>
    public async Task<Instant?> NextDueAsync(Session session, EnvironmentId environment)
    {
        var due = await session.Connection.ExecuteScalarAsync<long?>(
            "SELECT MIN(next_invoice_at) FROM contracts WHERE environment_id = @environment",
            new { environment = environment.Value },
            session.Transaction);
        return due is { } milliseconds ? Instant.FromUnixTimeMilliseconds(milliseconds) : null;
    }

    /// <summary>Contracts with an invoice due at or before <paramref name="until"/>, the earliest due first.</summary>
    public async Task<IReadOnlyList<DueContract>> ListDueAsync(
        Session session, EnvironmentId environment, Instant until, int limit) =>
        [.. (await session.Connection.QueryAsync<DueRow>(
            """
            SELECT id AS Id, customer_id AS Customer, next_invoice_at AS Due FROM contracts
            WHERE environment_id = @environment AND next_invoice_at <= @until ORDER BY next_invoice_at, seq LIMIT @limit
            """,
            new { environment = environment.Value, until = until.ToUnixTimeMilliseconds(), limit },
            session.Transaction)).Select(row => new DueContract(
                row.Id, new(row.Customer), Instant.FromUnixTimeMilliseconds(row.Due)))];

    /// <summary>What <see cref="Contract.StateAt"/> says, in SQL.</summary>
    private static string InState(ContractState state)
    {
        const string started = "is_canceled = 0 AND is_billed = 1 AND starts_at <= @now";
        return state switch
        {
            ContractState.Canceled => "(is_canceled = 1)",
            ContractState.Draft => "(is_canceled = 0 AND (is_billed = 0 OR starts_at > @now))",
            ContractState.EndBilling => $"({started} AND ends_at <= @now)",
            ContractState.Active => $"({started} AND (ends_at IS NULL OR ends_at > @now))",
            _ => throw new ArgumentOutOfRangeException(nameof(state), state, "Not a state of contracts."),
        };
    }

    private sealed class DueRow
    {
        public string Id { get; set; } = "";
        public string Customer { get; set; } = "";
        public long Due { get; set; }
    }
}

/// <summary>A contract with an invoice that is due.</summary>
internal sealed record DueContract(string Id, CustomerId Customer, Instant Due);

/// <summary>Which contracts are asked for; name and customer match exactly, null filters nothing.</summary>
public sealed record ContractFilter
{
    public string? CustomerId { get; init; }
    public string? Name { get; init; }
    public IReadOnlyCollection<ContractState>? States { get; init; }
}
