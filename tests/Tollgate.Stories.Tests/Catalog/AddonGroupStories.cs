using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Catalog;

/// <summary>Groups of add-ons on a plan (spec catalog 7): what must be taken, and what is free.</summary>
public sealed class AddonGroupStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task The_dearest_item_of_a_group_is_free_each_month(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        await story.AddonAsync(new("backup", Price.Flat(10)));
        await story.AddonAsync(new("shield", Price.Flat(25)));
        await story.PostAsync("/tollgate/v1/package-groups", new { id = "extras", displayName = "Extras", productId = "product-default" });
        await story.PutAsync("/tollgate/v1/package-groups/extras/addons", new { addonIds = new[] { "backup", "shield" } });
        await story.PlanAsync(new("pro", Price.Flat(49)));
        await story.PostAsync("/api/v1/plans/pro/draft", new { });
        await story.PutAsync("/tollgate/v1/plans/pro/package-groups", new
        {
            packageGroups = new[] { new { packageGroupId = "extras", minItems = 1, freeItems = 1 } },
        });
        await story.PostAsync("/api/v1/plans/pro/publish", new { migrationType = "NEW_CUSTOMERS" });
        await story.CustomerAsync("ann");

        Assert.Equal("400 PackageGroupMinItemsError", await story.RefusedAsync(
            HttpMethod.Post, "/api/v1/subscriptions", new { customerId = "ann", planId = "pro", billingPeriod = "MONTHLY" }));
        await story.SubscribeAsync("ann", "pro", with: new
        {
            addons = new[] { new { id = "backup", quantity = 2 }, new { id = "shield", quantity = 1 } },
        });
        await story.AdvanceAsync(new { to = "2040-02-15T00:00:00Z" });

        // The shield of 25 is waived, two backups of 10 are charged: 49 + 20.
        Assert.Equal(
            [
                "2040-01-15 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 49.00 | Backup - base fee 2 x 10 = 20.00 "
                    + "| total 69.00 due 69.00",
                "2040-02-15 #2 PAID BILLING_CYCLE | Pro - base fee 49.00 | Backup - base fee 2 x 10 = 20.00 "
                    + "| total 69.00 due 69.00",
            ],
            await story.BillsAsync("ann"));
    }
}
