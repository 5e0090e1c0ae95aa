using Tollgate.Storage;

namespace Tollgate.Stories.Tests.Entitlements;

/// <summary>A global product beside one with a subscription per workspace (spec entitlements-and-usage 2.1 and 6).</summary>
public sealed class ResourceStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Workspaces_have_their_own_limits_and_share_what_the_customer_has(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-05-05T08:00:00Z");
        await story.CatalogAsync();
        await story.PostAsync("/api/v1/features", new { id = "sso", displayName = "SSO", featureType = "BOOLEAN" });
        await story.PostAsync("/api/v1/features", new
        {
            id = "sites",
            displayName = "Sites",
            featureType = "NUMBER",
            meterType = "FLUCTUATING",
        });
        await story.PostAsync(
            "/api/v1/products", new { id = "spaces", displayName = "Spaces", multipleSubscriptions = true });
        await PublishAsync(story, "base", "product-default", new { id = "sites", type = "FEATURE", usageLimit = 5 });
        await PublishAsync(story, "space", "spaces", new { id = "sites", type = "FEATURE", usageLimit = 20 });
        await story.PostAsync("/api/v1/customers", new { id = "acme" });
        await story.ProvisionAsync(new { customerId = "acme", planId = "base" });
        await story.ProvisionAsync(new { customerId = "acme", planId = "space", resourceId = "R" });

        Assert.Equal("granted 0/5", await story.SayAsync("acme", "sites"));
        Assert.Equal("granted 0/20", await story.SayAsync("acme", "sites", 0, "R"));
        Assert.Equal("granted", await story.SayAsync("acme", "sso", 0, "R"));
        Assert.Equal("CustomerResourceNotFound", await story.SayAsync("acme", "sites", 0, "S"));

        // R's own subscription grants the feature, so its reports count there and nowhere else.
        await story.ReportAsync("acme", "sites", 18, resource: "R");
        await story.ReportAsync("acme", "sites", 4);
        Assert.Equal("RequestedUsageExceedingLimit 18/20", await story.SayAsync("acme", "sites", 3, "R"));
        Assert.Equal("granted 4/5", await story.SayAsync("acme", "sites", 1));

        // Without a subscription of its own R reads the customer's level; what was counted for R stays R's.
        var ids = await story.GetAsync("/api/v1/subscriptions?customerId=acme&resourceId=R");
        await story.PostAsync($"/api/v1/subscriptions/{ids[0].GetProperty("id").GetString()}/cancel", new { });
        Assert.Equal("granted 4/5", await story.SayAsync("acme", "sites", 1, "R"));
        await story.ReportAsync("acme", "sites", 1, resource: "R");
        Assert.Equal("granted 5/5", await story.SayAsync("acme", "sites"));
        await story.ProvisionAsync(new { customerId = "acme", planId = "space", resourceId = "R" });
        Assert.Equal("granted 19/20", await story.SayAsync("acme", "sites", 1, "R"));
        Assert.Equal("granted 5/5", await story.SayAsync("acme", "sites"));
    }

    private static async Task PublishAsync(Story story, string id, string product, object sites)
    {
        await story.PostAsync("/api/v1/plans", new { id, displayName = id, productId = product, pricingType = "FREE" });
        object[] entitlements = id == "base" ? [sites, new { id = "sso", type = "FEATURE" }] : [sites];
        await story.PostAsync($"/api/v1/plans/{id}/entitlements", new { entitlements });
        await story.PostAsync($"/api/v1/plans/{id}/publish", new { migrationType = "NEW_CUSTOMERS" });
    }
}
