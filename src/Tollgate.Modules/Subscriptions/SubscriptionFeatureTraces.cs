using Tollgate.Domain;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>
/// Tells the catalog whether any subscription, ended ones included, has a value of its own for a feature.
/// </summary>
internal sealed class SubscriptionFeatureTraces : IFeatureTraces
{
    private readonly SubscriptionStore _store = new();

    public Task<bool> AnyEverAsync(
        Session session, EnvironmentId environment, FeatureId feature, CancellationToken cancellationToken) =>
        _store.ExistsWithOverrideAsync(session, environment, feature);
}
