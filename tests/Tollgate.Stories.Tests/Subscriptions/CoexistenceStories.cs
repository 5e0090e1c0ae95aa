using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Subscriptions;

/// <summary>What a new subscription does to those of its scope, row by row (spec subscriptions 5.6).</summary>
public sealed class CoexistenceStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Matrix_of_plan_types_moves_in_place_or_makes_a_new_record(DatabaseKind database)
    {
        var story = await StartAsync(database);
        var told = new List<string>();
        foreach (var (from, to) in new[]
        {
            ("free", "pro"), ("free", "custom"), ("custom", "pro"),
            ("pro", "free"), ("pro", "custom"), ("custom", "free"), ("basic", "pro"), ("free", "freer"), ("custom", "bespoke"),
        })
        {
            var customer = $"{from}-{to}";
            await story.CustomerAsync(customer);
            var first = await story.SubscribeAsync(customer, from, Period(from));
            var second = await story.SubscribeAsync(customer, to, Period(to));
            told.Add($"{customer} {(first == second ? "in place" : "new")}: "
                + string.Join(", ", (await story.StatesAsync(customer)).Select(state => state.Replace(" 2040-06-01..2040-07-01", ""))));
        }

        Assert.Equal(
            [
                "free-pro new: CANCELED free canceled at 2040-06-01 UPGRADE_OR_DOWNGRADE, ACTIVE pro",
                "free-custom new: CANCELED free canceled at 2040-06-01 UPGRADE_OR_DOWNGRADE, ACTIVE custom",
                "custom-pro new: CANCELED custom canceled at 2040-06-01 UPGRADE_OR_DOWNGRADE, ACTIVE pro",
                "pro-free in place: ACTIVE free",
                "pro-custom in place: ACTIVE custom",
                "custom-free in place: ACTIVE free",
                "basic-pro in place: ACTIVE pro",
                "free-freer in place: ACTIVE freer",
                "custom-bespoke in place: ACTIVE bespoke",
            ],
            told);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Paid_plan_over_a_trial_of_another_starts_now(DatabaseKind database)
    {
        var story = await StartAsync(database);
        await story.CustomerAsync("ann");
        await story.SubscribeAsync("ann", "pro", with: Trial("2040-06-15T00:00:00Z"));
        await story.AdvanceAsync(new { to = "2040-06-05T00:00:00Z" });

        await story.SubscribeAsync("ann", "basic");

        Assert.Equal(
            [
                "CANCELED pro 2040-06-01..2040-06-15 canceled at 2040-06-05 TRIAL_CONVERTED",
                "ACTIVE basic 2040-06-05..2040-07-05",
            ],
            await story.StatesAsync("ann"));
        Assert.Equal(
            ["2040-06-05 #1 PAID SUBSCRIPTION_CREATION | Basic - base fee 30.00 | total 30.00 due 30.00"],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Trial_beside_a_free_plan_ends_or_takes_its_place(DatabaseKind database)
    {
        var story = await StartAsync(database);
        foreach (var (customer, behavior) in new[] { ("ends", "CANCEL_SUBSCRIPTION"), ("stays", "CONVERT_TO_PAID") })
        {
            await story.CustomerAsync(customer);
            await story.SubscribeAsync(customer, "free", null);
            await story.SubscribeAsync(customer, "pro", with: Trial("2040-06-15T00:00:00Z", behavior));
            Assert.Equal(
                ["ACTIVE free", "IN_TRIAL pro 2040-06-01..2040-06-15 trial to 2040-06-15"], await story.StatesAsync(customer));
        }

        await story.AdvanceAsync(new { to = "2040-06-15T00:00:00Z" });

        Assert.Equal(["ACTIVE free", "EXPIRED pro 2040-06-01..2040-06-15 TRIAL_ENDED"], await story.StatesAsync("ends"));
        Assert.Equal(
            ["CANCELED free canceled at 2040-06-15 UPGRADE_OR_DOWNGRADE", "ACTIVE pro 2040-06-15..2040-07-15"],
            await story.StatesAsync("stays"));
        Assert.Empty(await story.BillsAsync("ends"));
        Assert.Equal("90.00", (await story.BillsAsync("stays")).Single()[^5..]);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Second_trial_ends_the_first_and_a_plan_held_is_updated_beside_a_trial(DatabaseKind database)
    {
        var story = await StartAsync(database);
        await story.CustomerAsync("ann");
        await story.SubscribeAsync("ann", "basic");
        await story.SubscribeAsync("ann", "pro", with: Trial("2040-06-15T00:00:00Z"));
        await story.AdvanceAsync(new { to = "2040-06-03T00:00:00Z" });

        await story.SubscribeAsync("ann", "top", with: Trial("2040-06-20T00:00:00Z"));
        await story.SubscribeAsync("ann", "basic", with: new { metadata = new { note = "kept" } });

        Assert.Equal(
            [
                "ACTIVE basic 2040-06-01..2040-07-01",
                "CANCELED pro 2040-06-01..2040-06-15 canceled at 2040-06-03 UPGRADE_OR_DOWNGRADE",
                "IN_TRIAL top 2040-06-03..2040-06-20 trial to 2040-06-20",
            ],
            await story.StatesAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Future_start_waits_is_replaced_by_another_and_replaces_the_live_one(DatabaseKind database)
    {
        var story = await StartAsync(database);
        await story.CustomerAsync("ann");
        await story.SubscribeAsync("ann", "basic");
        await story.SubscribeAsync("ann", "pro", with: new { startDate = "2040-06-11T00:00:00Z" });
        await story.SubscribeAsync("ann", "top", with: new { startDate = "2040-06-16T00:00:00Z" });
        Assert.Equal(
            [
                "ACTIVE basic 2040-06-01..2040-07-01", "CANCELED pro canceled at 2040-06-01 UPGRADE_OR_DOWNGRADE",
                "NOT_STARTED top",
            ],
            await story.StatesAsync("ann"));

        await story.AdvanceAsync(new { to = "2040-06-16T00:00:00Z" });

        // Top costs 120 from June 16; half of basic's 30 comes back.
        Assert.Equal(
            ["Basic - base fee 30.00 | total 30.00 due 30.00", "Top - base fee 120.00 | Unused time on Basic - base fee -15.00 "
                + "| total 105.00 due 105.00"],
            (await story.BillsAsync("ann")).Select(bill => bill[(bill.IndexOf('|', StringComparison.Ordinal) + 2)..]));
        Assert.Equal("ACTIVE top 2040-06-16..2040-07-16", (await story.StatesAsync("ann"))[2]);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Same_provisioning_twice_changes_nothing(DatabaseKind database)
    {
        var story = await StartAsync(database);
        await story.CustomerAsync("ann");

        var first = await story.SubscribeAsync("ann", "pro");
        var second = await story.SubscribeAsync("ann", "pro");

        Assert.Equal(first, second);
        Assert.Single(await story.BillsAsync("ann"));
        Assert.Equal(
            ["2040-06-01T00:00:00Z CUSTOMER_CREATED", "2040-06-01T00:00:00Z SUBSCRIPTION_CREATED"],
            await story.EventsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Guide_B_multi_resources_have_subscriptions_and_bills_of_their_own(DatabaseKind database)
    {
        var story = await StartAsync(database);
        await story.PostAsync(
            "/api/v1/products", new { id = "sites", displayName = "Sites", multipleSubscriptions = true });
        await story.PlanAsync(new("site", Price.Flat(5)) { Product = "sites" });
        await story.CustomerAsync("ann");
        await story.SubscribeAsync("ann", "site", with: new { resourceId = "w1" });
        await story.AdvanceAsync(new { to = "2040-06-16T00:00:00Z" });
        await story.SubscribeAsync("ann", "site", with: new { resourceId = "w2" });

        Assert.Equal("400 InvalidArgumentError", await story.RefusedAsync(
            HttpMethod.Post, "/api/v1/subscriptions", new { customerId = "ann", planId = "site", billingPeriod = "MONTHLY" }));
        await story.AdvanceAsync(new { to = "2040-07-16T00:00:00Z" });

        Assert.Equal(
            ["2040-06-01", "2040-06-16", "2040-07-01", "2040-07-16"], (await story.BillsAsync("ann")).Select(bill => bill[..10]));
        Assert.Equal(
            ["ACTIVE site/w1 2040-07-01..2040-08-01", "ACTIVE site/w2 2040-07-16..2040-08-16"], await story.StatesAsync("ann"));
    }

    private static string? Period(string plan) => plan is "basic" or "pro" or "top" ? "MONTHLY" : null;

    private static object Trial(string end, string behavior = "CANCEL_SUBSCRIPTION") => new
    {
        trialOverrideConfiguration = new { isTrial = true, trialEndDate = end, trialEndBehavior = behavior },
    };

    private async Task<Story> StartAsync(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.PlanAsync(new("free"));
        await story.PlanAsync(new("freer"));
        await story.PlanAsync(new("basic", Price.Flat(30)));
        await story.PlanAsync(new("pro", Price.Flat(90)));
        await story.PlanAsync(new("top", Price.Flat(120)));
        await story.PlanAsync(new("custom") { Type = "CUSTOM" });
        await story.PlanAsync(new("bespoke") { Type = "CUSTOM" });
        return story;
    }
}
