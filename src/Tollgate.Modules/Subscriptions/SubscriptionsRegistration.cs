using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Catalog.Products;
using Tollgate.Modules.Tasks;

namespace Tollgate.Modules.Subscriptions;

internal static class SubscriptionsRegistration
{
    public static IServiceCollection AddSubscriptions(this IServiceCollection services)
    {
        services.TryAddSingleton<SubscriptionReader>();
        services.TryAddSingleton<AdvanceSubscriptions>();
        services.TryAddSingleton<IFeatureHolders, FeatureHolders>();
        services.TryAddSingleton<IProductSubscriptions, ProductSubscriptions>();
        services.TryAddSingleton<IPlanSubscriptions, PlanSubscriptions>();
        services.AddSingleton<ITaskHandler, MigrateSubscriptions>();
        return services;
    }
}
