using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>Rows of subscriptions and of the usage resets their transitions caused.</summary>
internal sealed class SubscriptionStore
{
    private const string NotEnded = "status NOT IN ('Canceled', 'Expired')";
    private const string Live = "status IN ('Active', 'InTrial')";

    private readonly SubscriptionAddonStore _addons = new();
    private readonly AggregateTable<Subscription> _rows = new(
        "subscriptions",
        BodyJson.Default.Subscription,
        subscription => subscription.Uid,
        ("customer_id", s => s.CustomerId.Value),
        ("id", s => s.Id.Value),
        ("product_id", s => s.ProductId.Value),
        ("resource_id", s => s.ResourceId?.Value),
        ("plan_id", s => s.PlanId.Value),
        ("plan_version", s => s.PlanVersion),
        ("price_version", s => s.PriceVersion),
        ("status", s => s.Status.ToString()),
        ("pricing_type", s => s.PricingType.ToString()),
        ("paying_customer_id", s => s.PayingCustomerId?.Value),
        ("due_at", s => Due.Next(s)?.At.ToUnixTimeMilliseconds()),
        ("created_at", s => s.CreatedAt.ToUnixTimeMilliseconds()))
    {
        KeptBy = "customer_id",
    };

    public Task<Versioned<Subscription>?> FindAsync(Session session, EnvironmentId environment, SubscriptionId id) =>
        _rows.FindAsync(session, environment, "id = @id", new { id = id.Value });

    /// <summary>A record that is known to be there.</summary>
    public async Task<Versioned<Subscription>> FindByUidAsync(Session session, EnvironmentId environment, Guid uid) =>
        await _rows.FindAsync(session, environment, "uid = @uid", new { uid })
            ?? throw new InvalidOperationException($"The subscription {uid} is gone.");

    /// <summary>Every subscription the customer ever had, oldest first.</summary>
    public Task<IReadOnlyList<Versioned<Subscription>>> ListOfCustomerAsync(
        Session session, EnvironmentId environment, CustomerId customer) =>
        _rows.ListAsync(session, environment, "customer_id = @customer", new { customer = customer.Value });

    /// <summary>The same, read once a transaction that holds the customer's lock.</summary>
    public ValueTask<IReadOnlyList<Versioned<Subscription>>> ListLockedAsync(
        Session session, EnvironmentId environment, CustomerId customer) =>
        _rows.ListKeptAsync(session, environment, customer.Value);

    /// <summary>Reads ahead for <see cref="ListLockedAsync"/>.</summary>
    public Task KeepAsync(Session session, EnvironmentId environment, IEnumerable<CustomerId> customers) =>
        _rows.KeepAsync(session, environment, [.. customers.Select(c => c.Value)]);

    /// <summary>Those of the customer that have not ended, oldest first.</summary>
    public Task<IReadOnlyList<Versioned<Subscription>>> ListOpenOfCustomerAsync(
        Session session, EnvironmentId environment, CustomerId customer) =>
        _rows.ListAsync(
            session, environment, $"customer_id = @customer AND {NotEnded}", new { customer = customer.Value });

    /// <summary>Those not ended on a version of the plan before <paramref name="version"/>, oldest first.</summary>
    /// <param name="session">What to read from.</param>
    /// <param name="environment">Where.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="version">The version they are behind.</param>
    /// <param name="after">Only rows after this row number.</param>
    /// <param name="limit">How many at most.</param>
    public async Task<IReadOnlyList<SubscriptionRef>> ListOpenBeforeVersionAsync(
        Session session, EnvironmentId environment, PackageId plan, int version, long after, int limit) =>
        [.. (await session.Connection.QueryAsync<(long Seq, string Id, string Customer)>(
            $"""
            SELECT seq, id, customer_id FROM subscriptions
            WHERE environment_id = @environment AND plan_id = @plan AND plan_version < @version AND {NotEnded}
              AND seq > @after
            ORDER BY seq LIMIT @limit
            """,
            new { environment = environment.Value, plan = plan.Value, version, after, limit },
            session.Transaction)).Select(row => new SubscriptionRef(row.Seq, new(row.Id), new(row.Customer)))];

