using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Changes;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Subscriptions;

namespace Tollgate.Modules.Credits;

internal static class CreditsRegistration
{
    public static IServiceCollection AddCredits(this IServiceCollection services)
    {
        services.TryAddSingleton<PoolReader>();
        services.TryAddSingleton<CreditLevels>();
        services.TryAddSingleton<ICreditLevels>(provider => provider.GetRequiredService<CreditLevels>());
        services.AddSingleton<IChangeListener>(provider => provider.GetRequiredService<CreditLevels>());
        services.TryAddSingleton<CreditParties>();
        services.TryAddSingleton<OpenCreditBooks>();
        services.TryAddSingleton<FormulaWarnings>();
        services.TryAddSingleton<BurnCredits>();
        services.TryAddSingleton<HoldCredits>();
        services.TryAddSingleton<CorrectBurns>();
        services.TryAddSingleton<ISubscriptionCredits, SubscriptionCredits>();
        services.TryAddSingleton<ConsumptionWriter>();
        services.AddHostedService(provider => provider.GetRequiredService<ConsumptionWriter>());
        services.TryAddSingleton<ConsumeCredits>();
        services.TryAddSingleton<CreditGrantUseCases>();
        services.TryAddSingleton<PurchaseCredits>();
        services.TryAddSingleton<AutoRechargeUseCases>();
        services.TryAddSingleton<RunRecharges>();
        services.TryAddSingleton<ReadLedger>();
        services.TryAddSingleton<ReadConflicts>();
        services.TryAddSingleton<ReadCreditBalances>();
        services.TryAddSingleton<ReadCreditUsage>();
        services.TryAddSingleton<ReadRevenue>();
        services.AddSingleton<IEventSource, BalanceEvents>();
        services.TryAddSingleton<AuditCredits>();
        services.AddSingleton<IInvoiceSettlement, GrantPayments>();
        services.TryAddSingleton<AdvanceCredits>();
        services.AddSingleton<IDueWork>(provider => provider.GetRequiredService<AdvanceCredits>());
        return services;
    }
}
