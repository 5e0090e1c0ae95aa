using Tollgate.Domain;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>Tells the catalog whether live subscriptions hold a feature.</summary>
internal sealed class FeatureHolders : IFeatureHolders
{
    public Task<bool> AnyLiveAsync(
        Session session, EnvironmentId environment, FeatureId feature, CancellationToken cancellationToken) =>
        Task.FromResult(false);
}
