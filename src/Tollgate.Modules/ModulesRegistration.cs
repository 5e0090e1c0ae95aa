using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Changes;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Demo;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.EventLog.Retention;
using Tollgate.Modules.Idempotency;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Tasks;
using Tollgate.Modules.Usage;

namespace Tollgate.Modules;

/// <summary>
/// Registers every slice. The host adds the <see cref="Storage.Database"/> and the <see cref="TimeProvider"/>.
/// </summary>
public static class ModulesRegistration
{
    public static IServiceCollection AddTollgateModules(this IServiceCollection services)
    {
        DapperTypes.Register();
        services.TryAddSingleton<UnitOfWork>();
        services.TryAddSingleton<ChangeFeed>();
        services.TryAddSingleton<IdempotencyStore>();
        services.TryAddSingleton<EventLogStore>();
        services.TryAddSingleton<LoggedEvents>();
        services.TryAddSingleton<AppendEvents>();
        services.TryAddSingleton<ListEvents>();
        services.TryAddSingleton<AccountDirectory>();
        services.AddSingleton<IChangeListener>(provider => provider.GetRequiredService<AccountDirectory>());
        services.TryAddSingleton<CreateFirstAccount>();
        services.TryAddSingleton<CreateEnvironment>();
        services.TryAddSingleton<ManageApiKeys>();
        services.TryAddSingleton<TestClock>();
        services.TryAddSingleton<TaskStore>();
        services.TryAddSingleton<TaskQueue>();
        services.TryAddSingleton<TaskRunner>();
        services.TryAddSingleton<TaskUseCases>();
        services.TryAddSingleton(TaskRetention.Default);
        services.AddSingleton<IDueWork, SweepTasks>();
        services.AddSingleton<IDueWork, SweepEventLog>();
        services.AddCatalog();
        services.AddCustomers();
        services.AddBilling();
        services.AddSubscriptions();
        services.AddEntitlements();
        services.AddCredits();
        services.AddUsage();
        services.AddDemo();
        return services;
    }
}
