using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Storage;

namespace Tollgate.Modules.Billing.Invoices;

/// <summary>
/// The balances of customers as rows that are only ever added, but for what is left of an entry that gave. The caller
/// holds the books (<see cref="InvoiceStore.LockBooksAsync"/>) when it writes.
/// </summary>
internal sealed class BalanceStore
{
    private const string Columns = """
        uid AS Uid, kind AS Kind, amount AS Amount, remaining AS Remaining, invoice_uid AS InvoiceUid,
        source_uid AS SourceUid, created_at AS CreatedAt
        """;

    /// <summary>Every entry in the currency, oldest first.</summary>
    public async ValueTask<IReadOnlyList<BalanceEntry>> ListAsync(
        Session session, EnvironmentId environment, CustomerId customer, string currency) =>
        WithoutAny(session, environment).Contains(customer)
            ? []
            : await QueryAsync(
                session,
                $"""
                SELECT {Columns} FROM balance_entries
                WHERE environment_id = @environment AND customer_id = @customer AND currency = @currency ORDER BY seq
                """,
                new { environment = environment.Value, customer = customer.Value, currency });

    /// <summary>
    /// Notes for the rest of the session which of these customers have no entry, where asking costs more than the
    /// answer: not on SQLite.
    /// </summary>
    public async Task KeepAsync(Session session, EnvironmentId environment, IReadOnlyCollection<CustomerId> customers)
    {
        if (session.Kind == DatabaseKind.Sqlite || customers.Count < 2)
            return;
        var having = await session.Connection.QueryAsync<string>(
            "SELECT DISTINCT customer_id FROM balance_entries WHERE environment_id = @environment "
            + "AND customer_id = ANY(@customers)",
            new { environment = environment.Value, customers = customers.Select(c => c.Value).ToArray() },
            session.Transaction);
        WithoutAny(session, environment).UnionWith(customers.Except(having.Select(id => new CustomerId(id))));
    }

    /// <summary>The currencies the customer ever had a balance in.</summary>
    public async Task<IReadOnlyList<string>> CurrenciesAsync(
        Session session, EnvironmentId environment, CustomerId customer) =>
        [.. await session.Connection.QueryAsync<string>(
            """
            SELECT DISTINCT currency FROM balance_entries
            WHERE environment_id = @environment AND customer_id = @customer ORDER BY currency
            """,
            new { environment = environment.Value, customer = customer.Value },
            session.Transaction)];

    public async Task AddAsync(
        Session session, EnvironmentId environment, CustomerId customer, string currency, BalanceEntry entry)
    {
        WithoutAny(session, environment).Remove(customer);
        await session.Connection.ExecuteAsync(
            """
            INSERT INTO balance_entries
              (uid, environment_id, customer_id, currency, kind, amount, remaining, invoice_uid, source_uid, created_at)
            VALUES (@uid, @environment, @customer, @currency, @kind, @amount, @remaining, @invoice, @source, @created)
            """,
            new
            {
                uid = entry.Uid,
                environment = environment.Value,
                customer = customer.Value,
                currency,
                kind = entry.Kind.ToString(),
                amount = entry.Amount,
                remaining = entry.Remaining,
                invoice = entry.InvoiceUid,
                source = entry.SourceUid,
                created = entry.CreatedAt.ToUnixTimeMilliseconds(),
            },
            session.Transaction);
    }

    /// <summary>Changes what is left of an entry that gave.</summary>
    public async Task SetRemainingAsync(Session session, EnvironmentId environment, Guid entry, decimal remaining) =>
        await session.Connection.ExecuteAsync(
            "UPDATE balance_entries SET remaining = @remaining WHERE environment_id = @environment AND uid = @entry",
            new { environment = environment.Value, entry, remaining },
            session.Transaction);

    /// <summary>
    /// Customers that were found to have none; what others give them meanwhile comes after this session.
    /// </summary>
    private static HashSet<CustomerId> WithoutAny(Session session, EnvironmentId environment)
    {
        var key = (typeof(BalanceStore), environment);
        if (session.Notes.TryGetValue(key, out var known))
            return (HashSet<CustomerId>)known!;
        var none = new HashSet<CustomerId>();
        session.Notes[key] = none;
        return none;
    }

    private static async Task<IReadOnlyList<BalanceEntry>> QueryAsync(Session session, string sql, object parameters) =>
        [.. (await session.Connection.QueryAsync<Row>(sql, parameters, session.Transaction))
            .Select(row => row.ToEntry())];

    private sealed class Row
    {
        public Guid Uid { get; set; }
        public string Kind { get; set; } = "";
        public decimal Amount { get; set; }
        public decimal Remaining { get; set; }
        public Guid InvoiceUid { get; set; }
        public Guid? SourceUid { get; set; }
        public long CreatedAt { get; set; }

        public BalanceEntry ToEntry() => new()
        {
            Uid = Uid,
            Kind = Enum.Parse<BalanceEntryKind>(Kind),
            Amount = Amount,
            Remaining = Remaining,
            InvoiceUid = InvoiceUid,
            SourceUid = SourceUid,
            CreatedAt = Instant.FromUnixTimeMilliseconds(CreatedAt),
        };
    }
}
