using System.Text.Json;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Stories.Tests.Catalog;

/// <summary>What publishing an add-on does to those who have it (spec catalog 4.4 and 6).</summary>
public sealed class AddonStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task New_version_for_all_customers_moves_what_the_addon_gives_and_never_its_price(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-10T00:00:00Z");
        await story.CatalogAsync();
        await AddonAsync(story);
        await story.PatchAsync("/api/v1/plans/basic", new { compatibleAddonIds = new[] { "boost" } });
        await story.PostAsync("/api/v1/plans/basic/publish", new { migrationType = "NEW_CUSTOMERS" });
        await SubscribeAsync(story, "old");
        // 100 of the plan and 2 x 50 of the add-on.
        Assert.Equal("granted 0/200 2040-01-10..2040-02-10", await story.SayAsync("old", "calls"));

        await RaiseAsync(story, 70, 4m, "NEW_CUSTOMERS");
        await SubscribeAsync(story, "new");
        // 100 + 2 x 70 for whom came later only.
        Assert.Equal("granted 0/200 2040-01-10..2040-02-10", await story.SayAsync("old", "calls"));
        Assert.Equal("granted 0/240 2040-01-10..2040-02-10", await story.SayAsync("new", "calls"));

        await RaiseAsync(story, 80, 5m, "ALL_CUSTOMERS");
        await Eventually.TrueAsync(async () =>
            await story.SayAsync("old", "calls") == "granted 0/260 2040-01-10..2040-02-10"
            && await story.SayAsync("new", "calls") == "granted 0/260 2040-01-10..2040-02-10");
        var charges = await story.GetAsync("/api/v1/addons/boost/charges");
        Assert.Equal(5m, charges[0].GetProperty("price").GetProperty("amount").GetDecimal());
        Assert.False(charges[0].GetProperty("usedInSubscriptions").GetBoolean());
        var versions = await story.GetAsync("/tollgate/v1/addons/boost/versions");
        Assert.Equal(
            [(3, 2), (2, 0), (1, 0)],
            versions.EnumerateArray().Select(version =>
                (version.GetProperty("versionNumber").GetInt32(), version.GetProperty("subscriptions").GetInt32())));
    }

    private static async Task AddonAsync(Story story)
    {
        await story.PostAsync(
            "/api/v1/addons",
            new { id = "boost", displayName = "Boost", productId = "product-default", pricingType = "PAID" });
        await story.PostAsync("/api/v1/addons/boost/entitlements", new
        {
            entitlements = new[] { new { type = "FEATURE", id = "calls", usageLimit = 50, resetPeriod = "MONTH" } },
        });
        await PriceAsync(story, 3m);
        await story.PostAsync("/api/v1/addons/boost/publish", new { migrationType = "NEW_CUSTOMERS" });
    }

    private static async Task RaiseAsync(Story story, int limit, decimal price, string migrationType)
    {
        await PriceAsync(story, price);
        await story.PatchAsync("/api/v1/addons/boost/entitlements/calls", new { type = "FEATURE", usageLimit = limit });
        await story.PostAsync("/api/v1/addons/boost/publish", new { migrationType });
    }

    private static Task<JsonElement> PriceAsync(Story story, decimal price) => story.PatchAsync("/api/v1/addons/boost", new
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

    private static async Task SubscribeAsync(Story story, string customer)
    {
        await story.PostAsync("/api/v1/customers", new { id = customer });
        await story.ProvisionAsync(new
        {
            customerId = customer,
            planId = "basic",
            billingPeriod = "MONTHLY",
            addons = new[] { new { id = "boost", quantity = 2 } },
        });
    }
}
