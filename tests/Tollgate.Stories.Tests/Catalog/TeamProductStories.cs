using Tollgate.Storage;

namespace Tollgate.Stories.Tests.Catalog;

/// <summary>A personal product and a product of teams, joined by a cancellation rule (spec catalog 3.3 and example D).</summary>
public sealed class TeamProductStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Canceling_the_personal_plan_cancels_every_team_of_the_customer(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.PostAsync("/api/v1/products", new { id = "team", displayName = "Team", multipleSubscriptions = true });
        await PlanAsync(story, "personal-pro", "product-default");
        await PlanAsync(story, "team-pro", "team");
        await PlanAsync(story, "team-lite", "team");
        await story.PatchAsync("/tollgate/v1/products/product-default", new
        {
            autoCancellationRules = new[] { new { sourcePlanId = "personal-pro", targetPlanId = "team-pro" } },
        });
        await story.PostAsync("/api/v1/customers", new { id = "ann" });
        var personal = await story.ProvisionAsync(new { customerId = "ann", planId = "personal-pro" });
        string[] teams =
        [
            await story.ProvisionAsync(new { customerId = "ann", planId = "team-pro", resourceId = "red" }),
            await story.ProvisionAsync(new { customerId = "ann", planId = "team-pro", resourceId = "blue" }),
        ];
        var kept = await story.ProvisionAsync(new { customerId = "ann", planId = "team-lite", resourceId = "green" });

        await story.PostAsync($"/api/v1/subscriptions/{personal}/cancel", new { cancellationTime = "IMMEDIATE" });

        foreach (var team in teams)
        {
            var ended = await story.GetAsync($"/api/v1/subscriptions/{team}");
            Assert.Equal("CANCELED", ended.GetProperty("status").GetString());
            Assert.Equal("AutoCancellationRule", ended.GetProperty("cancelReason").GetString());
        }

        Assert.Equal("ACTIVE", (await story.GetAsync($"/api/v1/subscriptions/{kept}")).GetProperty("status").GetString());
    }

    private static async Task PlanAsync(Story story, string id, string productId)
    {
        await story.PostAsync("/api/v1/plans", new { id, displayName = id, productId, pricingType = "FREE" });
        await story.PostAsync($"/api/v1/plans/{id}/publish", new { migrationType = "NEW_CUSTOMERS" });
    }
}
