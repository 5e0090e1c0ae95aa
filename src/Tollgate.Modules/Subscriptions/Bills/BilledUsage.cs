using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
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
        ("end_at", bill => bill.Until.ToUnixTimeMilliseconds()));

    /// <summary>
    /// Says that usage dated in [<paramref name="from"/>, <paramref name="until"/>] is not what it was; bills that it
    /// cannot have changed are none the worse for being looked at again.
    /// </summary>
    public static Task MarkAsync(
        Session session, EnvironmentId environment, CustomerId customer, FeatureId feature, Instant from, Instant until) =>
        session.Connection.ExecuteAsync(
            """
            INSERT INTO late_usage (environment_id, customer_id, bill_uid, feature_id)
            SELECT environment_id, customer_id, uid, @feature FROM usage_bills
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

    /// <summary>Keeps what is billed by now; nothing of the bill is late any more.</summary>
    internal async Task SettleAsync(Session session, EnvironmentId environment, UsageBill bill)
    {
        var row = await _rows.FindAsync(session, environment, "uid = @uid", new { uid = bill.Uid })
            ?? throw new InvalidOperationException($"The usage bill {bill.Uid} is gone.");
        await _rows.UpdateAsync(session, environment, row, bill);
        await session.Connection.ExecuteAsync(
            """
            DELETE FROM late_usage
            WHERE environment_id = @environment AND customer_id = @customer AND bill_uid = @uid
            """,
            new { environment = environment.Value, customer = bill.Subscription.CustomerId.Value, uid = bill.Uid },
            session.Transaction);
    }

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
