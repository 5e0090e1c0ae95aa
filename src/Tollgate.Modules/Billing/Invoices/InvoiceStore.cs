using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Billing.Invoices;

/// <summary>Rows of invoices and credit notes, and the numbers they have.</summary>
internal sealed class InvoiceStore
{
    private readonly AggregateTable<Invoice> _rows = new(
        "invoices",
        BodyJson.Default.Invoice,
        invoice => invoice.Uid,
        ("customer_id", i => i.CustomerId.Value),
        ("subscription_id", i => i.SubscriptionId?.Value),
        ("contract_id", i => i.ContractId),
        ("number", i => i.Number),
        ("status", i => i.Status.ToString()),
        ("is_credit_note", i => i.IsCreditNote ? 1 : 0),
        ("issued_at", i => i.IssuedAt?.ToUnixTimeMilliseconds()),
        ("due_date", i => i.DueDate?.ToUnixTimeMilliseconds()),
        ("total_minor", i => Hundredths(i.Amounts.Total)),
        ("next_attempt_at", i => i.NextAttemptAt?.ToUnixTimeMilliseconds()),
        ("payment_token", i => i.PaymentToken),
        ("created_at", i => i.CreatedAt.ToUnixTimeMilliseconds()));

    public Task<Versioned<Invoice>?> FindAsync(Session session, EnvironmentId environment, Guid uid) =>
        _rows.FindAsync(session, environment, "uid = @uid", new { uid });

    public async Task<IReadOnlyList<Invoice>> ListAsync(
        Session session, EnvironmentId environment, IReadOnlyCollection<Guid> uids)
    {
        if (uids.Count == 0)
            return [];
        var parameters = new DynamicParameters();
        var names = new List<string>(uids.Count);
        foreach (var uid in uids)
        {
            parameters.Add($"uid{names.Count}", uid);
            names.Add($"@uid{names.Count}");
        }

        var rows = await _rows.ListAsync(session, environment, $"uid IN ({string.Join(", ", names)})", parameters);
        return [.. rows.Select(row => row.Value)];
    }

    public Task InsertAsync(Session session, EnvironmentId environment, Invoice invoice) =>
        _rows.InsertAsync(session, environment, invoice);

    public Task InsertAsync(Session session, EnvironmentId environment, IReadOnlyList<Invoice> invoices) =>
        _rows.InsertAsync(session, environment, invoices);

    public Task UpdateAsync(Session session, EnvironmentId environment, Versioned<Invoice> read, Invoice invoice) =>
        _rows.UpdateAsync(session, environment, read, invoice);

    public Task DeleteAsync(Session session, EnvironmentId environment, Invoice invoice) =>
        _rows.DeleteAsync(session, environment, invoice);

    /// <summary>The invoice of the subscription that was issued last, credit notes aside.</summary>
    public Task<Versioned<Invoice>?> LatestOfSubscriptionAsync(
        Session session, EnvironmentId environment, SubscriptionId subscription) =>
        _rows.FindAsync(
            session,
            environment,
            """
            seq = (SELECT seq FROM invoices WHERE environment_id = @environment AND subscription_id = @subscription
                AND is_credit_note = 0 AND number IS NOT NULL ORDER BY issued_at DESC, seq DESC LIMIT 1)
            """,
            new { subscription = subscription.Value });

    public async Task<IReadOnlyList<Invoice>> OpenOfSubscriptionAsync(
        Session session, EnvironmentId environment, SubscriptionId subscription)
    {
        var rows = await _rows.ListAsync(
            session, environment, "subscription_id = @subscription AND status = @status",
            new { subscription = subscription.Value, status = nameof(InvoiceStatus.Open) });
        return [.. rows.Select(row => row.Value)];
    }

    /// <summary>The paid bills of these customers, credit notes included.</summary>
    public async Task<IReadOnlyList<Invoice>> ListPaidOfCustomersAsync(
        Session session, EnvironmentId environment, IReadOnlyCollection<CustomerId> customers)
    {
        var query = new RowQuery()
            .And("status = @status", "status", nameof(InvoiceStatus.Paid))
            .AndAny("customer_id", "customer", [.. customers.Select(c => c.Value)]);
        return [.. (await _rows.ListAsync(session, environment, query.Where, query.Parameters)).Select(row => row.Value)];
    }

    /// <summary>The bill of the subscription that was issued last, be it an invoice or a credit note.</summary>
    public Task<Versioned<Invoice>?> LatestBillOfSubscriptionAsync(
        Session session, EnvironmentId environment, SubscriptionId subscription) =>
        _rows.FindAsync(
            session,
            environment,
            """
            seq = (SELECT seq FROM invoices WHERE environment_id = @environment AND subscription_id = @subscription
                AND number IS NOT NULL ORDER BY issued_at DESC, seq DESC LIMIT 1)
            """,
            new { subscription = subscription.Value });

    /// <summary>The environment and id of the invoice a payment page is about; null when there is none.</summary>
    public async Task<(EnvironmentId Environment, Guid Uid)?> FindByTokenAsync(Session session, string token)
    {
        var row = await session.Connection.QuerySingleOrDefaultAsync<TokenRow>(
            "SELECT environment_id AS EnvironmentId, uid AS Uid FROM invoices WHERE payment_token = @token",
            new { token },
            session.Transaction);
        return row is null ? null : (new((int)row.EnvironmentId), row.Uid);
    }

