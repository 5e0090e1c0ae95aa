using Tollgate.Domain;
using Tollgate.Modules.Catalog.Products;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>Tells the catalog who subscribes to a product.</summary>
internal sealed class ProductSubscriptions : IProductSubscriptions
{
    private readonly SubscriptionStore _store = new();

    public Task<bool> AnyEverAsync(Session session, EnvironmentId environment, ProductId product) =>
        _store.ExistsForProductAsync(session, environment, product);

    public Task<bool> AnyOpenAsync(Session session, EnvironmentId environment, ProductId product) =>
        _store.ExistsOpenForProductAsync(session, environment, product);
}
