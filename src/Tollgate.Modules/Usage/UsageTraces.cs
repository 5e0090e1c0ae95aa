using Dapper;
using Tollgate.Domain;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage;

/// <summary>Tells the catalog whether usage of a feature was ever reported.</summary>
internal sealed class UsageTraces : IFeatureTraces
{
    /// <summary>Reads along the index of the whole environment in the worst case: deleting features is rare.</summary>
    public Task<bool> AnyEverAsync(
        Session session, EnvironmentId environment, FeatureId feature, CancellationToken cancellationToken) =>
        session.Connection.ExecuteScalarAsync<bool>(
            new(
                "SELECT EXISTS (SELECT 1 FROM measurements WHERE environment_id = @environment "
                + "AND feature_id = @feature)",
                new { environment = environment.Value, feature = feature.Value },
                session.Transaction,
                cancellationToken: cancellationToken));
}
