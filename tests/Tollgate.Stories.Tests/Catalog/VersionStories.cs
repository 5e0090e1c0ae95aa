using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Stories.Tests.Catalog;

/// <summary>What publishing a version does to those who subscribed before (spec catalog 4.4).</summary>
public sealed class VersionStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Publishing_for_new_customers_leaves_others_where_they_are(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-10T00:00:00Z");
        await story.CatalogAsync();
        await SubscribeAsync(story, "old");
        await RaiseAsync(story, 150, 7, "NEW_CUSTOMERS");
        await SubscribeAsync(story, "new");

        Assert.Equal("granted 0/100 2040-01-10..2040-02-10", await story.SayAsync("old", "calls"));
        Assert.Equal("granted 0/150 2040-01-10..2040-02-10", await story.SayAsync("new", "calls"));
        Assert.Equal((5, 7), (await PriceAsync(story, "old"), await PriceAsync(story, "new")));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Publishing_for_all_customers_moves_entitlements_and_never_prices(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-10T00:00:00Z");
        await story.CatalogAsync();
        await SubscribeAsync(story, "old");
        await story.ReportAsync("old", "calls", 90);

        await RaiseAsync(story, 150, 7, "ALL_CUSTOMERS");

        // The task runs beside the request; everything else in this story is exact.
        await Eventually.TrueAsync(async () => await story.SayAsync("old", "calls") == "granted 90/150 2040-01-10..2040-02-10");
        Assert.Equal(5, await PriceAsync(story, "old"));
        Assert.Equal(
            [
                "2040-01-10T00:00:00Z CUSTOMER_CREATED",
                "2040-01-10T00:00:00Z SUBSCRIPTION_CREATED",
                // 90 of 100 calls are beyond 80 %.
                "2040-01-10T00:00:00Z ENTITLEMENT_USAGE_EXCEEDED",
                "2040-01-10T00:00:00Z SUBSCRIPTION_UPDATED",
            ],
            await story.EventsAsync("old"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Publishing_a_base_plan_reaches_the_customers_of_its_children(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-10T00:00:00Z");
        await story.CatalogAsync();
        await story.PostAsync("/api/v1/features", new { id = "sso", displayName = "SSO", featureType = "BOOLEAN" });
        await story.PostAsync("/api/v1/plans/pro/draft", new { });
        await story.PatchAsync("/api/v1/plans/pro", new { parentPlanId = "basic" });
        await story.PostAsync("/api/v1/plans/pro/publish", new { migrationType = "NEW_CUSTOMERS" });
        await story.PostAsync("/api/v1/customers", new { id = "child" });
        await story.ProvisionAsync(new
        {
            customerId = "child",
            planId = "pro",
            billingPeriod = "MONTHLY",
            trialOverrideConfiguration = new { isTrial = false },
        });
        Assert.Equal("NoFeatureEntitlementInSubscription", await story.SayAsync("child", "sso"));

        await story.PostAsync("/api/v1/plans/basic/draft", new { });
        await story.PostAsync(
            "/api/v1/plans/basic/entitlements", new { entitlements = new[] { new { id = "sso", type = "FEATURE" } } });
        await story.PostAsync("/api/v1/plans/basic/publish", new { migrationType = "ALL_CUSTOMERS" });

        await Eventually.TrueAsync(async () => await story.SayAsync("child", "sso") == "granted");
        Assert.Equal("granted 0/1000 2040-01-10..2040-02-10", await story.SayAsync("child", "calls"));
    }

    private static async Task SubscribeAsync(Story story, string customer)
    {
        await story.PostAsync("/api/v1/customers", new { id = customer });
        await story.ProvisionAsync(new { customerId = customer, planId = "basic", billingPeriod = "MONTHLY" });
    }

    private static async Task RaiseAsync(Story story, int limit, int price, string migrationType)
    {
        await story.PostAsync("/api/v1/plans/basic/draft", new { });
        await story.PatchAsync("/api/v1/plans/basic/entitlements/calls", new { type = "FEATURE", usageLimit = limit });
        await story.PatchAsync("/api/v1/plans/basic", new
        {
            charges = new
            {
                pricingType = "PAID",
                pricingModels = new[]
                {
                    new
                    {
                        billingModel = "FLAT_FEE",
                        pricePeriods = new[] { new { billingPeriod = "MONTHLY", price = new { amount = price, currency = "usd" } } },
                    },
                },
            },
        });
        await story.PostAsync("/api/v1/plans/basic/publish", new { migrationType });
    }

    private static async Task<int> PriceAsync(Story story, string customer)
    {
        var subscriptions = await story.GetAsync($"/api/v1/subscriptions?customerId={customer}");
        return subscriptions[0].GetProperty("prices")[0].GetProperty("amount").GetInt32();
    }
}
