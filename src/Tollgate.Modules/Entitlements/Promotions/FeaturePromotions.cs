using Tollgate.Domain;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Storage;

namespace Tollgate.Modules.Entitlements.Promotions;

/// <summary>Tells the catalog which promotional entitlements name a feature.</summary>
internal sealed class FeaturePromotions : IFeaturePromotions, IFeatureTraces
{
    private readonly PromotionalEntitlementStore _store = new();

    public async Task<IReadOnlySet<string>> LiveEnumValuesAsync(
        Session session, EnvironmentId environment, FeatureId feature) =>
        (await _store.ListLiveOfFeatureAsync(session, environment, feature))
        .SelectMany(row => row.Value.EnumValues ?? [])
        .ToHashSet();

    public Task<bool> AnyEverAsync(
        Session session, EnvironmentId environment, FeatureId feature, CancellationToken cancellationToken) =>
        _store.ExistsForFeatureAsync(session, environment, feature);
}
