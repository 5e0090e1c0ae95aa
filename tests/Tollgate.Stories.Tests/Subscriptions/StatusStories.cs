using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Subscriptions;

/// <summary>The ways through the states, with their events (spec subscriptions 4).</summary>
public sealed class StatusStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Planned_subscription_starts_or_is_canceled_before(DatabaseKind database)
    {
        var story = await StartAsync(database, "starts", "quits");
        var starts = await story.SubscribeAsync("starts", "pro", with: new { startDate = "2040-06-10T00:00:00Z" });
        var quits = await story.SubscribeAsync("quits", "pro", with: new { startDate = "2040-06-10T00:00:00Z" });
        Assert.Equal("NOT_STARTED pro", await story.StateAsync(starts));
        Assert.Equal("NoActiveSubscription", await story.SayAsync("starts", "calls"));
        await story.CancelAsync(quits);

        await story.AdvanceAsync(new { to = "2040-06-10T00:00:00Z" });

        Assert.Equal("ACTIVE pro 2040-06-10..2040-07-10", await story.StateAsync(starts));
        Assert.StartsWith("granted", await story.SayAsync("starts", "calls"), StringComparison.Ordinal);
        Assert.Equal("CANCELED pro canceled at 2040-06-01 Immediate", await story.StateAsync(quits));
        Assert.Equal(
            [
                "2040-06-01T00:00:00Z CUSTOMER_CREATED", "2040-06-01T00:00:00Z SUBSCRIPTION_CREATED",
                "2040-06-10T00:00:00Z SUBSCRIPTION_UPDATED",
            ],
            await story.EventsAsync("starts"));
        Assert.Equal(
            [
                "2040-06-01T00:00:00Z CUSTOMER_CREATED", "2040-06-01T00:00:00Z SUBSCRIPTION_CREATED",
                "2040-06-01T00:00:00Z SUBSCRIPTION_CANCELED",
            ],
            await story.EventsAsync("quits"));
        Assert.Empty(await story.BillsAsync("quits"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Trial_is_canceled_now_at_its_end_or_at_a_date_that_extends_it(DatabaseKind database)
    {
        var story = await StartAsync(database, "now", "end", "later");
        var trial = new { trialOverrideConfiguration = new { isTrial = true, trialEndDate = "2040-06-15T00:00:00Z" } };
        var now = await story.SubscribeAsync("now", "pro", with: trial);
        var end = await story.SubscribeAsync("end", "pro", with: trial);
        var later = await story.SubscribeAsync("later", "pro", with: trial);

        await story.CancelAsync(now);
        await story.CancelAsync(end, new { cancellationTime = "END_OF_BILLING_PERIOD" });
        await story.CancelAsync(later, new { cancellationTime = "SPECIFIC_DATE", endDate = "2040-06-20T00:00:00Z" });
        Assert.Equal("CANCELED pro 2040-06-01..2040-06-15 canceled at 2040-06-01 Immediate", await story.StateAsync(now));
        Assert.Equal("IN_TRIAL pro 2040-06-01..2040-06-15 trial to 2040-06-15 canceled at 2040-06-15", await story.StateAsync(end));
        Assert.Equal("IN_TRIAL pro 2040-06-01..2040-06-20 trial to 2040-06-20 canceled at 2040-06-20", await story.StateAsync(later));
        await story.AdvanceAsync(new { to = "2040-06-20T00:00:00Z" });

        Assert.Equal(
            "CANCELED pro 2040-06-01..2040-06-15 canceled at 2040-06-15 ScheduledCancellation", await story.StateAsync(end));
        Assert.Equal(
            "CANCELED pro 2040-06-01..2040-06-20 canceled at 2040-06-20 ScheduledCancellation", await story.StateAsync(later));
        Assert.Equal(
            ["2040-06-20T00:00:00Z SUBSCRIPTION_CANCELED"], await story.EventsAsync("later", "SUBSCRIPTION_CANCELED"));
        foreach (var customer in (string[])["now", "end", "later"])
            Assert.Empty(await story.BillsAsync(customer));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Ended_subscription_takes_no_change(DatabaseKind database)
    {
        var story = await StartAsync(database, "ann");
        var id = await story.SubscribeAsync("ann", "pro");
        await story.CancelAsync(id);
        var bills = await story.BillsAsync("ann");
        var path = $"/api/v1/subscriptions/{id}";

        string[] refused =
        [
            await story.RefusedAsync(HttpMethod.Post, $"{path}/cancel", new { cancellationTime = "IMMEDIATE" }),
            await story.RefusedAsync(HttpMethod.Patch, path, new { metadata = new { a = "b" } }),
            await story.RefusedAsync(HttpMethod.Patch, "/api/v1/subscriptions/nobody", new { metadata = new { a = "b" } }),
        ];

        Assert.Equal(
            ["SubscriptionAlreadyCanceledOrExpired", "SubscriptionAlreadyCanceledOrExpired", "SubscriptionNotFound"],
            refused.Select(answer => answer.Split(' ')[1]));
        Assert.Equal(bills, await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Planned_cancellation_is_undone_by_null_and_by_the_same_plan(DatabaseKind database)
    {
        var story = await StartAsync(database, "patch", "again");
        var patch = await story.SubscribeAsync("patch", "pro");
        var again = await story.SubscribeAsync("again", "pro");
        foreach (var id in (string[])[patch, again])
            await story.CancelAsync(id, new { cancellationTime = "END_OF_BILLING_PERIOD" });
        await story.AdvanceAsync(new { to = "2040-06-20T00:00:00Z" });

        await story.UpdateAsync(patch, new { cancellationDate = (string?)null });
        await story.SubscribeAsync("again", "pro");
        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });

        Assert.Equal("ACTIVE pro 2040-07-01..2040-08-01", await story.StateAsync(patch));
        Assert.Equal("ACTIVE pro 2040-07-01..2040-08-01", await story.StateAsync(again));
        Assert.Equal(["2040-06-01", "2040-07-01"], (await story.BillsAsync("patch")).Select(bill => bill[..10]));
        Assert.Equal(["2040-06-01", "2040-07-01"], (await story.BillsAsync("again")).Select(bill => bill[..10]));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Cancellation_on_a_date_bills_the_usage_until_then_and_falls_back_to_free(DatabaseKind database)
    {
        var story = await StartAsync(database, "ann");
        await story.PatchAsync("/api/v1/products/product-default", new
        {
            productSettings = new
            {
                subscriptionCancellationTime = "IMMEDIATE",
                subscriptionEndSetup = "DOWNGRADE_TO_FREE",
                subscriptionStartSetup = "PLAN_SELECTION",
                downgradePlanId = "free",
            },
        });
        var id = await story.SubscribeAsync("ann", "pro");
        await story.ReportAsync("ann", "calls", 50);
        await story.CancelAsync(id, new { cancellationTime = "SPECIFIC_DATE", endDate = "2040-06-16T00:00:00Z" });

        await story.AdvanceAsync(new { to = "2040-08-01T00:00:00Z" });

        // 50 calls at 0.10; a planned end gives nothing back.
        Assert.Equal(
            [
                "Pro - base fee 90.00 | total 90.00 due 90.00", "Pro - Calls 50 x 0.1 = 5.00 | total 5.00 due 5.00",
            ],
            (await story.BillsAsync("ann")).Select(bill => bill[(bill.IndexOf('|', StringComparison.Ordinal) + 2)..]));
        Assert.Equal(
            ["CANCELED pro 2040-06-01..2040-07-01 canceled at 2040-06-16 ScheduledCancellation", "ACTIVE free"],
            await story.StatesAsync("ann"));
        Assert.Equal(
            [
                "2040-06-01T00:00:00Z CUSTOMER_CREATED", "2040-06-01T00:00:00Z SUBSCRIPTION_CREATED",
                "2040-06-01T00:00:00Z SUBSCRIPTION_UPDATED", "2040-06-16T00:00:00Z SUBSCRIPTION_CANCELED",
                "2040-06-16T00:00:00Z SUBSCRIPTION_CREATED",
            ],
            (await story.EventsAsync("ann")).Where(e => !e.Contains("USAGE", StringComparison.Ordinal)
                && !e.Contains("ENTITLEMENT", StringComparison.Ordinal)));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Archived_customer_is_not_given_money_back(DatabaseKind database)
    {
        var story = await StartAsync(database, "ann");
        var id = await story.SubscribeAsync("ann", "pro");
        await story.AdvanceAsync(new { to = "2040-06-16T00:00:00Z" });

        await story.PostAsync("/api/v1/customers/ann/archive", new { });
        await story.AdvanceAsync(new { to = "2040-09-01T00:00:00Z" });

        Assert.Equal("CANCELED pro 2040-06-01..2040-07-01 canceled at 2040-06-16 CustomerArchived", await story.StateAsync(id));
        Assert.Equal(["2040-06-01"], (await story.BillsAsync("ann")).Select(bill => bill[..10]));
    }

    private async Task<Story> StartAsync(DatabaseKind database, params string[] customers)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.MeterAsync("calls");
        await story.PlanAsync(new("free"));
        await story.PlanAsync(new("pro", Price.Flat(90), Price.Usage("calls", 0.1m).Monthly())
        {
            Limits = [Included.Unlimited("calls", "MONTH")],
        });
        foreach (var customer in customers)
            await story.CustomerAsync(customer);
        return story;
    }
}
