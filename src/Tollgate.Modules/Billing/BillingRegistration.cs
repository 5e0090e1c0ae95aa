using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Billing.BuiltIn;
using Tollgate.Modules.Billing.Checkouts;
using Tollgate.Modules.Billing.Invoices;
using Tollgate.Modules.Billing.PaymentMethods;
using Tollgate.Modules.Billing.Settings;
using Tollgate.Modules.Billing.Sync;
using Tollgate.Modules.Billing.Webhooks;
using Tollgate.Modules.Catalog.Packages;

namespace Tollgate.Modules.Billing;

internal static class BillingRegistration
{
    public static IServiceCollection AddBilling(this IServiceCollection services)
    {
        services.TryAddSingleton(PublicAddress.Default);
        services.AddSingleton<IBillingProvider, BuiltInProvider>();
        services.TryAddSingleton<BillingProviders>();
        services.TryAddSingleton<IConnectedBilling>(provider => provider.GetRequiredService<BillingProviders>());
        services.TryAddSingleton<PayerProviders>();
        services.TryAddSingleton<PromotionCodes>();
        services.TryAddSingleton<BillingSettingsUseCases>();
        services.TryAddSingleton<PaymentMethodWriter>();
        services.TryAddSingleton<PaymentMethodUseCases>();
        // Followers run in this order: numbers are taken last.
        services.TryAddSingleton<SyncOutbox>();
        services.AddSingleton<IWorkFollower>(provider => provider.GetRequiredService<SyncOutbox>());
        services.TryAddSingleton<NumberInvoices>();
        services.AddSingleton<IWorkFollower>(provider => provider.GetRequiredService<NumberInvoices>());
        services.TryAddSingleton<Invoicing>();
        services.TryAddSingleton<InvoiceChanges>();
        services.TryAddSingleton<InvoiceUseCases>();
        services.TryAddSingleton<ListCustomerInvoices>();
        services.TryAddSingleton<PayInvoice>();
        services.TryAddSingleton<OpenCheckout>();
        services.TryAddSingleton<CheckoutSession>();
        services.TryAddSingleton<SyncUseCases>();
        services.TryAddSingleton<SendDueSyncs>();
        services.AddSingleton<IDueWork>(provider => provider.GetRequiredService<SendDueSyncs>());
        services.TryAddSingleton<ApplyProviderNews>();
        services.AddSingleton<IDueWork, SweepMessages>();
        services.TryAddSingleton<ProviderWebhooks>();
        services.AddSingleton<IDueWork>(provider => provider.GetRequiredService<ProviderWebhooks>());
        services.TryAddSingleton<CollectDueInvoices>();
        services.AddSingleton<IDueWork>(provider => provider.GetRequiredService<CollectDueInvoices>());
        return services;
    }
}
