using System.Text.Json;
using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>Rows of grants, read one by one, by pool, by page, and by what is due.</summary>
internal sealed class CreditGrantStore
{
    private const string Open = "status IN ('Active', 'Scheduled', 'PaymentPending')";

    /// <summary>The grant with the readable id; null when unknown.</summary>
    public async Task<CreditGrant?> FindAsync(Session session, EnvironmentId environment, string id) =>
        (await ListAsync(session, environment, "id = @id", new { environment = environment.Value, id }))
            .FirstOrDefault();

    /// <summary>Every grant of the customer, closed ones included, oldest first.</summary>
    public Task<IReadOnlyList<CreditGrant>> OfCustomerAsync(
        Session session, EnvironmentId environment, CustomerId customer) => ListAsync(
        session, environment, "customer_id = @customer",
        new { environment = environment.Value, customer = customer.Value });

    /// <summary>These grants, open or closed; an unknown id has none.</summary>
    public async Task<IReadOnlyDictionary<Guid, CreditGrant>> OfUidsAsync(
        Session session, EnvironmentId environment, IReadOnlyCollection<Guid> uids)
    {
        var grants = new Dictionary<Guid, CreditGrant>();
        foreach (var uid in uids)
        {
            foreach (var grant in await ListAsync(
                session, environment, "uid = @uid", new { environment = environment.Value, uid }))
            {
                grants[uid] = grant;
            }
        }

        return grants;
    }

    /// <summary>The grants that an invoice pays for.</summary>
    public Task<IReadOnlyList<CreditGrant>> OfInvoiceAsync(
        Session session, EnvironmentId environment, Guid invoice) => ListAsync(
        session, environment, "invoice_uid = @invoice", new { environment = environment.Value, invoice });

    /// <summary>All pools of a customer, those whose grants are all closed included.</summary>
    public async Task<IReadOnlyDictionary<PoolKey, CreditPool>> PoolsAsync(
        Session session, EnvironmentId environment, CustomerId customer)
    {
        var parameters = new { environment = environment.Value, customer = customer.Value };
        var open = await ListAsync(session, environment, $"customer_id = @customer AND {Open}", parameters);
        var keys = await session.Connection.QueryAsync<(string Resource, string Currency)>(
            """
            SELECT DISTINCT resource_id, currency_id FROM credit_grants
            WHERE environment_id = @environment AND customer_id = @customer
            """,
            parameters,
            session.Transaction);
        var byPool = open.ToLookup(grant => grant.Pool);
        return keys.Select(key => new PoolKey(customer, ResourceOf(key.Resource), new(key.Currency)))
            .ToDictionary(key => key, key => CreditPool.Of(key, byPool[key]));
    }

    /// <summary>The open grants of one pool.</summary>
    public Task<IReadOnlyList<CreditGrant>> OpenOfPoolAsync(Session session, EnvironmentId environment, PoolKey pool) =>
        ListAsync(session, environment, $"{OfPool} AND {Open}", Parameters(environment, pool, Instant.MinValue));

    /// <summary>The grants of one pool that settled what was billed from the instant on, open or closed.</summary>
    public async Task<IReadOnlyList<CreditGrant>> OveragesOfPoolAsync(
        Session session, EnvironmentId environment, PoolKey pool, Instant since) =>
    [
        .. (await ListAsync(
            session, environment, $"{OfPool} AND grant_type = 'Paid' AND created_at >= @since",
            Parameters(environment, pool, since))).Where(grant => grant.Overage is not null),
    ];

    /// <summary>Newest first (spec credits 4.7).</summary>
    public async Task<Result<Page<CreditGrant>>> PageAsync(
        Session session, EnvironmentId environment, CreditGrantFilter filter, PageRequest page)
    {
        var query = new RowQuery()
            .And("customer_id = @customer", "customer", filter.CustomerId.Value)
            .And("resource_id = @resource", "resource", filter.ResourceId?.Value ?? "")
            .AndIf("currency_id = @currency", "currency", filter.CurrencyId?.Value)
            .AndCreated(filter.Created);
        var rows = await query.PageAsync<Row>(
            session, "credit_grants", "uid AS Uid, body AS Body", environment.Value, page, row => row.Uid);
        return rows.Map(p => p.Map(row => row.ToGrant()));
    }

    /// <inheritdoc cref="DueCustomers.NextAsync"/>
    public Task<Instant?> NextDueAsync(Session session, EnvironmentId environment) =>
        DueCustomers.NextAsync(session, "credit_grants", environment);

    /// <inheritdoc cref="DueCustomers.ListAsync"/>
    public Task<IReadOnlyList<(CustomerId Customer, Instant Due)>> ListDueAsync(
        Session session, EnvironmentId environment, Instant until, int take) =>
        DueCustomers.ListAsync(session, "credit_grants", environment, until, take);

    /// <summary>Customers that ever had a grant, by id, after the given one.</summary>
    public async Task<IReadOnlyList<CustomerId>> CustomersAsync(
        Session session, EnvironmentId environment, string after, int take) =>
    [
        .. (await session.Connection.QueryAsync<string>(
            """
            SELECT DISTINCT customer_id FROM credit_grants
            WHERE environment_id = @environment AND customer_id > @after ORDER BY customer_id LIMIT @take
            """,
            new { environment = environment.Value, after, take },
            session.Transaction))
        .Select(id => new CustomerId(id)),
    ];

    public static ResourceId? ResourceOf(string stored) => stored.Length == 0 ? null : new ResourceId(stored);

    private const string OfPool = "customer_id = @customer AND resource_id = @resource AND currency_id = @currency";

    private static object Parameters(EnvironmentId environment, PoolKey pool, Instant since) => new
    {
        environment = environment.Value,
        customer = pool.CustomerId.Value,
        resource = pool.ResourceId?.Value ?? "",
        currency = pool.CurrencyId.Value,
        since = since.ToUnixTimeMilliseconds(),
    };

    private static async Task<IReadOnlyList<CreditGrant>> ListAsync(
        Session session, EnvironmentId environment, string condition, object parameters) =>
    [
        .. (await session.Connection.QueryAsync<Row>(
            $"SELECT uid AS Uid, body AS Body FROM credit_grants WHERE environment_id = @environment AND {condition} "
            + "ORDER BY seq",
            parameters,
            session.Transaction))
        .Select(row => row.ToGrant()),
    ];

    private sealed class Row
    {
        public Guid Uid { get; set; }
        public string Body { get; set; } = "";

        public CreditGrant ToGrant() => JsonSerializer.Deserialize(Body, BodyJson.Default.CreditGrant)!;
    }
}

/// <summary>Which grants are asked for; without a resource only those of the customer's own pool.</summary>
public sealed record CreditGrantFilter(CustomerId CustomerId)
{
    public ResourceId? ResourceId { get; init; }
    public CurrencyId? CurrencyId { get; init; }
    public CreatedRange Created { get; init; }
}
