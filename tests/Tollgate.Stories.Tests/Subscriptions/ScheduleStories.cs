using System.Text.Json;
using Tollgate.Storage;

namespace Tollgate.Stories.Tests.Subscriptions;

/// <summary>Changes that wait for the end of a period, and what they do when it comes (spec subscriptions 6, 7 and 13).</summary>
public sealed class ScheduleStories(StoryServers servers)
{
    /// <summary>Seats at 10 a month, an add-on at 5 with 50 calls, and a cheaper plan to go down to.</summary>
    private static async Task CatalogAsync(Story story)
    {
        await story.CatalogAsync();
        await story.PostAsync("/api/v1/features", new
        {
            id = "seats",
            displayName = "Seats",
            featureType = "NUMBER",
            meterType = "FLUCTUATING",
            featureUnits = "seat",
            featureUnitsPlural = "seats",
        });
        await story.PostAsync("/api/v1/addons", new
        {
            id = "boost",
            displayName = "Boost",
            productId = "product-default",
            pricingType = "PAID",
        });
        await story.PostAsync("/api/v1/addons/boost/entitlements", new
        {
            entitlements = new[] { new { id = "calls", type = "FEATURE", usageLimit = 50, resetPeriod = "MONTH" } },
        });
        await story.PatchAsync("/api/v1/addons/boost", new { charges = Charges(("FLAT_FEE", null, 5)) });
        await story.PostAsync("/api/v1/addons/boost/publish", new { migrationType = "NEW_CUSTOMERS" });
        await story.PostAsync("/api/v1/plans", new
        {
            id = "crew",
            displayName = "Crew",
            productId = "product-default",
            pricingType = "PAID",
        });
        await story.PostAsync("/api/v1/plans/crew/entitlements", new
        {
            entitlements = new[] { new { id = "calls", type = "FEATURE", usageLimit = 200, resetPeriod = "MONTH" } },
        });
        await story.PatchAsync("/api/v1/plans/crew", new
        {
            compatibleAddonIds = new[] { "boost" },
            charges = Charges(("FLAT_FEE", null, 49), ("PER_UNIT", "seats", 10)),
        });
        await story.PostAsync("/api/v1/plans/crew/publish", new { migrationType = "NEW_CUSTOMERS" });
    }

    private static object Charges(params (string Model, string? Feature, int Price)[] models) => new
    {
        pricingType = "PAID",
        pricingModels = models.Select(m =>
        {
            var model = new Dictionary<string, object?>
            {
                ["billingModel"] = m.Model,
                ["pricePeriods"] = new[]
                {
                    new { billingPeriod = "MONTHLY", price = new { amount = m.Price, currency = "usd" } },
                },
            };
            if (m.Feature is not null)
                model["featureId"] = m.Feature;
            return model;
        }).ToArray(),
    };

    private static object[] Seats(int count) => [new { id = "seats", quantity = count, type = "FEATURE" }];

