using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Tollgate.Modules.Changes;

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
        services.AddSingleton<IChangeListener>(provider => provider.GetRequiredService<EntitlementSnapshots>());
        return services;
    }
}
