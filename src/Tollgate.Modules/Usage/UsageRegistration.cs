using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.Changes;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Tasks;
using Tollgate.Modules.Usage.Events;
using Tollgate.Modules.Usage.Events.Backfills;
using Tollgate.Modules.Usage.Events.Files;
using Tollgate.Modules.Usage.Events.Lateness;
using Tollgate.Modules.Usage.Events.Retention;
using Tollgate.Modules.Usage.Reservations;
using Tollgate.Storage;

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
        services.AddEvents();
        services.TryAddSingleton<MeasurementPlanner>();
        services.TryAddSingleton<ReportUsage>();
        services.TryAddSingleton<EstimateUsageCost>();
        services.TryAddSingleton<ICreditHolds, ReservedCredits>();
        services.TryAddSingleton<ReserveCredits>();
        services.TryAddSingleton<ReserveUsage>();
        services.TryAddSingleton<ReadUsageHistory>();
        services.TryAddSingleton<IUsageForBilling, UsageForBilling>();
        services.TryAddSingleton<IUsageLevels>(provider => provider.GetRequiredService<UsageLevels>());
        services.AddSingleton<IChangeListener>(provider => provider.GetRequiredService<UsageLevels>());
        return services;
    }

    private static void AddEvents(this IServiceCollection services)
    {
        services.TryAddSingleton<EventDictionaries>();
        services.TryAddSingleton<EventMeters>();
        services.TryAddSingleton<EventReader>();
        services.TryAddSingleton<UsageNotices>();
        services.TryAddSingleton<EventFeed>();
        services.TryAddSingleton<KnownEventLevels>();
        services.TryAddSingleton<MovedCounters>();
        services.TryAddSingleton<CorrectEvents>();
        services.TryAddSingleton<MeterLateness>();
        services.TryAddSingleton<QuarantinedEvents>();
        services.TryAddSingleton<BackfillCredits>();
        services.TryAddSingleton<BackfillSessions>();
        services.TryAddSingleton<PreviewBackfill>();
        services.AddSingleton<ITaskHandler, BackfillTask>();
        services.TryAddSingleton<UploadFile>();
        services.TryAddSingleton<UsageFiles>();
        services.AddSingleton<ITaskHandler, ReadUsageFile>();
        services.AddSingleton<IDueWork, SweepFiles>();
        services.TryAddSingleton<EventMonths>();
        services.TryAddSingleton<TightenMonths>();
        services.TryAddSingleton<UsageRetention>();
        services.AddSingleton<IDueWork, RetainUsage>();
        services.TryAddSingleton(provider => new BackfillEvents(
            provider.GetRequiredService<UnitOfWork>(),
            provider.GetRequiredService<ReportEvents>(),
            provider.GetRequiredService<EventDictionaries>(),
            provider.GetRequiredService<EventMeters>(),
            provider.GetRequiredService<KnownEventLevels>()));
        services.TryAddSingleton<EstimateEventCost>();
        services.TryAddSingleton<EventWriter>();
        services.AddHostedService(provider => provider.GetRequiredService<EventWriter>());
        services.TryAddSingleton<IMeterChanges, MeterChanges>();
        services.AddSingleton<ITaskHandler, RebuildMeter>();
        services.AddSingleton<IEnvironmentSeed, SeedMeters>();
        services.TryAddSingleton(provider => new ReportEvents(
            provider.GetRequiredService<Database>(),
            provider.GetRequiredService<EntitlementSnapshots>(),
            provider.GetRequiredService<EventDictionaries>(),
            provider.GetRequiredService<EventWriter>()));
    }
}
