using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Billing.Providers;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Catalog.Products;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Subscriptions.Bills;
using Tollgate.Modules.Subscriptions.Contracts;
using Tollgate.Modules.Subscriptions.Publishing;
using Tollgate.Modules.Tasks;

namespace Tollgate.Modules.Subscriptions;

internal static class SubscriptionsRegistration
{
    public static IServiceCollection AddSubscriptions(this IServiceCollection services)
    {
        services.TryAddSingleton<SubscriptionReader>();
        services.TryAddSingleton<DecisionBiller>();
        services.TryAddSingleton<BilledUsage>();
        services.TryAddSingleton<DraftBills>();
        services.TryAddSingleton<IUsageDrafts>(provider => provider.GetRequiredService<DraftBills>());
        services.AddSingleton<IDueWork, RemakeDrafts>();
        services.TryAddSingleton<CreditFollower>();
        services.TryAddSingleton<DecisionWriter>();
        services.TryAddSingleton<AdvanceSubscriptions>();
        services.AddSingleton<IDueWork>(provider => provider.GetRequiredService<AdvanceSubscriptions>());
        services.TryAddSingleton<ICustomerDueWork>(provider => provider.GetRequiredService<AdvanceSubscriptions>());
        services.TryAddSingleton<ProviderGate>();
        services.TryAddSingleton<SubscribeCustomer>();
        services.TryAddSingleton<FailedSubscriptions>();
        services.TryAddSingleton<SubscriptionUseCases>();
        services.TryAddSingleton<DescribePreview>();
        services.TryAddSingleton<PreviewSubscription>();
        services.TryAddSingleton<MeasurePublish>();
        services.TryAddSingleton<SubscriptionUsage>();
        services.TryAddSingleton<NextInvoice>();
        services.AddSingleton<ICheckoutCompletion, CompleteCheckout>();
        services.AddSingleton<IInvoiceSettlement, SubscriptionSettlement>();
        services.TryAddSingleton<ContractInvoices>();
        services.TryAddSingleton<BillContracts>();
        services.AddSingleton<IDueWork>(provider => provider.GetRequiredService<BillContracts>());
        services.TryAddSingleton<CreateContract>();
        services.TryAddSingleton<ContractUseCases>();
        services.TryAddSingleton<ProvisionCustomer>();
        services.TryAddSingleton<ArchiveCustomer>();
        services.TryAddSingleton<ReadExperiments>();
        services.TryAddSingleton<IFeatureHolders, FeatureHolders>();
        services.AddSingleton<IFeatureTraces, SubscriptionFeatureTraces>();
        services.TryAddSingleton<IProductSubscriptions, ProductSubscriptions>();
        services.TryAddSingleton<IInvoicedSubscriptions, InvoicedSubscriptions>();
        services.TryAddSingleton<IProviderSubscriptions, ProviderSubscriptions>();
        services.TryAddSingleton<IPackageSubscriptions, PackageSubscriptions>();
        services.AddSingleton<ITaskHandler, MigrateSubscriptions>();
        services.TryAddSingleton<ImportSubscriptions>();
        services.AddSingleton<ITaskHandler, ImportSubscriptionsTask>();
        return services;
    }
}
