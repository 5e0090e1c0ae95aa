using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Billing;

/// <summary>What trials cost, and when (spec catalog 11, subscriptions 8).</summary>
public sealed class TrialBillingStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Conversion_by_call_charges_the_full_price_and_the_cycle_starts_there(DatabaseKind database)
    {
        var story = await StartAsync(database);
        var id = await story.SubscribeAsync("ann", "pro");
        Assert.Equal("IN_TRIAL pro 2040-01-15..2040-01-29 trial to 2040-01-29", await story.StateAsync(id));
        await story.AdvanceAsync(new { to = "2040-01-20T00:00:00Z" });

        await story.SubscribeAsync("ann", "pro", with: new { trialOverrideConfiguration = new { isTrial = false } });
        Assert.Equal(["ACTIVE pro 2040-01-20..2040-02-20"], await story.StatesAsync("ann"));
        await story.AdvanceAsync(new { to = "2040-02-20T00:00:00Z" });

        Assert.Equal(
            ["Pro - base fee 49.00 | total 49.00 due 49.00", "Pro - base fee 49.00 | total 49.00 due 49.00"],
            (await story.BillsAsync("ann")).Select(WithoutHead));
        Assert.Equal(
            [
                "2040-01-15T00:00:00Z CUSTOMER_CREATED",
                "2040-01-15T00:00:00Z SUBSCRIPTION_CREATED",
                "2040-01-15T00:00:00Z SUBSCRIPTION_TRIAL_STARTED",
                "2040-01-20T00:00:00Z SUBSCRIPTION_TRIAL_CONVERTED",
                "2040-02-19T23:00:00Z SUBSCRIPTION_BILLING_MONTH_ENDS_SOON",
                "2040-02-20T00:00:00Z SUBSCRIPTION_UPDATED",
            ],
            await story.EventsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Trial_is_free_until_it_converts_at_its_end(DatabaseKind database)
    {
        var story = await StartAsync(database);
        await story.SubscribeAsync("ann", "pro", with: new
        {
            trialOverrideConfiguration = new { isTrial = true, trialEndBehavior = "CONVERT_TO_PAID" },
        });
        await story.AdvanceAsync(new { to = "2040-01-28T23:59:59Z" });
        Assert.Empty(await story.BillsAsync("ann"));

        await story.AdvanceAsync(new { to = "2040-02-29T00:00:00Z" });

        // 14 days from January 15; then from January 29 month by month, February has a 29th this year.
        Assert.Equal(
            ["2040-01-29", "2040-02-29"], (await story.BillsAsync("ann")).Select(bill => bill[..10]));
        Assert.Equal(["ACTIVE pro 2040-02-29..2040-03-29"], await story.StatesAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Expired_trial_costs_nothing_and_is_not_offered_again(DatabaseKind database)
    {
        var story = await StartAsync(database);
        var id = await story.SubscribeAsync("ann", "pro");

        await story.AdvanceAsync(new { to = "2040-06-01T00:00:00Z" });

        Assert.Equal("EXPIRED pro 2040-01-15..2040-01-29 TRIAL_ENDED", await story.StateAsync(id));
        Assert.Empty(await story.BillsAsync("ann"));
        // The second time it starts paid; only an explicit override gives another trial.
        await story.SubscribeAsync("ann", "pro");
        Assert.Equal(
            ["2040-06-01 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 49.00 | total 49.00 due 49.00"],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Trial_is_extended_shortened_and_ended_at_once_by_its_end_date(DatabaseKind database)
    {
        var story = await StartAsync(database);
        var id = await story.SubscribeAsync("ann", "pro");
        await story.AdvanceAsync(new { to = "2040-01-25T00:00:00Z" });

        await story.UpdateAsync(id, new { trialEndDate = "2040-03-01T00:00:00Z" });
        Assert.Equal("IN_TRIAL pro 2040-01-15..2040-03-01 trial to 2040-03-01", await story.StateAsync(id));
        await story.AdvanceAsync(new { to = "2040-02-26T00:00:00Z" });
        await story.UpdateAsync(id, new { trialEndDate = "2040-02-28T00:00:00Z" });
        Assert.Equal("IN_TRIAL pro 2040-01-15..2040-02-28 trial to 2040-02-28", await story.StateAsync(id));
        await story.AdvanceAsync(new { to = "2040-02-27T00:00:00Z" });
        await story.UpdateAsync(id, new { trialEndDate = "2040-02-26T00:00:00Z" });

        Assert.StartsWith("EXPIRED pro", await story.StateAsync(id), StringComparison.Ordinal);
        Assert.Equal(
            ["2040-02-27T00:00:00Z SUBSCRIPTION_TRIAL_EXPIRED"],
            await story.EventsAsync("ann", "SUBSCRIPTION_TRIAL_EXPIRED"));
        // Seven days before the first end, again before the later one, and as soon as it was shortened to the last one.
        Assert.Equal(
            [
                "2040-01-22T00:00:00Z SUBSCRIPTION_TRIAL_ENDS_SOON", "2040-02-23T00:00:00Z SUBSCRIPTION_TRIAL_ENDS_SOON",
                "2040-02-26T00:00:00Z SUBSCRIPTION_TRIAL_ENDS_SOON",
            ],
            await story.EventsAsync("ann", "SUBSCRIPTION_TRIAL_ENDS_SOON"));
        Assert.Empty(await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Guide_B_trial_addon_runs_beside_the_paid_plan_and_leaves_it_alone(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        await story.MeterAsync("seats", "FLUCTUATING");
        await story.AddonAsync(new("pack", Price.Flat(10)) { Limits = [Included.More("seats", 5)] });
        await story.PlanAsync(new("pro", Price.Flat(49)) { Limits = [Included.Units("seats", 5)], Addons = ["pack"] });
        await story.CustomerAsync("ann");
        await story.SubscribeAsync("ann", "pro");
        Assert.Equal("granted 0/5", await story.SayAsync("ann", "seats"));
        await story.AdvanceAsync(new { to = "2040-01-20T00:00:00Z" });

        await story.SubscribeAsync("ann", "pro", with: new
        {
            addons = new[] { new { id = "pack", quantity = 1 } },
            trialOverrideConfiguration = new { isTrial = true, trialEndDate = "2040-01-27T00:00:00Z" },
        });
        Assert.Equal("granted 0/10", await story.SayAsync("ann", "seats"));
        await story.AdvanceAsync(new { to = "2040-02-15T00:00:00Z" });

        Assert.Equal("granted 0/5", await story.SayAsync("ann", "seats"));
        Assert.Equal(
            ["ACTIVE pro 2040-02-15..2040-03-15", "EXPIRED pro 2040-01-20..2040-01-27 TRIAL_ENDED"],
            await story.StatesAsync("ann"));
        Assert.Equal(
            [
                "2040-01-15 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 49.00 | total 49.00 due 49.00",
                "2040-02-15 #2 PAID BILLING_CYCLE | Pro - base fee 49.00 | total 49.00 due 49.00",
            ],
            await story.BillsAsync("ann"));
    }

    private async Task<Story> StartAsync(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        await story.PlanAsync(new("pro", Price.Flat(49)) { Trial = new { duration = 14, units = "DAY" } });
        await story.CustomerAsync("ann");
        return story;
    }

    private static string WithoutHead(string bill) => bill[(bill.IndexOf('|', StringComparison.Ordinal) + 2)..];
}
