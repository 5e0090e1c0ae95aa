using Tollgate.Contracts.Rest;
using Tollgate.Server.Authentication;
using Tollgate.Server.Rest.Accounts;
using Tollgate.Server.Rest.Billing;
using Tollgate.Server.Rest.Catalog;
using Tollgate.Server.Rest.Credits;
using Tollgate.Server.Rest.Customers;
using Tollgate.Server.Rest.Entitlements;
using Tollgate.Server.Rest.Subscriptions;
using Tollgate.Server.Rest.Tasks;
using Tollgate.Server.Rest.Usage;

namespace Tollgate.Server.Rest;

/// <summary>The REST surface: what it needs, and every operation it maps.</summary>
internal static class RestRegistration
{
    public static void AddRest(this IServiceCollection services)
    {
        services.AddSingleton(_ => RestContract.Load());
        services.AddSingleton<ApiKeyAuthentication>();
        services.AddSingleton<RunningKeys>();
        services.AddSingleton<RestPipeline>();
    }

    public static void MapRest(this WebApplication application)
    {
        var routes = new RestRoutes(
            application,
            application.Services.GetRequiredService<RestContract>(),
            application.Services.GetRequiredService<RestPipeline>());
        routes.MapFeatures();
        routes.MapOurFeatures();
        routes.MapProducts();
        routes.MapPlans();
        routes.MapCoupons();
        routes.MapCustomCurrencies();
        routes.MapCreditGrants();
        routes.MapCredits();
        routes.MapFeatureGroups();
        routes.MapAddons();
        routes.MapPackageVersions();
        routes.MapPackageGroups();
        routes.MapExperiments();
        routes.MapCustomers();
        routes.MapBilling();
        routes.MapSubscriptions();
        routes.MapContracts();
        routes.MapEntitlements();
        routes.MapPromotions();
        routes.MapUsage();
        routes.MapEventFeed();
        routes.MapLateness();
        routes.MapBackfills();
        routes.MapFiles();
        routes.MapRetention();
        routes.MapReservations();
        routes.MapTasks();
        routes.MapAccounts();
        routes.MapOpenApi();
    }
}
