using Tollgate.Domain;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>Tells the catalog who subscribes to a plan.</summary>
internal sealed class PlanSubscriptions : IPlanSubscriptions
{
    private readonly SubscriptionStore _store = new();

    public async Task<bool> AnyOpenBeforeAsync(
        Session session, EnvironmentId environment, PackageId plan, int version) =>
        (await _store.ListOpenBeforeVersionAsync(session, environment, plan, version, limit: 1)).Count > 0;

    public Task<bool> AnyOpenAtPricesOfAsync(Session session, EnvironmentId environment, PackageId plan, int version) =>
        _store.ExistsOpenAtPricesOfAsync(session, environment, plan, version);
}
