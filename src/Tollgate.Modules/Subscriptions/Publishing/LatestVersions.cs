using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions.Publishing;

/// <summary>The latest versions of plans and add-ons, each read once: what a migration to the latest goes to.</summary>
internal sealed class LatestVersions(CatalogReader catalog, Session session, EnvironmentId environment)
{
    private readonly Dictionary<PackageId, PlanFacts> _plans = [];
    private readonly Dictionary<PackageId, PackageVersion?> _addons = [];

    public async Task<PlanFacts> PlanAsync(PackageId id)
    {
        if (_plans.TryGetValue(id, out var known))
            return known;
        var latest = await catalog.LatestPlanAsync(session, environment, id)
            ?? throw new InvalidOperationException($"Plan {id} is subscribed to but not stored.");
        return _plans[id] = new(latest, await catalog.InheritanceAsync(session, environment, latest));
    }

    /// <summary>The latest version of each add-on held.</summary>
    public async Task<IReadOnlyDictionary<PackageId, PackageVersion>> AddonsAsync(IReadOnlyList<SubscriptionAddon> held)
    {
        var latest = new Dictionary<PackageId, PackageVersion>();
        foreach (var addon in held)
        {
            if (!_addons.TryGetValue(addon.Id, out var found))
                _addons[addon.Id] = found = await catalog.LatestAddonAsync(session, environment, addon.Id);
            if (found is not null)
                latest[addon.Id] = found;
        }

        return latest;
    }
}
