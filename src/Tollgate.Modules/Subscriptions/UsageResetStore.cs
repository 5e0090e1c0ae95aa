using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>Rows of the usage resets that transitions of subscriptions caused.</summary>
internal sealed class UsageResetStore
{
    /// <summary>From the instant on the usage of the feature counts from 0.</summary>
    public Task InsertAsync(
        Session session, EnvironmentId environment, CustomerId customer, ResourceId? resource, FeatureId feature,
        Instant at) =>
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
    public async Task<IReadOnlyList<UsageReset>> ListAsync(
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
}

/// <summary>A plan transition started the usage of a feature again at 0 (spec entitlements 5.3).</summary>
public sealed record UsageReset(ResourceId? ResourceId, FeatureId FeatureId, Instant At);
