using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Catalog.Coupons;
using Tollgate.Modules.Catalog.CreditCurrencies;
using Tollgate.Modules.Catalog.Experiments;
using Tollgate.Modules.Catalog.FeatureGroups;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.Catalog.PackageGroups;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Catalog.Products;
using Tollgate.Modules.Changes;

namespace Tollgate.Modules.Catalog;

internal static class CatalogRegistration
{
    public static IServiceCollection AddCatalog(this IServiceCollection services)
    {
        services.TryAddSingleton<CatalogMemory>();
        services.AddSingleton<IChangeListener>(provider => provider.GetRequiredService<CatalogMemory>());
        services.TryAddSingleton<CatalogReader>();
        services.TryAddSingleton<FeatureUseCases>();
        services.TryAddSingleton<DeleteFeature>();
        services.TryAddSingleton<ImportFeatures>();
        services.TryAddSingleton<FeatureGroupUseCases>();
        services.TryAddSingleton<GroupsOnPackages>();
        services.TryAddSingleton<ProductUseCases>();
        services.TryAddSingleton<ReadProduct>();
        services.TryAddSingleton<CopyProduct>();
        services.TryAddSingleton<DeleteProduct>();
        services.TryAddSingleton<CouponUseCases>();
        services.TryAddSingleton<CustomCurrencyUseCases>();
        services.TryAddSingleton<PlanUseCases>();
        services.TryAddSingleton<PlanEntitlementUseCases>();
        services.TryAddSingleton<PublishPlan>();
        services.TryAddSingleton<AddonUseCases>();
        services.TryAddSingleton<AddonEntitlementUseCases>();
        services.TryAddSingleton<PublishAddon>();
        services.TryAddSingleton<PackageVersions>();
        services.TryAddSingleton<PackageGroupUseCases>();
        services.TryAddSingleton<ExperimentUseCases>();
        services.AddSingleton<IEnvironmentSeed, SeedDefaultProduct>();
        return services;
    }
}
