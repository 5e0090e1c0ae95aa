using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Guides;

/// <summary>The recipes of the guides, followed step by step (spec guides, parts A and B).</summary>
public sealed class RecipeStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task F0_publishing_a_plan_before_its_addon_is_refused(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, FixtureF0.Start);
        await story.PostAsync("/api/v1/addons", new
        {
            id = "pack",
            displayName = "Pack",
            productId = "product-default",
            pricingType = "PAID",
        });
        await story.PostAsync("/api/v1/plans", new
        {
            id = "pro",
            displayName = "Pro",
            productId = "product-default",
            pricingType = "PAID",
        });
        await story.PriceAsync("plans", new("pro", Price.Flat(49)));
        await story.PatchAsync("/api/v1/plans/pro", new { compatibleAddonIds = new[] { "pack" } });

        Assert.EndsWith("PlanCannotBePublishWhenCompatibleAddonIsDraft", await story.RefusedAsync(
            HttpMethod.Post, "/api/v1/plans/pro/publish", new { migrationType = "NEW_CUSTOMERS" }), StringComparison.Ordinal);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A1_new_customer_starts_on_the_free_plan(DatabaseKind database)
    {
        var story = await F0Async(database);

        await story.CustomerAsync("c2");

        Assert.Equal(["ACTIVE free"], await story.StatesAsync("c2"));
        Assert.Equal(
            ["2040-03-01T00:00:00Z CUSTOMER_CREATED", "2040-03-01T00:00:00Z SUBSCRIPTION_CREATED"],
            await story.EventsAsync("c2"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A2_customer_with_a_card_moves_from_free_to_pro_at_once(DatabaseKind database)
    {
        var story = await F0Async(database);
        await story.CustomerAsync("c1");
        await story.PayWithAsync("c1", "pm_ok");

        Assert.Equal("400 BillingPeriodMissingError", await story.RefusedAsync(
            HttpMethod.Post, "/api/v1/subscriptions", new { customerId = "c1", planId = "pro" }));
        Assert.Equal("400 PlanNotFound", await story.RefusedAsync(
            HttpMethod.Post, "/api/v1/subscriptions", new { customerId = "c1", planId = "nope", billingPeriod = "MONTHLY" }));
        await story.SubscribeAsync("c1", "pro");

        Assert.Equal(
            ["CANCELED free canceled at 2040-03-01 UPGRADE_OR_DOWNGRADE", "ACTIVE pro 2040-03-01..2040-04-01"],
            await story.StatesAsync("c1"));
        Assert.Equal(
            ["2040-03-01 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 49.00 | total 49.00 due 49.00"],
            await story.BillsAsync("c1"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A3_seats_are_granted_up_to_the_plan(DatabaseKind database)
    {
        var story = await F0Async(database);
        await story.CustomerAsync("c1");
        await story.SubscribeAsync("c1", "pro");
        await story.ReportAsync("c1", "seats", 3);

        Assert.Equal("granted 3/5", await story.SayAsync("c1", "seats", 2));
        Assert.Equal("RequestedUsageExceedingLimit 3/5", await story.SayAsync("c1", "seats", 3));
        Assert.Equal("granted", await story.SayAsync("c1", "sso"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task B_freemium_limit_upgrade_and_the_way_back_at_the_period_end(DatabaseKind database)
    {
        var story = await F0Async(database);
        await story.CustomerAsync("c1");
        await story.ReportAsync("c1", "api-calls", 100);
        Assert.StartsWith("RequestedUsageExceedingLimit 100/100", await story.SayAsync("c1", "api-calls", 1), StringComparison.Ordinal);

        var pro = await story.SubscribeAsync("c1", "pro");
        Assert.StartsWith("granted", await story.SayAsync("c1", "api-calls", 1), StringComparison.Ordinal);
        await story.AdvanceAsync(new { to = "2040-03-10T00:00:00Z" });
        await story.CancelAsync(pro, new { });
        Assert.Equal("ACTIVE pro 2040-03-01..2040-04-01 canceled at 2040-04-01", await story.StateAsync(pro));
        await story.AdvanceAsync(new { to = "2040-04-01T00:00:00Z" });

        Assert.Equal(
            [
                "CANCELED free canceled at 2040-03-01 UPGRADE_OR_DOWNGRADE",
                "CANCELED pro 2040-03-01..2040-04-01 canceled at 2040-04-01 ScheduledCancellation", "ACTIVE free",
            ],
            await story.StatesAsync("c1"));
        Assert.Equal(
            ["2040-03-01 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 49.00 | total 49.00 due 49.00"],
            await story.BillsAsync("c1"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task B_trial_for_fourteen_days_beside_the_free_plan(DatabaseKind database)
    {
        var story = await F0Async(database);
        await story.PostAsync("/api/v1/plans/pro/draft", new { });
        await story.PatchAsync("/api/v1/plans/pro", new { defaultTrialConfig = new { duration = 14, units = "DAY" } });
        await story.PublishAsync("plans", "pro");
        await story.CustomerAsync("c4");

        await story.SubscribeAsync("c4", "pro");
        Assert.Equal(
            ["ACTIVE free", "IN_TRIAL pro 2040-03-01..2040-03-15 trial to 2040-03-15"], await story.StatesAsync("c4"));
        Assert.Equal("granted 0/5", await story.SayAsync("c4", "seats"));
        await story.AdvanceAsync(new { to = "2040-03-15T00:00:00Z" });

        Assert.Equal(
            ["ACTIVE free", "EXPIRED pro 2040-03-01..2040-03-15 TRIAL_ENDED"], await story.StatesAsync("c4"));
        Assert.Equal("granted 0/1", await story.SayAsync("c4", "seats"));
        Assert.Equal(
            ["2040-03-08T00:00:00Z SUBSCRIPTION_TRIAL_ENDS_SOON"],
            await story.EventsAsync("c4", "SUBSCRIPTION_TRIAL_ENDS_SOON"));
        Assert.Empty(await story.BillsAsync("c4"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task B_hybrid_base_fee_and_volume_usage(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, FixtureF0.Start);
        await story.MeterAsync("scans");
        await story.PlanAsync(new(
            "team", Price.Flat(20), Price.Tiered("USAGE_BASED", "scans", "VOLUME", (1000, 0.02m, null), (null, 0.01m, null)).Monthly()));
        foreach (var (customer, scans) in new[] { ("small", 600), ("large", 1500) })
        {
            await story.CustomerAsync(customer);
            await story.SubscribeAsync(customer, "team");
            await story.ReportAsync(customer, "scans", scans);
        }

        await story.AdvanceAsync(new { to = "2040-04-01T00:00:00Z" });

        Assert.Equal(
            "Team - base fee 20.00 | Team - Scans 600 x 0.02 = 12.00 | total 32.00 due 32.00",
            WithoutHead((await story.BillsAsync("small"))[1]));
        Assert.Equal(
            "Team - base fee 20.00 | Team - Scans 1500 x 0.01 = 15.00 | total 35.00 due 35.00",
            WithoutHead((await story.BillsAsync("large"))[1]));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task B_usage_pricing_commitment_tiers_and_volume(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, FixtureF0.Start);
        foreach (var feature in (string[])["templates", "pages"])
            await story.MeterAsync(feature);
        await story.MeterAsync("seats", "FLUCTUATING");
        (int?, decimal?, decimal?)[] tiers = [(10, 5, null), (20, 4, null), (null, 3, null)];
        await story.PlanAsync(new(
            "pro", Price.PerUnit("seats", 10),
            Price.Tiered("USAGE_BASED", "templates", "GRADUATED", tiers).Monthly(),
            Price.Tiered("USAGE_BASED", "pages", "VOLUME", tiers).Monthly()));
        await story.CustomerAsync("c1");
        var id = await story.SubscribeAsync("c1", "pro", with: new { charges = Committed.Units(("seats", 2)) });
        Assert.Equal("granted 0/2", await story.SayAsync("c1", "seats"));
        await story.ReportAsync("c1", "templates", 25);
        await story.ReportAsync("c1", "pages", 25);
        await story.AdvanceAsync(new { to = "2040-03-16T12:00:00Z" });
        await story.UpdateAsync(id, new { charges = Committed.Units(("seats", 3)) });

        await story.AdvanceAsync(new { to = "2040-04-01T00:00:00Z" });

        // March has 31 days, 15.5 are left: f 0.5. 10 x 5 + 10 x 4 + 5 x 3 = 105; 25 x 3 = 75; 30 + 105 + 75 = 210.
        Assert.Equal(
            [
                "2040-03-01 #1 PAID SUBSCRIPTION_CREATION | Pro - Seats 2 x 10 = 20.00 | total 20.00 due 20.00",
                "2040-03-16 #2 PAID SUBSCRIPTION_UPDATE | Unused time on Pro - Seats -10.00 "
                    + "| Remaining time on Pro - Seats 15.00 | total 5.00 due 5.00",
                "2040-04-01 #3 PAID BILLING_CYCLE | Pro - Seats 3 x 10 = 30.00 | Pro - Templates 105.00 "
                    + "| Pro - Pages 25 x 3 = 75.00 | total 210.00 due 210.00",
            ],
            await story.BillsAsync("c1"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task B_grant_addons_raise_the_limit_and_are_charged_for_the_rest_of_the_month(DatabaseKind database)
    {
        var story = await F0Async(database);
        await story.CustomerAsync("c1");
        var id = await story.SubscribeAsync("c1", "pro");
        await story.AdvanceAsync(new { to = "2040-03-16T12:00:00Z" });

        await story.UpdateAsync(id, new { addons = new[] { new { id = "seats-pack", quantity = 2 } } });

        Assert.Equal("granted 0/15", await story.SayAsync("c1", "seats"));
        await story.AdvanceAsync(new { to = "2040-04-01T00:00:00Z" });
        // Half of March is left: 2 x 10 x 0.5; then 49 + 20, the total of the checkout recipe.
        Assert.Equal(
            [
                "2040-03-01 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 49.00 | total 49.00 due 49.00",
                "2040-03-16 #2 PAID SUBSCRIPTION_UPDATE | Remaining time on Seats-pack - base fee 10.00 | total 10.00 due 10.00",
                "2040-04-01 #3 PAID BILLING_CYCLE | Pro - base fee 49.00 | Seats-pack - base fee 2 x 10 = 20.00 "
                    + "| total 69.00 due 69.00",
            ],
            await story.BillsAsync("c1"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task B_enterprise_needs_its_values_and_bills_nothing(DatabaseKind database)
    {
        var story = await F0Async(database);
        await story.CustomerAsync("c1");
        Assert.StartsWith("400", await story.RefusedAsync(
            HttpMethod.Post, "/api/v1/subscriptions", new { customerId = "c1", planId = "enterprise" }), StringComparison.Ordinal);

        await story.SubscribeAsync("c1", "enterprise", null, new
        {
            entitlements = new object[]
            {
                new { id = "seats", type = "FEATURE", usageLimit = 250 },
                new { id = "retention", type = "FEATURE", usageLimit = 730 },
            },
        });

        Assert.Equal("granted 0/250", await story.SayAsync("c1", "seats", 250));
        await story.AdvanceAsync(new { by = "P1Y" });
        Assert.Equal("ACTIVE enterprise", (await story.StatesAsync("c1"))[^1]);
        Assert.Empty(await story.BillsAsync("c1"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task B_team_members_go_with_the_team(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, FixtureF0.Start);
        await story.MeterAsync("members", "FLUCTUATING");
        await story.MeterAsync("tasks");
        await story.PostAsync("/api/v1/products", new { id = "team", displayName = "Team" });
        await story.PostAsync("/api/v1/products", new { id = "member", displayName = "Member", multipleSubscriptions = true });
        await story.PlanAsync(new("team", Price.PerUnit("members", 8)) { Product = "team" });
        await story.PlanAsync(new("member") { Product = "member", Limits = [Included.Units("tasks", 10)] });
        await story.PatchAsync("/tollgate/v1/products/team", new
        {
            autoCancellationRules = new[] { new { sourcePlanId = "team", targetPlanId = "member" } },
        });
        await story.CustomerAsync("c1");
        var team = await story.SubscribeAsync("c1", "team", with: new { charges = Committed.Units(("members", 3)) });
        foreach (var member in (string[])["m1", "m2", "m3"])
            await story.SubscribeAsync("c1", "member", null, new { resourceId = member });
        await story.ReportAsync("c1", "tasks", 4, resource: "m1");
        Assert.Equal("granted 4/10", await story.SayAsync("c1", "tasks", resource: "m1"));
        Assert.Equal("granted 0/10", await story.SayAsync("c1", "tasks", resource: "m2"));
        await story.AdvanceAsync(new { to = "2040-03-16T12:00:00Z" });

        await story.CancelAsync(team);

        Assert.Equal(
            [
                "CANCELED team 2040-03-01..2040-04-01 canceled at 2040-03-16 Immediate",
                "CANCELED member/m1 canceled at 2040-03-16 AutoCancellationRule",
                "CANCELED member/m2 canceled at 2040-03-16 AutoCancellationRule",
                "CANCELED member/m3 canceled at 2040-03-16 AutoCancellationRule",
            ],
            (await story.StatesAsync("c1")).OrderBy(s => s.Contains('/')).ThenBy(s => s, StringComparer.Ordinal));
        // 24 x 0.5 for the rest of March.
        Assert.Equal("12.00 usd", await story.BalanceAsync("c1"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task B_units_storage_is_sold_by_the_gigabyte_begun(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, FixtureF0.Start);
        await story.PostAsync("/api/v1/features", new
        {
            id = "storage",
            displayName = "Storage",
            featureType = "NUMBER",
            meterType = "FLUCTUATING",
            unitTransformation = new
            {
                divide = 1_000_000_000,
                round = "UP",
                featureUnits = "GB",
                featureUnitsPlural = "GB",
            },
        });
        await story.PlanAsync(new("disk", Price.Usage("storage", 0.10m)) { Limits = [Included.Units("storage", 5)] });
        await story.CustomerAsync("c1");
        await story.SubscribeAsync("c1", "disk");
        await story.ReportAsync("c1", "storage", 20_000_000);
        Assert.Equal("granted 1/5", await story.SayAsync("c1", "storage"));
        await story.AdvanceAsync(new { to = "2040-04-05T00:00:00Z" });
        await story.ReportAsync("c1", "storage", 2_500_000_000, behavior: "SET");
        Assert.Equal("granted 3/5", await story.SayAsync("c1", "storage"));

        await story.AdvanceAsync(new { to = "2040-05-01T00:00:00Z" });

        Assert.Equal(
            ["Disk - Storage 0.10 | total 0.10 due 0.10", "Disk - Storage 3 x 0.1 = 0.30 | total 0.30 due 0.30"],
            (await story.BillsAsync("c1")).Select(WithoutHead));
    }

    private async Task<Story> F0Async(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, FixtureF0.Start);
        await story.F0Async();
        return story;
    }

    private static string WithoutHead(string bill) => bill[(bill.IndexOf('|', StringComparison.Ordinal) + 2)..];
}
