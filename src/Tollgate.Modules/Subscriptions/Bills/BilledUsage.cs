using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions.Bills;

/// <summary>
/// What bills said about usage, and whose usage may have changed since. Read and written under the lock of the
/// customer.
/// </summary>
public sealed class BilledUsage
{
    private readonly AggregateTable<UsageBill> _rows = new(
        "usage_bills",
        BodyJson.Default.UsageBill,
        bill => bill.Uid,
        ("customer_id", bill => bill.Subscription.CustomerId.Value),
        ("subscription_uid", bill => bill.Subscription.Uid),
        ("start_at", bill => bill.From.ToUnixTimeMilliseconds()),
        ("end_at", bill => bill.Until.ToUnixTimeMilliseconds()),
        ("finalize_at", bill => bill.FinalizeAt?.ToUnixTimeMilliseconds()));

    /// <summary>
    /// Says that usage dated in [<paramref name="from"/>, <paramref name="until"/>] is not what it was; bills that it
    /// cannot have changed are none the worse for being looked at again. Those whose invoice is a DRAFT are soon made anew.
    /// </summary>
    /// <param name="session">The transaction that changes the usage.</param>
    /// <param name="environment">Where.</param>
    /// <param name="customer">Whose usage; locked.</param>
    /// <param name="feature">Of what.</param>
    /// <param name="from">The earliest.</param>
    /// <param name="until">The latest.</param>
    /// <param name="now">When that is known.</param>
    public static Task MarkAsync(
        Session session, EnvironmentId environment, CustomerId customer, FeatureId feature, Instant from, Instant until,
        Instant now) =>
        session.Connection.ExecuteAsync(
            """
            INSERT INTO late_usage (environment_id, customer_id, bill_uid, feature_id, draft_since)
            SELECT environment_id, customer_id, uid, @feature,
              CASE WHEN finalize_at IS NULL THEN NULL ELSE CAST(@now AS BIGINT) END FROM usage_bills
            WHERE environment_id = @environment AND customer_id = @customer AND end_at > @from AND start_at <= @until
            ON CONFLICT DO NOTHING
            """,
            new
            {
                environment = environment.Value,
                customer = customer.Value,
                feature = feature.Value,
                from = from.ToUnixTimeMilliseconds(),
                until = until.ToUnixTimeMilliseconds(),
                now = now.ToUnixTimeMilliseconds(),
            },
            session.Transaction);

    /// <summary>The bills that usage dated in the range may have changed, oldest first.</summary>
    public async Task<IReadOnlyList<UsageBill>> ListAsync(
        Session session, EnvironmentId environment, CustomerId customer, Instant from, Instant until) =>
        [.. (await _rows.ListAsync(
            session,
            environment,
            "customer_id = @customer AND end_at > @from AND start_at <= @until",
            new
            {
                customer = customer.Value,
                from = from.ToUnixTimeMilliseconds(),
                until = until.ToUnixTimeMilliseconds(),
            })).Select(row => row.Value)];

    /// <summary>Those of the customers that have a bill which ends after the instant.</summary>
    public static async Task<IReadOnlySet<string>> CustomersAsync(
        Session session, EnvironmentId environment, string[] customers, Instant from)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        const string billed = "environment_id = @environment AND end_at > @after AND customer_id";
        var (env, after) = (environment.Value, from.ToUnixTimeMilliseconds());
        if (session.Kind == DatabaseKind.PostgreSql)
        {
            found.UnionWith(await session.Connection.QueryAsync<string>(
                $"SELECT DISTINCT customer_id FROM usage_bills WHERE {billed} = ANY(@customers)",
                new { environment = env, after, customers },
                session.Transaction));
            return found;
        }

        foreach (var customer in customers)
        {
            if (await session.Connection.ExecuteScalarAsync<bool>(
                $"SELECT EXISTS (SELECT 1 FROM usage_bills WHERE {billed} = @customer)",
                new { environment = env, after, customer },
                session.Transaction))
            {
                found.Add(customer);
            }
        }

