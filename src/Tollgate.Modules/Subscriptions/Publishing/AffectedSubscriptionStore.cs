using Dapper;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions.Publishing;

/// <summary>The subscriptions on versions of packages before the ones to be published.</summary>
/// <param name="targets">What is to be published: one add-on, or a plan with those that inherit from it.</param>
internal sealed class AffectedSubscriptionStore(IReadOnlyList<PublishedTarget> targets)
{
    private const string NotEnded = "status NOT IN ('Canceled', 'Expired')";

    /// <summary>How many there are in each status, ended ones too.</summary>
    public async Task<IReadOnlyDictionary<SubscriptionStatus, long>> CountByStatusAsync(
        Session session, EnvironmentId environment) =>
        (await session.Connection.QueryAsync<(string Status, long Count)>(
            $"""
            SELECT status, COUNT(*) FROM subscriptions
            WHERE environment_id = @environment AND {IsBehind("subscriptions")} GROUP BY status
            """,
            Parameters(environment),
            session.Transaction)).ToDictionary(row => Enum.Parse<SubscriptionStatus>(row.Status), row => row.Count);

    /// <summary>
    /// Those that have not ended, in the order of their rows, in the order in which the task moves them.
    /// </summary>
    /// <param name="session">What to read from.</param>
    /// <param name="environment">Where.</param>
    /// <param name="after">Only rows after this row number.</param>
    /// <param name="limit">How many at most.</param>
    public async Task<IReadOnlyList<AffectedRow>> ListAsync(
        Session session, EnvironmentId environment, long after, int limit)
    {
        var parameters = Parameters(environment);
        parameters.Add("after", after);
        parameters.Add("limit", limit);
        return
        [
            .. (await session.Connection.QueryAsync<(long Seq, string Id, string Body)>(
                $"""
                SELECT seq, id, body FROM subscriptions
                WHERE environment_id = @environment AND seq > @after AND {NotEnded} AND {IsBehind("subscriptions")}
                ORDER BY seq LIMIT @limit
                """,
                parameters,
                session.Transaction)).Select(row => new AffectedRow(row.Seq, row.Id, row.Body)),
        ];
    }

    /// <summary>
    /// The scopes (customer, resource) with one of them that has not ended, each named by its newest, newest first.
    /// </summary>
    public async Task<Result<Page<AffectedScope>>> PageScopesAsync(
        Session session, EnvironmentId environment, PageRequest request)
    {
        var query = new RowQuery()
            .And(NotEnded)
            .And(IsBehind("subscriptions"))
            .And($"""
                NOT EXISTS (SELECT 1 FROM subscriptions newer
                  WHERE newer.environment_id = subscriptions.environment_id
                    AND newer.customer_id = subscriptions.customer_id
                    AND COALESCE(newer.resource_id, '') = COALESCE(subscriptions.resource_id, '')
                    AND newer.seq > subscriptions.seq AND newer.{NotEnded} AND {IsBehind("newer")})
                """);
        AddTo(query.Parameters);
        var page = await query.PageAsync<ScopeRow>(
            session,
            "subscriptions",
            "uid AS Uid, customer_id AS CustomerId, resource_id AS ResourceId",
            environment.Value,
            request,
            row => row.Uid);
        return page.Map(p => p.Map(row => new AffectedScope(
            new(row.CustomerId), row.ResourceId is { } resource ? new ResourceId(resource) : null)));
    }

    private string IsBehind(string table) => "(" + string.Join(" OR ", targets.Select((target, i) =>
        target.Kind == PackageKind.Plan
            ? $"({table}.plan_id = @package{i} AND {table}.plan_version < @version{i})"
            : $"""
              EXISTS (SELECT 1 FROM subscription_addons a
                WHERE a.environment_id = {table}.environment_id AND a.subscription_uid = {table}.uid
                  AND a.addon_id = @package{i} AND a.addon_version < @version{i})
              """)) + ")";

    private DynamicParameters Parameters(EnvironmentId environment)
    {
        var parameters = new DynamicParameters();
        parameters.Add("environment", environment.Value);
        AddTo(parameters);
        return parameters;
    }

    private void AddTo(DynamicParameters parameters)
    {
        foreach (var (target, i) in targets.Select((target, i) => (target, i)))
        {
            parameters.Add($"package{i}", target.Id.Value);
            parameters.Add($"version{i}", target.Version);
        }
    }

    private sealed class ScopeRow
    {
        public Guid Uid { get; set; }
        public string CustomerId { get; set; } = "";
        public string? ResourceId { get; set; }
    }
}

/// <summary>A row as it is stored: a body that cannot be read is the failure of its subscription alone.</summary>
internal sealed record AffectedRow(long Seq, string Id, string Body);

/// <summary>A customer, or one resource of it, some of whose subscriptions a publish would move.</summary>
public sealed record AffectedScope(CustomerId CustomerId, ResourceId? ResourceId);
