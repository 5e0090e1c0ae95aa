using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.Changes;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Entitlements.Previews;
using Tollgate.Modules.Entitlements.Promotions;
using Tollgate.Modules.Subscriptions;

namespace Tollgate.Modules.Entitlements;

internal static class EntitlementsRegistration
{
    public static IServiceCollection AddEntitlements(this IServiceCollection services)
    {
        services.TryAddSingleton<DatabaseOutage>();
        services.TryAddSingleton<ScopeCompiler>();
        services.TryAddSingleton<EntitlementSnapshots>();
        services.TryAddSingleton<BudgetSpending>();
        services.TryAddSingleton<CheckEntitlement>();
        services.TryAddSingleton<ListEntitlements>();
        services.TryAddSingleton<ExplainEntitlement>();
        services.TryAddSingleton<ProvisionWithEntitlements>();
        services.TryAddSingleton<PreviewPublish>();
        services.TryAddSingleton<PreviewMigration>();
        services.TryAddSingleton<PromotionUseCases>();
        services.TryAddSingleton<IDuePromotions, AdvancePromotions>();
        services.TryAddSingleton<IArchivedWithCustomer, ArchivedPromotions>();
        services.TryAddSingleton<IFeaturePromotions, FeaturePromotions>();
        services.AddSingleton<IFeatureTraces, FeaturePromotions>();
        services.AddSingleton<IChangeListener>(provider => provider.GetRequiredService<EntitlementSnapshots>());
        return services;
    }
}