        return found;
    }

    /// <summary>
    /// The beginning of the earliest bill whose usage has still to be measured anew; null = there is none.
    /// </summary>
    public static async Task<Instant?> EarliestMarkedAsync(Session session, EnvironmentId environment) =>
        await session.Connection.ExecuteScalarAsync<long?>(
            """
            SELECT min(b.start_at) FROM late_usage l
            JOIN usage_bills b ON b.environment_id = l.environment_id AND b.uid = l.bill_uid
            WHERE l.environment_id = @environment
            """,
            new { environment = environment.Value },
            session.Transaction) is { } at
                ? Instant.FromUnixTimeMilliseconds(at)
                : null;

    /// <summary>
    /// Bills of periods that began before the instant are final: what they measured is no longer there to be measured.
    /// </summary>
    public static Task FinishAsync(Session session, EnvironmentId environment, Instant before) =>
        session.Connection.ExecuteAsync(
            "DELETE FROM usage_bills WHERE environment_id = @environment AND start_at < @before",
            new { environment = environment.Value, before = before.ToUnixTimeMilliseconds() },
            session.Transaction);

    internal Task InsertAsync(Session session, EnvironmentId environment, UsageBill bill) =>
        _rows.InsertAsync(session, environment, bill);

    /// <summary>Keeps what is billed by now.</summary>
    internal async Task UpdateAsync(Session session, EnvironmentId environment, UsageBill bill)
    {
        var row = await _rows.FindAsync(session, environment, "uid = @uid", new { uid = bill.Uid })
            ?? throw new InvalidOperationException($"The usage bill {bill.Uid} is gone.");
        await _rows.UpdateAsync(session, environment, row, bill);
    }

    /// <summary>The same; nothing of the bill is late any more, or nothing of these features.</summary>
    internal async Task SettleAsync(
        Session session, EnvironmentId environment, UsageBill bill, IReadOnlySet<FeatureId>? features = null)
    {
        await UpdateAsync(session, environment, bill);
        foreach (var feature in features is null ? [(FeatureId?)null] : features.Select(f => (FeatureId?)f))
        {
            await session.Connection.ExecuteAsync(
                $"""
                DELETE FROM late_usage
                WHERE environment_id = @environment AND customer_id = @customer AND bill_uid = @uid
                  {(feature is null ? "" : "AND feature_id = @feature")}
                """,
                new
                {
                    environment = environment.Value,
                    customer = bill.Subscription.CustomerId.Value,
                    uid = bill.Uid,
                    feature = feature?.Value,
                },
                session.Transaction);
        }
    }

    /// <summary>The bill whose invoice this DRAFT is; null when it is no DRAFT about usage.</summary>
    internal async Task<UsageBill?> OfDraftAsync(
        Session session, EnvironmentId environment, CustomerId customer, Guid invoiceUid) =>
        (await _rows.ListAsync(
            session, environment, "customer_id = @customer AND finalize_at IS NOT NULL", new { customer = customer.Value }))
        .Select(row => row.Value).FirstOrDefault(bill => bill.InvoiceUid == invoiceUid);

    /// <summary>
    /// Says that an earlier bill of the term leaves another rest of the minimum spend than the bill found: the next one of the
    /// subscription has the difference.
    /// </summary>
    internal async Task FindOtherAsync(Session session, EnvironmentId environment, UsageBill bill, Money left)
    {
        await UpdateAsync(
            session, environment, bill with { Subscription = bill.Subscription with { MinimumSpendLeft = left } });
        await session.Connection.ExecuteAsync(
            """
            INSERT INTO late_usage (environment_id, customer_id, bill_uid, feature_id)
            VALUES (@environment, @customer, @uid, @feature) ON CONFLICT DO NOTHING
            """,
            new
            {
                environment = environment.Value,
                customer = bill.Subscription.CustomerId.Value,
                uid = bill.Uid,
                feature = bill.Features.First().Value,
            },
            session.Transaction);
    }

    /// <summary>What is marked of the customer waits for a bill to come, no DRAFT is to be made anew for it.</summary>
    internal static Task WaitAsync(Session session, EnvironmentId environment, CustomerId customer) =>
        session.Connection.ExecuteAsync(
            """
            UPDATE late_usage SET draft_since = NULL
            WHERE environment_id = @environment AND customer_id = @customer AND draft_since IS NOT NULL
            """,
            new { environment = environment.Value, customer = customer.Value },
            session.Transaction);

    /// <summary>Since when a DRAFT has to be made anew; null = none has.</summary>
    internal static async Task<Instant?> LateDraftsSinceAsync(Session session, EnvironmentId environment) =>
        await session.Connection.ExecuteScalarAsync<long?>(
            "SELECT min(draft_since) FROM late_usage WHERE environment_id = @environment AND draft_since IS NOT NULL",
            new { environment = environment.Value },
            session.Transaction) is { } since
                ? Instant.FromUnixTimeMilliseconds(since)
                : null;

    /// <summary>Whose DRAFTs have to be made anew by the instant.</summary>
    internal static async Task<IReadOnlyList<CustomerId>> LateDraftCustomersAsync(
        Session session, EnvironmentId environment, Instant until) =>
        [.. (await session.Connection.QueryAsync<string>(
            """
            SELECT customer_id FROM late_usage
            WHERE environment_id = @environment AND draft_since <= @until GROUP BY customer_id ORDER BY min(draft_since)
            """,
            new { environment = environment.Value, until = until.ToUnixTimeMilliseconds() },
            session.Transaction)).Select(id => new CustomerId(id))];

    /// <summary>The features that are late, by bill; mostly none.</summary>
    internal async Task<ILookup<Guid, FeatureId>> MarksAsync(
        Session session, EnvironmentId environment, CustomerId customer) =>
        (await session.Connection.QueryAsync<(Guid Uid, string Feature)>(
            """
            SELECT bill_uid AS Uid, feature_id AS Feature FROM late_usage
            WHERE environment_id = @environment AND customer_id = @customer
            """,
            new { environment = environment.Value, customer = customer.Value },
            session.Transaction)).ToLookup(row => row.Uid, row => new FeatureId(row.Feature));

    /// <summary>All of the customer, oldest first.</summary>
    internal async Task<IReadOnlyList<UsageBill>> ListAsync(
        Session session, EnvironmentId environment, CustomerId customer) =>
        [.. (await _rows.ListAsync(
            session, environment, "customer_id = @customer", new { customer = customer.Value })).Select(row => row.Value)];
}
