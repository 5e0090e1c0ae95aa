using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>Tells the catalog who subscribes to a plan or holds an add-on.</summary>
internal sealed class PackageSubscriptions : IPackageSubscriptions
{
    private readonly SubscriptionStore _store = new();
    private readonly SubscriptionAddonStore _addons = new();

    public Task<long> CountOpenBeforeAsync(
        Session session, EnvironmentId environment, PackageKind kind, PackageId id, int version) =>
        kind == PackageKind.Plan
            ? _store.CountOpenBeforeVersionAsync(session, environment, id, version)
            : _addons.CountOpenBeforeVersionAsync(session, environment, id, version);

    public Task<bool> AnyOpenAtPricesOfAsync(
        Session session, EnvironmentId environment, PackageKind kind, PackageId id, int version) =>
        kind == PackageKind.Plan
            ? _store.ExistsOpenAtPricesOfAsync(session, environment, id, version)
            : _addons.ExistsOpenAtPricesOfAsync(session, environment, id, version);

    public Task<IReadOnlyDictionary<int, int>> CountOpenByVersionAsync(
        Session session, EnvironmentId environment, PackageKind kind, PackageId id) =>
        kind == PackageKind.Plan
            ? _store.CountOpenByVersionAsync(session, environment, id)
            : _addons.CountOpenByVersionAsync(session, environment, id);

    public async Task<int> CountOpenCustomersAsync(
        Session session, EnvironmentId environment, PackageKind kind, IReadOnlyCollection<PackageId> ids)
    {
        var customers = new HashSet<CustomerId>();
        foreach (var id in ids)
        {
            customers.UnionWith(kind == PackageKind.Plan
                ? await _store.ListOpenCustomersAsync(session, environment, id)
                : await _addons.ListOpenCustomersAsync(session, environment, id));
        }

        return customers.Count;
    }
}