    public Task<Result<Page<Invoice>>> PageAsync(
        Session session, EnvironmentId environment, InvoiceFilter filter, PageRequest page)
    {
        var query = new RowQuery()
            .AndIf("customer_id = @customer", "customer", filter.CustomerId?.Value)
            .AndIf("subscription_id = @subscription", "subscription", filter.SubscriptionId?.Value)
            .AndAny("status", "status", filter.Statuses?.Select(s => s.ToString()).ToArray())
            .AndIf("is_credit_note = @credit", "credit", filter.CreditNotes is { } notes ? (notes ? 1 : 0) : null);
        return _rows.PageAsync(session, environment, query, page);
    }

    /// <summary>
    /// Takes the books of the environment: until this transaction ends nobody else numbers invoices or moves balances. Taken
    /// before any of these rows is read for writing, so that two transactions never wait for each other.
    /// </summary>
    public async Task<long> LockBooksAsync(Session session, EnvironmentId environment) =>
        await session.Connection.ExecuteScalarAsync<long>(
            """
            INSERT INTO invoice_numbers (environment_id, last_number) VALUES (@environment, 0)
            ON CONFLICT (environment_id) DO UPDATE SET last_number = invoice_numbers.last_number
            RETURNING last_number
            """,
            new { environment = environment.Value },
            session.Transaction);

    /// <summary>The first of that many numbers in sequence; takes the books, as <see cref="LockBooksAsync"/> does.</summary>
    public async Task<long> TakeNumbersAsync(Session session, EnvironmentId environment, int count) =>
        await session.Connection.ExecuteScalarAsync<long>(
            """
            INSERT INTO invoice_numbers (environment_id, last_number) VALUES (@environment, @count)
            ON CONFLICT (environment_id) DO UPDATE SET last_number = invoice_numbers.last_number + @count
            RETURNING last_number
            """,
            new { environment = environment.Value, count = (long)count },
            session.Transaction) - count + 1;

    /// <summary>The earliest instant at which time alone does something to an invoice of the environment, or null.</summary>
    public async Task<Instant?> NextDueAsync(Session session, EnvironmentId environment)
    {
        var due = await session.Connection.ExecuteScalarAsync<long?>(
            "SELECT MIN(next_attempt_at) FROM invoices WHERE environment_id = @environment",
            new { environment = environment.Value },
            session.Transaction);
        return due is { } milliseconds ? Instant.FromUnixTimeMilliseconds(milliseconds) : null;
    }

    /// <summary>Invoices with something due at or before <paramref name="until"/>, the earliest due first.</summary>
    public async Task<IReadOnlyList<(Guid Uid, Instant Due)>> ListDueAsync(
        Session session, EnvironmentId environment, Instant until, int limit) =>
        [.. (await session.Connection.QueryAsync<DueRow>(
            """
            SELECT uid AS Uid, next_attempt_at AS Due FROM invoices
            WHERE environment_id = @environment AND next_attempt_at <= @until ORDER BY next_attempt_at, seq LIMIT @limit
            """,
            new { environment = environment.Value, until = until.ToUnixTimeMilliseconds(), limit },
            session.Transaction)).Select(row => (row.Uid, Instant.FromUnixTimeMilliseconds(row.Due)))];

    /// <summary>The rows of one customer's list, in the order asked for.</summary>
    public async Task<IReadOnlyList<Invoice>> ListOfCustomerAsync(
        Session session, EnvironmentId environment, RowQuery query, string order, int take)
    {
        query.And("environment_id = @environment", "environment", environment.Value).Parameters.Add("take", take);
        var rows = await session.Connection.QueryAsync<AggregateTable<Invoice>.Row>(
            $"SELECT uid, version, body FROM invoices WHERE {query.Where} ORDER BY {order} LIMIT @take",
            query.Parameters,
            session.Transaction);
        return [.. rows.Select(row => System.Text.Json.JsonSerializer.Deserialize(row.Body, BodyJson.Default.Invoice)!)];
    }

    /// <summary>A row's number, to continue a list after rows that are equal otherwise.</summary>
    public async Task<long?> SeqOfAsync(Session session, EnvironmentId environment, Guid uid) =>
        await session.Connection.ExecuteScalarAsync<long?>(
            "SELECT seq FROM invoices WHERE environment_id = @environment AND uid = @uid",
            new { environment = environment.Value, uid },
            session.Transaction);

    /// <summary>Amounts beyond the range keep their order only roughly; they are never computed with.</summary>
    internal static long Hundredths(decimal amount) =>
        (long)decimal.Truncate(Math.Clamp(amount, long.MinValue / 100m, long.MaxValue / 100m) * 100m);

    private sealed class TokenRow
    {
        public long EnvironmentId { get; set; }
        public Guid Uid { get; set; }
    }

    private sealed class DueRow
    {
        public Guid Uid { get; set; }
        public long Due { get; set; }
    }
}

/// <summary>Which invoices are asked for; null filters nothing.</summary>
public sealed record InvoiceFilter
{
    public CustomerId? CustomerId { get; init; }
    public SubscriptionId? SubscriptionId { get; init; }
    public IReadOnlyCollection<InvoiceStatus>? Statuses { get; init; }

    /// <summary>True: credit notes only; false: invoices only.</summary>
    public bool? CreditNotes { get; init; }
}
