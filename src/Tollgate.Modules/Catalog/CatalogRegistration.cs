using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Tollgate.Modules.Catalog.Features;

namespace Tollgate.Modules.Catalog;

internal static class CatalogRegistration
{
    public static IServiceCollection AddCatalog(this IServiceCollection services)
    {
        services.TryAddSingleton<CatalogReader>();
        services.TryAddSingleton<FeatureUseCases>();
        return services;
    }
}