    public Task<long> CountOpenBeforeVersionAsync(
        Session session, EnvironmentId environment, PackageId plan, int version) =>
        session.Connection.ExecuteScalarAsync<long>(
            $"""
            SELECT COUNT(*) FROM subscriptions
            WHERE environment_id = @environment AND plan_id = @plan AND plan_version < @version AND {NotEnded}
            """,
            new { environment = environment.Value, plan = plan.Value, version },
            session.Transaction);

    public Task<Result<Page<Subscription>>> PageAsync(
        Session session, EnvironmentId environment, SubscriptionFilter filter, PageRequest page)
    {
        var query = new RowQuery()
            .AndIf("customer_id = @customer", "customer", filter.CustomerId)
            .AndIf("plan_id = @plan", "plan", filter.PlanId)
            .AndIf("resource_id = @resource", "resource", filter.ResourceId)
            .AndAny("status", "status", filter.Statuses?.Select(s => s.ToString()).ToArray())
            .AndAny("pricing_type", "pricing", filter.PricingTypes?.Select(p => p.ToString()).ToArray())
            .AndCreated(filter.Created);
        return _rows.PageAsync(session, environment, query, page);
    }

    public async Task InsertAsync(Session session, EnvironmentId environment, Subscription subscription)
    {
        await _rows.InsertAsync(session, environment, subscription);
        await _addons.SaveAsync(session, environment, before: null, subscription);
    }

    public async Task UpdateAsync(
        Session session, EnvironmentId environment, Versioned<Subscription> read, Subscription subscription)
    {
        await _rows.UpdateAsync(session, environment, read, subscription);
        await _addons.SaveAsync(session, environment, read.Value, subscription);
    }

    /// <summary>True when any subscription was ever made to the product.</summary>
    public Task<bool> ExistsForProductAsync(Session session, EnvironmentId environment, ProductId product) =>
        ExistsAsync(session, environment, "product_id = @id", product.Value);

    public Task<bool> ExistsOpenForProductAsync(Session session, EnvironmentId environment, ProductId product) =>
        ExistsAsync(session, environment, $"product_id = @id AND {NotEnded}", product.Value);

    /// <summary>True when the customer pays for an open subscription of another customer.</summary>
    public Task<bool> PaysForOthersAsync(Session session, EnvironmentId environment, CustomerId customer) =>
        ExistsAsync(session, environment, $"paying_customer_id = @id AND customer_id <> @id AND {NotEnded}", customer.Value);

    /// <summary>The paid ones that have not ended and that the customer pays for, oldest first.</summary>
    public Task<IReadOnlyList<Versioned<Subscription>>> ListOpenPaidByAsync(
        Session session, EnvironmentId environment, CustomerId payer) =>
        _rows.ListAsync(
            session,
            environment,
            $"""
            (paying_customer_id = @payer OR (customer_id = @payer AND paying_customer_id IS NULL))
            AND pricing_type = 'Paid' AND {NotEnded}
            """,
            new { payer = payer.Value });

    /// <summary>True when a subscription that has not ended pays the prices of this version of the plan.</summary>
    public async Task<bool> ExistsOpenAtPricesOfAsync(
        Session session, EnvironmentId environment, PackageId plan, int version) =>
        await session.Connection.ExecuteScalarAsync<long?>(
            $"""
            SELECT 1 FROM subscriptions
            WHERE environment_id = @environment AND plan_id = @plan AND price_version = @version AND {NotEnded} LIMIT 1
            """,
            new { environment = environment.Value, plan = plan.Value, version },
            session.Transaction) is not null;

