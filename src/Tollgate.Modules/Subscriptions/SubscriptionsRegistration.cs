using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.Catalog.Products;

namespace Tollgate.Modules.Subscriptions;

internal static class SubscriptionsRegistration
{
    public static IServiceCollection AddSubscriptions(this IServiceCollection services)
    {
        services.TryAddSingleton<SubscriptionReader>();
        services.TryAddSingleton<AdvanceSubscriptions>();
        services.TryAddSingleton<IFeatureHolders, FeatureHolders>();
        services.TryAddSingleton<IProductSubscriptions, ProductSubscriptions>();
        return services;
    }
}
