using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Billing;

/// <summary>A minimum paid in advance and drawn down by usage (spec catalog 9.8, example 15 A).</summary>
public sealed class MinimumSpendStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Example_A_hybrid_plan_pays_usage_only_beyond_its_minimum(DatabaseKind database)
    {
        var story = await HybridAsync(database);
        await story.SubscribeAsync("ann", "pro", with: new { charges = Committed.Units(("seats", 5)) });
        await story.ReportAsync("ann", "calls", 200_000);
        await story.AdvanceAsync(new { to = "2040-02-20T00:00:00Z" });
        await story.ReportAsync("ann", "calls", 60_000);

        await story.AdvanceAsync(new { to = "2040-03-15T00:00:00Z" });

        // In advance 49 + 50 + 100 = 199. Usage 200 > 100: 100 more. Then usage 60 <= 100: nothing more.
        Assert.Equal(
            [
                "2040-01-15 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 49.00 | Pro - Seats 5 x 10 = 50.00 "
                    + "| Pro - minimum spend 100.00 | total 199.00 due 199.00",
                "2040-02-15 #2 PAID BILLING_CYCLE | Pro - base fee 49.00 | Pro - Seats 5 x 10 = 50.00 "
                    + "| Pro - minimum spend 100.00 | Pro - Calls 200000 x 0.001 = 200.00 | Pro - minimum spend -100.00 "
                    + "| total 299.00 due 299.00",
                "2040-03-15 #3 PAID BILLING_CYCLE | Pro - base fee 49.00 | Pro - Seats 5 x 10 = 50.00 "
                    + "| Pro - minimum spend 100.00 | Pro - Calls 60000 x 0.001 = 60.00 | Pro - minimum spend -60.00 "
                    + "| total 199.00 due 199.00",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Coupon_applies_to_the_minimum_and_to_what_goes_beyond_it(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        await story.MeterAsync("calls");
        await story.CouponAsync("twenty", percent: 20);
        await story.PlanAsync(new("pay", Price.Usage("calls", 1).Monthly()) { MinimumSpend = [("MONTHLY", 100)] });
        await story.CustomerAsync("ann");
        await story.SubscribeAsync("ann", "pay", with: new { appliedCoupon = new { couponId = "twenty" } });
        await story.ReportAsync("ann", "calls", 130);

        await story.AdvanceAsync(new { to = "2040-02-15T00:00:00Z" });

        // 100 - 20% = 80. Then again 100, and 130 - 100 = 30: 20% of 130 is 26, 104 to pay (80 + 24).
        Assert.Equal(
            [
                "2040-01-15 #1 PAID SUBSCRIPTION_CREATION | Pay - minimum spend 100.00 | discount 20.00 total 80.00 due 80.00",
                "2040-02-15 #2 PAID BILLING_CYCLE | Pay - minimum spend 100.00 | Pay - Calls 130 x 1 = 130.00 "
                    + "| Pay - minimum spend -100.00 | discount 26.00 total 104.00 due 104.00",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Minimum_of_the_subscription_replaces_the_plans_and_null_removes_it(DatabaseKind database)
    {
        var story = await HybridAsync(database);
        var id = await story.SubscribeAsync(
            "ann", "pro", with: new { minimumSpend = new { amount = 10, currency = "usd" } });
        await story.AdvanceAsync(new { to = "2040-02-20T00:00:00Z" });
        await story.UpdateAsync(id, new { minimumSpend = (object?)null });
        await story.ReportAsync("ann", "calls", 4_000);

        await story.AdvanceAsync(new { to = "2040-03-15T00:00:00Z" });

        // The minimum paid for the running period is still there for its usage of 4; the next period has none.
        Assert.Equal(
            [
                "2040-01-15 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 49.00 | Pro - Seats 10.00 "
                    + "| Pro - minimum spend 10.00 | total 69.00 due 69.00",
                "2040-02-15 #2 PAID BILLING_CYCLE | Pro - base fee 49.00 | Pro - Seats 10.00 "
                    + "| Pro - minimum spend 10.00 | Pro - Calls 0 x 0.001 = 0.00 | total 69.00 due 69.00",
                "2040-03-15 #3 PAID BILLING_CYCLE | Pro - base fee 49.00 | Pro - Seats 10.00 "
                    + "| Pro - Calls 4000 x 0.001 = 4.00 | Pro - minimum spend -4.00 | total 59.00 due 59.00",
            ],
            await story.BillsAsync("ann"));
    }

    private async Task<Story> HybridAsync(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        await story.MeterAsync("seats", "FLUCTUATING");
        await story.MeterAsync("calls");
        await story.PlanAsync(
            new("pro", Price.Flat(49), Price.PerUnit("seats", 10), Price.Usage("calls", 0.001m).Monthly())
            {
                MinimumSpend = [("MONTHLY", 100)],
            });
        await story.CustomerAsync("ann");
        return story;
    }
}