    /// <summary>How many subscriptions that have not ended are on each version of the plan.</summary>
    public async Task<IReadOnlyDictionary<int, int>> CountOpenByVersionAsync(
        Session session, EnvironmentId environment, PackageId plan) =>
        (await session.Connection.QueryAsync<(long Version, long Count)>(
            $"""
            SELECT plan_version, COUNT(*) FROM subscriptions
            WHERE environment_id = @environment AND plan_id = @plan AND {NotEnded} GROUP BY plan_version
            """,
            new { environment = environment.Value, plan = plan.Value },
            session.Transaction)).ToDictionary(row => (int)row.Version, row => (int)row.Count);

    /// <summary>The customers with a subscription to the plan that has not ended.</summary>
    public async Task<IReadOnlyList<CustomerId>> ListOpenCustomersAsync(
        Session session, EnvironmentId environment, PackageId plan) =>
        [.. (await session.Connection.QueryAsync<string>(
            $"""
            SELECT DISTINCT customer_id FROM subscriptions
            WHERE environment_id = @environment AND plan_id = @plan AND {NotEnded}
            """,
            new { environment = environment.Value, plan = plan.Value },
            session.Transaction)).Select(id => new CustomerId(id))];

    /// <summary>The plan versions some live subscription is on, contents and prices alike.</summary>
    public async Task<IReadOnlyList<(PackageId Plan, int Version)>> ListLivePlanVersionsAsync(
        Session session, EnvironmentId environment) =>
        [.. (await session.Connection.QueryAsync<(string Plan, long Version)>(
            $"""
            SELECT plan_id, plan_version FROM subscriptions WHERE environment_id = @environment AND {Live}
            UNION SELECT plan_id, price_version FROM subscriptions WHERE environment_id = @environment AND {Live}
            """,
            new { environment = environment.Value },
            session.Transaction)).Select(row => (new PackageId(row.Plan), (int)row.Version))];

    /// <summary>What these customers have and had: subscriptions, paid ones, and customers with a paid one.</summary>
    public async Task<SubscriptionCounts> CountOfCustomersAsync(
        Session session, EnvironmentId environment, IReadOnlyCollection<CustomerId> customers)
    {
        var query = new RowQuery()
            .And("environment_id = @environment", "environment", environment.Value)
            .AndAny("customer_id", "customer", [.. customers.Select(c => c.Value)]);
        // Quotes inside a text of the body are escaped, so only the field itself reads like this.
        query.Parameters.Add("paid", $"%\"{nameof(Subscription.WasPaid)}\":true%");
        var (all, paid, payers) = await session.Connection.QuerySingleAsync<(long All, long Paid, long Payers)>(
            $"""
            SELECT COUNT(*), COUNT(CASE WHEN body LIKE @paid THEN 1 END),
              COUNT(DISTINCT CASE WHEN body LIKE @paid THEN customer_id END)
            FROM subscriptions WHERE {query.Where}
            """,
            query.Parameters,
            session.Transaction);
        return new(all, paid, payers);
    }

    /// <summary>True when a live subscription has a value of its own for the feature.</summary>
    public Task<bool> ExistsLiveWithOverrideAsync(Session session, EnvironmentId environment, FeatureId feature) =>
        ExistsWithOverrideAsync(session, environment, feature, Live);

    /// <summary>True when a subscription, ended ones included, has a value of its own for the feature.</summary>
    public Task<bool> ExistsWithOverrideAsync(Session session, EnvironmentId environment, FeatureId feature) =>
        ExistsWithOverrideAsync(session, environment, feature, "1 = 1");

    private async Task<bool> ExistsWithOverrideAsync(
        Session session, EnvironmentId environment, FeatureId feature, string condition) =>
        (await _rows.ListAsync(
            session,
            environment,
            // Finds more than the overrides, never less: an id holds nothing that JSON escapes.
            $"{condition} AND body LIKE @mention",
            new { mention = $"%\"FeatureId\":\"{feature.Value}\"%" }))
        .Any(row => row.Value.Overrides.Any(o => o.FeatureId == feature));

