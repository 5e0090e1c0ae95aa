using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>
/// Tells the catalog whether live subscriptions hold a feature: by their plan and add-on versions, or by an override.
/// </summary>
internal sealed class FeatureHolders(CatalogReader catalog) : IFeatureHolders
{
    private readonly SubscriptionStore _store = new();
    private readonly SubscriptionAddonStore _addons = new();

    public async Task<bool> AnyLiveAsync(
        Session session, EnvironmentId environment, FeatureId feature, CancellationToken cancellationToken)
    {
        foreach (var (plan, version) in await _store.ListLivePlanVersionsAsync(session, environment))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await catalog.PlanVersionAsync(session, environment, plan, version) is not { } content)
                continue;
            var inherited = await catalog.InheritanceAsync(session, environment, content);
            if (inherited.Prepend(content).Any(package => Names(package, feature)))
                return true;
        }

        foreach (var (addon, version) in await _addons.ListLiveVersionsAsync(session, environment))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await catalog.AddonVersionAsync(session, environment, addon, version) is { } content
                && Names(content, feature))
            {
                return true;
            }
        }

        return await _store.ExistsLiveWithOverrideAsync(session, environment, feature);
    }

    private static bool Names(PackageVersion package, FeatureId feature) =>
        package.Entitlements.Any(entitlement => entitlement.FeatureId == feature)
        || package.Charges.Concat(package.OverageCharges).Any(charge => charge.FeatureId == feature);
}