    private static string[] Waiting(JsonElement subscription) =>
    [
        .. subscription.GetProperty("futureUpdates").EnumerateArray().Select(u =>
            $"{u.GetProperty("subscriptionScheduleType").GetString()} {u.GetProperty("scheduleStatus").GetString()} "
            + u.GetProperty("scheduledExecutionTime").GetString()![..10]),
    ];

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Fewer_seats_and_no_addon_from_the_next_period_on(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await CatalogAsync(story);
        await story.PostAsync("/api/v1/customers", new { id = "ann" });
        var id = await story.ProvisionAsync(new
        {
            customerId = "ann",
            planId = "crew",
            billingPeriod = "MONTHLY",
            charges = Seats(5),
            addons = new[] { new { id = "boost", quantity = 2 } },
        });
        // 200 of the plan and twice 50 of the add-on.
        Assert.Equal("granted 0/300 2040-06-01..2040-07-01", await story.SayAsync("ann", "calls"));
        await story.AdvanceAsync(new { to = "2040-06-16T00:00:00Z" });

        var waiting = await story.PatchAsync($"/api/v1/subscriptions/{id}", new
        {
            charges = Seats(3),
            addons = Array.Empty<object>(),
            scheduleStrategy = "END_OF_BILLING_PERIOD",
        });
        Assert.Equal(["UNIT_AMOUNT SCHEDULED 2040-07-01", "ADDON SCHEDULED 2040-07-01"], Waiting(waiting));
        Assert.Equal(2, waiting.GetProperty("addons")[0].GetProperty("quantity").GetInt32());
        Assert.Equal(3, waiting.GetProperty("prices").GetArrayLength());
        Assert.Equal("granted 0/5", (await story.SayAsync("ann", "seats"))[..11]);
        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });

        var after = await story.GetAsync($"/api/v1/subscriptions/{id}");
        Assert.Empty(Waiting(after));
        Assert.Equal(0, after.GetProperty("addons").GetArrayLength());
        Assert.Equal("granted 0/3", (await story.SayAsync("ann", "seats"))[..11]);
        Assert.Equal("granted 0/200 2040-07-01..2040-08-01", await story.SayAsync("ann", "calls"));
        Assert.Equal(
            [
                "2040-06-01T00:00:00Z SUBSCRIPTION_CREATED",
                "2040-06-16T00:00:00Z SUBSCRIPTION_UPDATED",
                "2040-06-30T23:00:00Z SUBSCRIPTION_BILLING_MONTH_ENDS_SOON",
                "2040-07-01T00:00:00Z SUBSCRIPTION_UPDATED",
                "2040-07-01T00:00:00Z SUBSCRIPTION_UPDATED",
            ],
            (await story.EventsAsync("ann")).Where(e => e.Contains("SUBSCRIPTION", StringComparison.Ordinal)));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Downgrade_of_the_plan_waits_can_be_taken_back_and_lands_on_the_version_of_that_day(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await CatalogAsync(story);
        await story.PostAsync("/api/v1/customers", new { id = "bea" });
        var id = await story.ProvisionAsync(new
        {
            customerId = "bea",
            planId = "pro",
            billingPeriod = "MONTHLY",
            trialOverrideConfiguration = new { isTrial = false },
        });
        object down = new
        {
            customerId = "bea",
            planId = "basic",
            billingPeriod = "MONTHLY",
            scheduleStrategy = "END_OF_BILLING_PERIOD",
        };

        var first = await story.PostAsync("/api/v1/subscriptions", down);
        Assert.True(first.GetProperty("isScheduled").GetBoolean());
        Assert.Equal(["DOWNGRADE SCHEDULED 2040-07-01"], Waiting(first.GetProperty("subscription")));
        Assert.Equal("pro", first.GetProperty("subscription").GetProperty("planId").GetString());
        var canceled = await story.DeleteAsync($"/api/v1/subscriptions/{id}/future-update/schedule");
        Assert.Equal(id, canceled.GetProperty("id").GetString());
        Assert.Empty(Waiting(await story.GetAsync($"/api/v1/subscriptions/{id}")));
        await story.PostAsync("/api/v1/subscriptions", down);
        await story.PostAsync("/api/v1/plans/basic/draft", new { });
        await story.PatchAsync("/api/v1/plans/basic/entitlements/calls", new { type = "FEATURE", usageLimit = 150 });
        await story.PostAsync("/api/v1/plans/basic/publish", new { migrationType = "NEW_CUSTOMERS" });
        Assert.Equal("granted 0/1000 2040-06-01..2040-07-01", await story.SayAsync("bea", "calls"));

        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });

        Assert.Equal("granted 0/150 2040-07-01..2040-08-01", await story.SayAsync("bea", "calls"));
        var after = await story.GetAsync($"/api/v1/subscriptions/{id}");
        Assert.Equal("basic", after.GetProperty("planId").GetString());
        Assert.Equal("2040-08-01T00:00:00.000Z", after.GetProperty("currentBillingPeriodEnd").GetString());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task What_cannot_be_done_when_its_time_comes_fails_and_is_told(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await CatalogAsync(story);
        await story.PostAsync("/api/v1/customers", new { id = "cid" });
        var id = await story.ProvisionAsync(new { customerId = "cid", planId = "crew", billingPeriod = "MONTHLY" });
        await story.PostAsync("/api/v1/subscriptions", new
        {
            customerId = "cid",
            planId = "basic",
            billingPeriod = "MONTHLY",
            scheduleStrategy = "END_OF_BILLING_PERIOD",
        });
        await story.PostAsync("/api/v1/plans/basic/archive", new { });

        await story.AdvanceAsync(new { to = "2040-07-02T00:00:00Z" });

        var after = await story.GetAsync($"/api/v1/subscriptions/{id}");
        Assert.Equal("crew", after.GetProperty("planId").GetString());
        Assert.Equal(["DOWNGRADE FAILED 2040-07-01"], Waiting(after));
        Assert.Contains("2040-07-01T00:00:00Z SYNC_FAILED", await story.EventsAsync("cid"));
        Assert.Equal("2040-08-01T00:00:00.000Z", after.GetProperty("currentBillingPeriodEnd").GetString());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Prices_move_to_the_latest_version_at_the_end_of_the_period(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await CatalogAsync(story);
        await story.PostAsync("/api/v1/customers", new { id = "dan" });
        var id = await story.ProvisionAsync(new { customerId = "dan", planId = "crew", billingPeriod = "MONTHLY" });
        await story.PatchAsync("/api/v1/plans/crew", new { charges = Charges(("FLAT_FEE", null, 59), ("PER_UNIT", "seats", 12)) });
        await story.PostAsync("/api/v1/plans/crew/publish", new { migrationType = "ALL_CUSTOMERS" });

        var waiting = await story.PostAsync(
            $"/api/v1/subscriptions/{id}/migrate", new { subscriptionMigrationTime = "END_OF_BILLING_PERIOD" });
        Assert.Equal(["MIGRATE_TO_LATEST SCHEDULED 2040-07-01"], Waiting(waiting));
        Assert.Equal(49, waiting.GetProperty("prices")[0].GetProperty("amount").GetDecimal());
        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });

        var after = await story.GetAsync($"/api/v1/subscriptions/{id}");
        Assert.Equal([59m, 12m], after.GetProperty("prices").EnumerateArray().Select(p => p.GetProperty("amount").GetDecimal()));
    }
}