    /// <summary>The earliest instant at which a subscription of the environment is due, or null.</summary>
    public async Task<Instant?> NextDueAsync(Session session, EnvironmentId environment)
    {
        var due = await session.Connection.ExecuteScalarAsync<long?>(
            "SELECT MIN(due_at) FROM subscriptions WHERE environment_id = @environment",
            new { environment = environment.Value },
            session.Transaction);
        return due is { } milliseconds ? Instant.FromUnixTimeMilliseconds(milliseconds) : null;
    }

    /// <summary>The earliest instant at which a subscription of the customer is due, or null.</summary>
    public async Task<Instant?> NextDueAsync(Session session, EnvironmentId environment, CustomerId customer)
    {
        var due = await session.Connection.ExecuteScalarAsync<long?>(
            "SELECT MIN(due_at) FROM subscriptions WHERE environment_id = @environment AND customer_id = @customer",
            new { environment = environment.Value, customer = customer.Value },
            session.Transaction);
        return due is { } milliseconds ? Instant.FromUnixTimeMilliseconds(milliseconds) : null;
    }

    /// <summary>What is due after <paramref name="after"/> and at or before <paramref name="until"/>, in its order.</summary>
    public async Task<IReadOnlyList<DueRow>> ListDueAsync(
        Session session, EnvironmentId environment, DueRow after, Instant until, int limit) =>
        await DueRow.ListAsync(session, "subscriptions", environment, after, until, limit);

    public Task InsertUsageResetAsync(
        Session session, EnvironmentId environment, CustomerId customer, ResourceId? resource, FeatureId feature, Instant at) =>
        session.Connection.ExecuteAsync(
            """
            INSERT INTO usage_resets (environment_id, customer_id, resource_id, feature_id, reset_at)
            VALUES (@environment, @customer, @resource, @feature, @at)
            """,
            new
            {
                environment = environment.Value,
                customer = customer.Value,
                resource = resource?.Value ?? "",
                feature = feature.Value,
                at = at.ToUnixTimeMilliseconds(),
            },
            session.Transaction);

    /// <summary>Every usage reset of the customer, oldest first; a null resource means the customer level.</summary>
    public async Task<IReadOnlyList<UsageReset>> ListUsageResetsAsync(
        Session session, EnvironmentId environment, CustomerId customer) =>
        [.. (await session.Connection.QueryAsync<(string Resource, string Feature, long At)>(
            """
            SELECT resource_id, feature_id, reset_at FROM usage_resets
            WHERE environment_id = @environment AND customer_id = @customer ORDER BY reset_at, seq
            """,
            new { environment = environment.Value, customer = customer.Value },
            session.Transaction)).Select(row => new UsageReset(
                row.Resource.Length == 0 ? null : new ResourceId(row.Resource),
                new(row.Feature),
                Instant.FromUnixTimeMilliseconds(row.At)))];

    private static async Task<bool> ExistsAsync(Session session, EnvironmentId environment, string condition, string id) =>
        await session.Connection.ExecuteScalarAsync<long?>(
            $"SELECT 1 FROM subscriptions WHERE environment_id = @environment AND {condition} LIMIT 1",
            new { environment = environment.Value, id },
            session.Transaction) is not null;
}

/// <param name="All">Subscriptions, ended ones included.</param>
/// <param name="Paid">Of them, those that were ACTIVE with a price.</param>
/// <param name="Payers">Customers with one of those.</param>
internal sealed record SubscriptionCounts(long All, long Paid, long Payers)
{
    public static SubscriptionCounts operator +(SubscriptionCounts a, SubscriptionCounts b) =>
        new(a.All + b.All, a.Paid + b.Paid, a.Payers + b.Payers);
}

/// <summary>A subscription with its row number, which tells a task where to go on.</summary>
internal sealed record SubscriptionRef(long Seq, SubscriptionId Id, CustomerId Customer);

/// <summary>A plan transition started the usage of a feature again at 0 (spec entitlements 5.3).</summary>
public sealed record UsageReset(ResourceId? ResourceId, FeatureId FeatureId, Instant At);
