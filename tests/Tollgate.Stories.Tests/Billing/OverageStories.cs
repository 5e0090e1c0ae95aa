using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Billing;

/// <summary>Overages and the windows they are counted in (spec catalog 9.7).</summary>
public sealed class OverageStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Usage_beyond_what_is_included_is_billed_each_month_and_the_limit_is_soft(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        await story.MeterAsync("calls");
        await story.MeterAsync("megabytes");
        await story.PlanAsync(new("pro", Price.Flat(20))
        {
            Limits =
            [
                Included.Units("calls", 1000, "MONTH", accordingTo: "SubscriptionStart"),
                Included.Units("megabytes", 500, "MONTH", accordingTo: "SubscriptionStart"),
            ],
            Overages = [Price.Usage("calls", 0.01m), Price.Usage("megabytes", 2, blockSize: 100)],
            OverageBilling = "MONTHLY",
        });
        await story.CustomerAsync("ann");
        await story.SubscribeAsync("ann", "pro");
        await story.ReportAsync("ann", "calls", 1300);
        await story.ReportAsync("ann", "megabytes", 800);
        Assert.StartsWith("granted 1300/1000", await story.SayAsync("ann", "calls", 5), StringComparison.Ordinal);
        await story.AdvanceAsync(new { to = "2040-02-20T00:00:00Z" });
        await story.ReportAsync("ann", "calls", 1000);

        await story.AdvanceAsync(new { to = "2040-03-15T00:00:00Z" });

        // 300 x 0.01 = 3.00; ceil(300/100) x 2 = 6.00. In the second month nothing is over.
        Assert.Equal(
            [
                "2040-01-15 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 20.00 | total 20.00 due 20.00",
                "2040-02-15 #2 PAID BILLING_CYCLE | Pro - base fee 20.00 | Pro - Calls 300 x 0.01 = 3.00 "
                    + "| Pro - Megabytes 3 x 2 = 6.00 | total 29.00 due 29.00",
                "2040-03-15 #3 PAID BILLING_CYCLE | Pro - base fee 20.00 | Pro - Calls 0 x 0.01 = 0.00 "
                    + "| Pro - Megabytes 0 x 2 = 0.00 | total 20.00 due 20.00",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Window_that_straddles_two_bills_is_billed_once(DatabaseKind database)
    {
        // Calendar months of 100 calls, bills on the 15th. January: 90 by the 15th, 130 at its end: 30 over, all after the 15th.
        // February: 120 by the 15th (20 over), 150 at its end (30 more).
        var story = await servers.NewStoryAsync(database, "2039-12-15T00:00:00Z");
        await story.MeterAsync("calls");
        await story.PlanAsync(new("pro", Price.Flat(20))
        {
            Limits = [Included.Units("calls", 100, "MONTH", accordingTo: "StartOfTheMonth")],
            Overages = [Price.Usage("calls", 1)],
            OverageBilling = "MONTHLY",
        });
        await story.CustomerAsync("ann");
        await story.SubscribeAsync("ann", "pro");
        foreach (var (day, calls) in new[] { ("2040-01-10", 90), ("2040-01-20", 40), ("2040-02-10", 120), ("2040-02-20", 30) })
        {
            await story.AdvanceAsync(new { to = $"{day}T00:00:00Z" });
            await story.ReportAsync("ann", "calls", calls);
        }

        await story.AdvanceAsync(new { to = "2040-03-15T00:00:00Z" });

        // February 15: January 30 + February 20 = 50. March 15: February 50 - 20 = 30.
        Assert.Equal(
            [
                "2040-01-15 #2 PAID BILLING_CYCLE | Pro - base fee 20.00 | Pro - Calls 0 x 1 = 0.00 | total 20.00 due 20.00",
                "2040-02-15 #3 PAID BILLING_CYCLE | Pro - base fee 20.00 | Pro - Calls 50 x 1 = 50.00 | total 70.00 due 70.00",
                "2040-03-15 #4 PAID BILLING_CYCLE | Pro - base fee 20.00 | Pro - Calls 30 x 1 = 30.00 | total 50.00 due 50.00",
            ],
            await story.BillsFromAsync("ann", 2));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Example_B_commitment_with_overage(DatabaseKind database)
    {
        // Spec catalog 15 B: 10,000 calls in blocks of 1,000 at 1.00 = 10; 2,345 more at 0.002 = 4.69.
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        await story.MeterAsync("calls");
        await story.PlanAsync(new("commit", Price.PerUnit("calls", 1, blockSize: 1000))
        {
            Limits = [Included.Units("calls", 0, "MONTH", accordingTo: "SubscriptionStart")],
            Overages = [Price.Usage("calls", 0.002m)],
            OverageBilling = "MONTHLY",
        });
        await story.CustomerAsync("ann");
        await story.SubscribeAsync("ann", "commit", with: new { charges = Committed.Units(("calls", 10_000)) });
        await story.ReportAsync("ann", "calls", 12_345);

        await story.AdvanceAsync(new { to = "2040-02-15T00:00:00Z" });

        Assert.Equal(
            [
                "2040-01-15 #1 PAID SUBSCRIPTION_CREATION | Commit - Calls 10 x 1 = 10.00 | total 10.00 due 10.00",
                "2040-02-15 #2 PAID BILLING_CYCLE | Commit - Calls 10 x 1 = 10.00 | Commit - Calls 2345 x 0.002 = 4.69 "
                    + "| total 14.69 due 14.69",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Feature_without_a_reset_bills_its_level_beyond_the_limit_each_month(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        await story.MeterAsync("seats", "FLUCTUATING");
        await story.PlanAsync(new("team", Price.Flat(50))
        {
            Limits = [Included.Units("seats", 5)],
            Overages = [Price.Usage("seats", 8)],
            OverageBilling = "MONTHLY",
        });
        await story.CustomerAsync("ann");
        await story.SubscribeAsync("ann", "team");
        await story.ReportAsync("ann", "seats", 7);
        await story.AdvanceAsync(new { to = "2040-03-01T00:00:00Z" });
        await story.ReportAsync("ann", "seats", -1);

        await story.AdvanceAsync(new { to = "2040-03-15T00:00:00Z" });

        // 7 - 5 = 2 at February 15, 6 - 5 = 1 at March 15.
        Assert.Equal(
            [
                "2040-02-15 #2 PAID BILLING_CYCLE | Team - base fee 50.00 | Team - Seats 2 x 8 = 16.00 | total 66.00 due 66.00",
                "2040-03-15 #3 PAID BILLING_CYCLE | Team - base fee 50.00 | Team - Seats 8.00 | total 58.00 due 58.00",
            ],
            await story.BillsFromAsync("ann", 2));
    }
}
