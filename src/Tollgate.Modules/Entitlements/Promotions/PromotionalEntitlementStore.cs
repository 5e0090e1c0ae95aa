using System.Text.Json;
using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Subscriptions;
using Tollgate.Storage;

namespace Tollgate.Modules.Entitlements.Promotions;

/// <summary>Rows of promotional entitlements. Revoked ones are kept and shown by no list.</summary>
internal sealed class PromotionalEntitlementStore
{
    private const string Live = "status IN ('Active', 'Paused')";

    private readonly AggregateTable<PromotionalEntitlement> _rows = new(
        "promotional_entitlements",
        BodyJson.Default.PromotionalEntitlement,
        promotion => promotion.Uid,
        ("customer_id", p => p.CustomerId.Value),
        ("feature_id", p => p.FeatureId.Value),
        ("status", p => p.Status.ToString()),
        ("due_at", p => PromotionRules.NextDue(p)?.At.ToUnixTimeMilliseconds()),
        ("created_at", p => p.CreatedAt.ToUnixTimeMilliseconds()));

    /// <summary>The customer's live ones, paused ones included, oldest first.</summary>
    public Task<IReadOnlyList<Versioned<PromotionalEntitlement>>> ListLiveOfCustomerAsync(
        Session session, EnvironmentId environment, CustomerId customer) =>
        _rows.ListAsync(session, environment, $"customer_id = @customer AND {Live}", new { customer = customer.Value });

    /// <summary>The live ones of a feature, whoever holds them.</summary>
    public Task<IReadOnlyList<Versioned<PromotionalEntitlement>>> ListLiveOfFeatureAsync(
        Session session, EnvironmentId environment, FeatureId feature) =>
        _rows.ListAsync(session, environment, $"feature_id = @feature AND {Live}", new { feature = feature.Value });

    /// <summary>The customer's that are due, in the order in which they fell due.</summary>
    public async Task<IReadOnlyList<Versioned<PromotionalEntitlement>>> ListDueOfCustomerAsync(
        Session session, EnvironmentId environment, CustomerId customer, Instant until) =>
        [.. (await _rows.ListAsync(
            session,
            environment,
            "customer_id = @customer AND due_at <= @until",
            new { customer = customer.Value, until = until.ToUnixTimeMilliseconds() }))
            .OrderBy(row => PromotionRules.NextDue(row.Value)!.Value.At)];

    /// <summary>Newest first, without revoked ones.</summary>
    public Task<Result<Page<PromotionalEntitlement>>> PageAsync(
        Session session, EnvironmentId environment, PromotionFilter filter, PageRequest page)
    {
        var query = new RowQuery()
            .And("customer_id = @customer", "customer", filter.CustomerId.Value)
            .And("status <> 'Revoked'")
            .AndAny("status", "status", filter.Statuses?.Select(s => s.ToString()).ToArray())
            .AndCreated(filter.Created);
        return _rows.PageAsync(session, environment, query, page);
    }

    public Task InsertAsync(Session session, EnvironmentId environment, PromotionalEntitlement promotion) =>
        _rows.InsertAsync(session, environment, promotion);

    public Task UpdateAsync(
        Session session, EnvironmentId environment, Versioned<PromotionalEntitlement> read,
        PromotionalEntitlement promotion) => _rows.UpdateAsync(session, environment, read, promotion);

    /// <summary>True when the feature was ever granted to anybody.</summary>
    public async Task<bool> ExistsForFeatureAsync(Session session, EnvironmentId environment, FeatureId feature) =>
        await session.Connection.ExecuteScalarAsync<long?>(
            "SELECT 1 FROM promotional_entitlements WHERE environment_id = @environment AND feature_id = @feature "
            + "LIMIT 1",
            new { environment = environment.Value, feature = feature.Value },
            session.Transaction) is not null;

    /// <summary>
    /// The earliest instant at which one is due, in the environment or of one customer; null when none is.
    /// </summary>
    public async Task<Instant?> NextDueAsync(Session session, EnvironmentId environment, CustomerId? customer)
    {
        var ofCustomer = customer is null ? "" : "AND customer_id = @customer";
        var due = await session.Connection.ExecuteScalarAsync<long?>(
            $"SELECT MIN(due_at) FROM promotional_entitlements WHERE environment_id = @environment {ofCustomer}",
            new { environment = environment.Value, customer = customer?.Value },
            session.Transaction);
        return due is { } milliseconds ? Instant.FromUnixTimeMilliseconds(milliseconds) : null;
    }

    /// <summary>Which of these customers have one that is due at or before <paramref name="until"/>.</summary>
    public async Task<IReadOnlySet<CustomerId>> DueAmongAsync(
        Session session, EnvironmentId environment, IReadOnlyCollection<CustomerId> customers, Instant until)
    {
        var ids = customers.Select(c => c.Value).ToArray();
        var among = session.Kind == DatabaseKind.PostgreSql
            ? "= ANY(@ids)"
            : "IN (SELECT value FROM json_each(@ids))";
        return (await session.Connection.QueryAsync<string>(
            $"""
            SELECT DISTINCT customer_id FROM promotional_entitlements
            WHERE environment_id = @environment AND customer_id {among} AND due_at <= @until
            """,
            new
            {
                environment = environment.Value,
                ids = session.Kind == DatabaseKind.PostgreSql
                    ? (object)ids
                    : JsonSerializer.Serialize(ids, BodyJson.Default.StringArray),
                until = until.ToUnixTimeMilliseconds(),
            },
            session.Transaction)).Select(id => new CustomerId(id)).ToHashSet();
    }

    /// <summary>
    /// What is due after <paramref name="after"/> and at or before <paramref name="until"/>, in its order.
    /// </summary>
    public Task<IReadOnlyList<DueRow>> ListDueAsync(
        Session session, EnvironmentId environment, DueRow after, Instant until, int limit) =>
        DueRow.ListAsync(session, "promotional_entitlements", environment, after, until, limit);
}

/// <summary>Which promotional entitlements of a customer are asked for; no status = all that a list shows.</summary>
public sealed record PromotionFilter(CustomerId CustomerId)
{
    public IReadOnlyCollection<PromotionStatus>? Statuses { get; init; }
    public CreatedRange Created { get; init; }
}
