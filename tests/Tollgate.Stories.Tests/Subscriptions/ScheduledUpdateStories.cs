using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;
using Tollgate.Testing;

namespace Tollgate.Stories.Tests.Subscriptions;

/// <summary>Changes that wait, versions that are moved to, and what both cost (spec subscriptions 6, 7, 13, 14).</summary>
public sealed class ScheduledUpdateStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Proration_row_5_downgrade_at_the_period_end_costs_nothing_now(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.PlanAsync(new("basic", Price.Flat(30)));
        await story.PlanAsync(new("pro", Price.Flat(90)));
        await story.CustomerAsync("ann");
        var id = await story.SubscribeAsync("ann", "pro");
        await story.AdvanceAsync(new { to = "2040-06-16T00:00:00Z" });

        await story.SubscribeAsync("ann", "basic", with: new { scheduleStrategy = "END_OF_BILLING_PERIOD" });
        Assert.Equal("ACTIVE pro 2040-06-01..2040-07-01", await story.StateAsync(id));
        Assert.Equal(["DOWNGRADE SCHEDULED 2040-07-01"], await story.FutureAsync(id));
        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });

        Assert.Equal("ACTIVE basic 2040-07-01..2040-08-01", await story.StateAsync(id));
        Assert.Equal(
            [
                "2040-06-01 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 90.00 | total 90.00 due 90.00",
                "2040-07-01 #2 PAID BILLING_CYCLE | Basic - base fee 30.00 | total 30.00 due 30.00",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Seat_example_five_seats_then_three_scheduled_then_four_five_and_seven(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.MeterAsync("seats", "FLUCTUATING");
        await story.PlanAsync(new("team", Price.PerUnit("seats", 10)));
        await story.CustomerAsync("ann");
        var id = await story.SubscribeAsync("ann", "team", with: new { charges = Committed.Units(("seats", 5)) });
        await story.AdvanceAsync(new { to = "2040-06-16T00:00:00Z" });

        await AskAsync(3);
        Assert.Equal(["UNIT_AMOUNT SCHEDULED 2040-07-01"], await story.FutureAsync(id));
        Assert.Equal("granted 0/5", await story.SayAsync("ann", "seats"));
        await AskAsync(4);
        Assert.Equal(["UNIT_AMOUNT SCHEDULED 2040-07-01"], await story.FutureAsync(id));
        await AskAsync(5);
        Assert.Empty(await story.FutureAsync(id));
        await AskAsync(4);
        await story.UpdateAsync(id, new { charges = Committed.Units(("seats", 7)) });
        Assert.Empty(await story.FutureAsync(id));
        Assert.Equal("granted 0/7", await story.SayAsync("ann", "seats"));
        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });

        // (7 - 5) x 10 x 0.5 = 10.
        Assert.Equal(
            [
                "2040-06-01 #1 PAID SUBSCRIPTION_CREATION | Team - Seats 5 x 10 = 50.00 | total 50.00 due 50.00",
                "2040-06-16 #2 PAID SUBSCRIPTION_UPDATE | Unused time on Team - Seats -25.00 "
                    + "| Remaining time on Team - Seats 35.00 | total 10.00 due 10.00",
                "2040-07-01 #3 PAID BILLING_CYCLE | Team - Seats 7 x 10 = 70.00 | total 70.00 due 70.00",
            ],
            await story.BillsAsync("ann"));

        Task AskAsync(int seats) => story.UpdateAsync(id, new
        {
            charges = Committed.Units(("seats", seats)),
            scheduleStrategy = "END_OF_BILLING_PERIOD",
        });
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Example_E_new_version_moves_limits_at_once_and_the_price_by_migration(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.MeterAsync("seats", "FLUCTUATING");
        await story.PlanAsync(new("pro", Price.Flat(20)) { Limits = [Included.Units("seats", 10)] });
        await story.CustomerAsync("ann");
        var id = await story.SubscribeAsync("ann", "pro");

        await story.RepublishAsync(
            new("pro", Price.Flat(25)) { Limits = [Included.Units("seats", 12)] }, migration: "ALL_CUSTOMERS");
        // All customers are moved in the background.
        await Eventually.TrueAsync(
            async () => await story.SayAsync("ann", "seats") == "granted 0/12",
            cancellationToken: TestContext.Current.CancellationToken);
        await story.AdvanceAsync(new { to = "2040-06-16T00:00:00Z" });
        Assert.Single(await story.BillsAsync("ann"));
        await story.PostAsync($"/api/v1/subscriptions/{id}/migrate", new { });
        Assert.Contains("SubscriptionAlreadyOnLatestPlanError", await story.RefusedAsync(
            HttpMethod.Post, $"/api/v1/subscriptions/{id}/migrate", new { }), StringComparison.Ordinal);
        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });

        // (25 - 20) x 0.5 = 2.50.
        Assert.Equal(
            [
                "2040-06-01 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 20.00 | total 20.00 due 20.00",
                "2040-06-16 #2 PAID SUBSCRIPTION_UPDATE | Unused time on Pro - base fee -10.00 "
                    + "| Remaining time on Pro - base fee 12.50 | total 2.50 due 2.50",
                "2040-07-01 #3 PAID BILLING_CYCLE | Pro - base fee 25.00 | total 25.00 due 25.00",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Scheduled_downgrade_can_be_canceled_and_goes_with_the_subscription(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.PlanAsync(new("basic", Price.Flat(30)));
        await story.PlanAsync(new("pro", Price.Flat(90)));
        await story.CustomerAsync("ann");
        var id = await story.SubscribeAsync("ann", "pro");
        var later = new { scheduleStrategy = "END_OF_BILLING_PERIOD" };
        await story.SubscribeAsync("ann", "basic", with: later);

        await story.DeleteAsync($"/api/v1/subscriptions/{id}/future-update/schedule");
        await story.DeleteAsync($"/api/v1/subscriptions/{id}/future-update/schedule");
        Assert.Empty(await story.FutureAsync(id));
        await story.SubscribeAsync("ann", "basic", with: later);
        await story.CancelAsync(id, new { cancellationTime = "END_OF_BILLING_PERIOD" });
        Assert.Empty(await story.FutureAsync(id));
        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });

        Assert.Equal(
            "CANCELED pro 2040-06-01..2040-07-01 canceled at 2040-07-01 ScheduledCancellation", await story.StateAsync(id));
        Assert.Single(await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Transfer_moves_plan_and_cycle_to_another_resource_and_bills_nothing(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.MeterAsync("pages");
        await story.PostAsync(
            "/api/v1/products", new { id = "sites", displayName = "Sites", multipleSubscriptions = true });
        await story.PlanAsync(
            new("site", Price.Flat(5)) { Product = "sites", Limits = [Included.Units("pages", 10)] });
        await story.CustomerAsync("ann");
        var id = await story.SubscribeAsync("ann", "site", with: new { resourceId = "w1" });
        await story.ReportAsync("ann", "pages", 4, resource: "w1");
        await story.AdvanceAsync(new { to = "2040-06-16T00:00:00Z" });

        await story.PostAsync($"/api/v1/subscriptions/{id}/transfer", new { destinationResourceId = "w2" });
        Assert.Equal("granted 0/10", await story.SayAsync("ann", "pages", resource: "w2"));
        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });

        Assert.Equal(["ACTIVE site/w2 2040-07-01..2040-08-01"], await story.StatesAsync("ann"));
        Assert.Equal(["2040-06-01", "2040-07-01"], (await story.BillsAsync("ann")).Select(bill => bill[..10]));
    }
}
