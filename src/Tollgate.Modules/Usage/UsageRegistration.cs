using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.Changes;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Usage.Reservations;

namespace Tollgate.Modules.Usage;

internal static class UsageRegistration
{
    public static IServiceCollection AddUsage(this IServiceCollection services)
    {
        services.TryAddSingleton<UsageLevels>();
        services.TryAddSingleton<UsageWriter>();
        services.AddHostedService(provider => provider.GetRequiredService<UsageWriter>());
        services.AddSingleton<IEventSource, MeasurementEvents>();
        services.AddSingleton<IFeatureTraces, UsageTraces>();
        services.TryAddSingleton<MeasurementPlanner>();
        services.TryAddSingleton<ReportUsage>();
        services.TryAddSingleton<ReserveUsage>();
        services.TryAddSingleton<ReadUsageHistory>();
        services.TryAddSingleton<IUsageForBilling, UsageForBilling>();
        services.TryAddSingleton<IUsageLevels>(provider => provider.GetRequiredService<UsageLevels>());
        services.AddSingleton<IChangeListener>(provider => provider.GetRequiredService<UsageLevels>());
        return services;
    }
}
