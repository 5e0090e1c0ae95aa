using Tollgate.Contracts.Rest;
using Tollgate.Server.Tests.Rest.Billing;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Contract;

/// <summary>
/// One story through every operation, on both databases: each request and each answer, errors included, keeps the contract; no
/// operation is left out.
/// </summary>
public sealed class ContractWalkTests
{
    private static readonly RestContract Contract = RestContract.Load();

    /// <summary>The compatible operations this build serves.</summary>
    private static readonly string[] Compatible =
    [
        "v1.addons.list", "v1.addons.create", "v1.addons.retrieve", "v1.addons.update", "v1.addons.archive", "v1.addons.publish",
        "v1.addons.createDraft", "v1.addons.removeDraft", "v1.addons.listCharges",
        "v1.addons.entitlements.list", "v1.addons.entitlements.create", "v1.addons.entitlements.update",
        "v1.addons.entitlements.delete",
        "v1.customers.list", "v1.customers.provision", "v1.customers.import", "v1.customers.retrieve", "v1.customers.update",
        "v1.customers.archive", "v1.customers.unarchive", "v1.customers.listResources",
        "v1.customers.paymentMethod.attach", "v1.customers.paymentMethod.detach", "v1.customers.listInvoices",
        "v1.subscriptions.invoice.markAsPaid",
        "v1.customers.retrieveEntitlements", "v1.customers.checkEntitlement",
        "v1.customers.promotionalEntitlements.list", "v1.customers.promotionalEntitlements.create",
        "v1.customers.promotionalEntitlements.revoke",
        "v1.features.listFeatures", "v1.features.createFeature", "v1.features.retrieveFeature",
        "v1.features.updateFeature", "v1.features.archiveFeature", "v1.features.unarchiveFeature",
        "v1.plans.list", "v1.plans.create", "v1.plans.retrieve", "v1.plans.update", "v1.plans.archive", "v1.plans.publish",
        "v1.plans.createDraft", "v1.plans.removeDraft", "v1.plans.listCharges", "v1.plans.listOverageCharges",
        "v1.plans.entitlements.list", "v1.plans.entitlements.create", "v1.plans.entitlements.update", "v1.plans.entitlements.delete",
        "v1.products.listProducts", "v1.products.createProduct", "v1.products.updateProduct",
        "v1.products.archiveProduct", "v1.products.unarchiveProduct", "v1.products.duplicateProduct",
        "v1.contracts.list", "v1.contracts.create", "v1.contracts.retrieve", "v1.contracts.update", "v1.contracts.delete",
        "v1.customers.listContracts",
        "v1.coupons.list", "v1.coupons.create", "v1.coupons.retrieve", "v1.coupons.updateCoupon", "v1.coupons.archiveCoupon",
        "v1.subscriptions.import", "v1.subscriptions.list", "v1.subscriptions.provision", "v1.subscriptions.retrieve",
        "v1.subscriptions.update", "v1.subscriptions.cancel", "v1.subscriptions.preview", "v1.subscriptions.migrate",
        "v1.subscriptions.transfer", "v1.subscriptions.delegate",
        "v1.subscriptions.futureUpdate.cancelSchedule", "v1.subscriptions.futureUpdate.cancelPendingPayment",
        "v1.usage.report", "v1.usage.history", "v1.usage.estimate", "v1.events.estimate",
        "v1.credits.customCurrencies.list", "v1.credits.customCurrencies.create", "v1.credits.customCurrencies.update",
        "v1.credits.customCurrencies.archive", "v1.credits.customCurrencies.unarchive",
        "v1.credits.customCurrencies.listAssociatedEntities", "v1.credits.getAutoRecharge",
        "v1.credits.grants.list", "v1.credits.grants.create", "v1.credits.grants.void", "v1.credits.listLedger",
        "v1.credits.getUsage", "v1.credits.consumption.consume", "v1.credits.consumption.consumeAsync",
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task Every_answer_of_the_story_keeps_the_contract(DatabaseKind database)
    {
        await using var server = await ServerProcess.StartAsync(database, Cancellation);
        var walk = new Walk(Contract, server.Client, [], []);
        await CatalogSteps.FeaturesAsync(walk);
        await FeatureSteps.CreationAsync(walk);
        await CreditSteps.CurrenciesAsync(walk);
        await CatalogSteps.ProductsAsync(walk);
        await PlanSteps.DraftsAsync(walk);
        await PlanSteps.EntitlementsAsync(walk);
        await AddonSteps.AddonsAsync(walk);
        await PlanSteps.PublishAsync(walk);
        await FeatureSteps.PackagesAsync(walk);
        await CatalogSteps.MoreProductsAsync(walk);
        await FeatureGroupSteps.GroupsAsync(walk);
        await FeatureGroupSteps.OnDraftAsync(walk, "plans", "PlanNotFound");
        await FeatureGroupSteps.OnDraftAsync(walk, "addons", "AddonNotFound");
        await FeatureGroupSteps.ArchiveAsync(walk);
        await CustomerSteps.CustomersAsync(walk);
        await CouponSteps.CouponsAsync(walk);
        await CouponSteps.HoldersAsync(walk);
        await CustomerSteps.SubscriptionsAsync(walk);
        await ContractSteps.ContractsAsync(walk);
        await CreditSteps.CreditsAsync(walk);
        await UsageSteps.UsageAsync(walk);
        await ReservationSteps.ReservationsAsync(walk);
        await UsageSteps.EntitlementsAsync(walk);
        await SubscriptionSteps.ChangesAsync(walk);
        await PromotionSteps.PromotionsAsync(walk);
        await PlanSteps.NewVersionAsync(walk);
        await SubscriptionSteps.MigrationAsync(walk);
        await CustomerSteps.EndAsync(walk);
        await PackageSteps.OursAsync(walk);
        await AddonSteps.EndAsync(walk);
        await TaskSteps.ImportAsync(walk);
        await TaskSteps.TasksAsync(walk);
        await PlanSteps.ArchiveAsync(walk);
        await PackageSteps.UnarchiveAsync(walk);
        await ExperimentSteps.ExperimentsAsync(walk);

        using var anonymous = server.CreateClient(apiKey: null);
        using var production = server.CreateClient(server.PrintedKeys["production server"]);
        await BillingSteps.BillingAsync(walk, walk.With(anonymous));
        await walk.With(anonymous).RefusesAsync("tollgate.credits.audit", 401, "Unauthenticated", []);
        await walk.With(anonymous).RefusesAsync("tollgate.usage.retrieveRetention", 401, "Unauthenticated", []);
        await AccountSteps.EnvironmentsAsync(walk, walk.With(anonymous));
        await AccountSteps.ClockAsync(walk, walk.With(production), walk.With(anonymous));
        await AccountSteps.EventsAsync(walk);

        Assert.True(walk.Faults.Count == 0, string.Join('\n', walk.Faults));
        AssertNothingIsLeftOut(walk);
        await IndependentValidation.CheckAsync(walk.Exchanges, Cancellation);
    }

    private static void AssertNothingIsLeftOut(Walk walk)
    {
        Assert.Distinct(Compatible);
        var ours = Contract.Operations.Select(operation => operation.OperationId)
            .Where(id => id.StartsWith("tollgate.", StringComparison.Ordinal))
            .Except(ConnectedBillingTests.Operations);
        var walked = walk.Exchanges.ToLookup(exchange => exchange.OperationId, exchange => exchange.Status < 400);
        Assert.All(Compatible.Concat(ours), operation =>
        {
            Assert.True(walked[operation].Contains(true), $"{operation} was not walked with success");
            Assert.True(walked[operation].Contains(false), $"{operation} was not walked into an error");
        });
    }
}
