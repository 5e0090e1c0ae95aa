using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Tollgate.Modules.Customers;

internal static class CustomersRegistration
{
    public static IServiceCollection AddCustomers(this IServiceCollection services)
    {
        services.TryAddSingleton<CustomerReader>();
        services.TryAddSingleton<CustomerWriter>();
        services.TryAddSingleton<CustomerUseCases>();
        services.TryAddSingleton<ImportCustomers>();
        return services;
    }
}
