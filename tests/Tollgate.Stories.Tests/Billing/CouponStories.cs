using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Billing;

/// <summary>Coupons of customers and subscriptions over the months (spec catalog 12, subscriptions 12).</summary>
public sealed class CouponStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Guide_B_discount_twenty_percent_for_three_months(DatabaseKind database)
    {
        var story = await StartAsync(database);
        await story.CouponAsync("p20", percent: 20, months: 3);
        var id = await story.SubscribeAsync("ann", "pro", with: new { appliedCoupon = new { couponId = "p20" } });
        Assert.Equal("ACTIVE", await CouponStatusAsync(story, id));

        await story.AdvanceAsync(new { to = "2040-05-01T00:00:00Z" });

        Assert.Equal(
            [
                "2040-01-15 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 49.00 | discount 9.80 total 39.20 due 39.20",
                "2040-02-15 #2 PAID BILLING_CYCLE | Pro - base fee 49.00 | discount 9.80 total 39.20 due 39.20",
                "2040-03-15 #3 PAID BILLING_CYCLE | Pro - base fee 49.00 | discount 9.80 total 39.20 due 39.20",
                "2040-04-15 #4 PAID BILLING_CYCLE | Pro - base fee 49.00 | total 49.00 due 49.00",
            ],
            await story.BillsAsync("ann"));
        Assert.Equal("EXPIRED", await CouponStatusAsync(story, id));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Fixed_amounts_are_per_currency_and_what_is_not_used_is_lost(DatabaseKind database)
    {
        var story = await StartAsync(database);
        await story.CouponAsync("ten", off: [(10, "usd"), (9, "eur")]);
        await story.CouponAsync("yen", off: [(500, "jpy")]);
        await story.PlanAsync(new("euro", Price.Flat(45, currency: "eur")));
        await story.PlanAsync(new("tiny", Price.Flat(4)));
        await story.CustomerAsync("eve");
        await story.SubscribeAsync("eve", "euro", with: new { appliedCoupon = new { couponId = "ten" } });
        await story.SubscribeAsync("ann", "tiny", with: new { appliedCoupon = new { couponId = "ten" } });

        Assert.Equal("400 InvalidArgumentError", await story.RefusedAsync(HttpMethod.Post, "/api/v1/subscriptions", new
        {
            customerId = "ann",
            planId = "pro",
            billingPeriod = "MONTHLY",
            appliedCoupon = new { couponId = "yen" },
        }));
        await story.AdvanceAsync(new { to = "2040-02-15T00:00:00Z" });

        Assert.Equal(
            "2040-01-15 #1 PAID SUBSCRIPTION_CREATION | Euro - base fee 45.00 | discount 9.00 total 36.00 due 36.00 eur",
            (await story.BillsAsync("eve"))[0]);
        // 10 off 4 is 4 off: the other 6 are not kept for February.
        Assert.Equal(
            ["discount 4.00 total 0.00 due 0.00", "discount 4.00 total 0.00 due 0.00"],
            (await story.BillsAsync("ann")).Select(bill => bill[(bill.LastIndexOf('|') + 2)..]));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Coupon_of_the_subscription_comes_before_the_customers_which_follows_when_it_is_over(DatabaseKind database)
    {
        var story = await StartAsync(database);
        await story.CouponAsync("loyal", percent: 10);
        await story.CouponAsync("half", percent: 50, months: 1);
        await story.PatchAsync("/api/v1/customers/ann", new { couponId = "loyal" });
        await story.SubscribeAsync("ann", "pro", with: new { appliedCoupon = new { couponId = "half" } });

        Assert.Equal(
            "409 CustomerAlreadyHaveCustomerCoupon",
            await story.RefusedAsync(HttpMethod.Patch, "/api/v1/customers/ann", new { couponId = "half" }));
        await story.AdvanceAsync(new { to = "2040-02-20T00:00:00Z" });
        await story.PatchAsync("/api/v1/customers/ann", new { couponId = "" });
        await story.AdvanceAsync(new { to = "2040-03-15T00:00:00Z" });

        Assert.Equal(
            [
                "2040-01-15 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 49.00 | discount 24.50 total 24.50 due 24.50",
                "2040-02-15 #2 PAID BILLING_CYCLE | Pro - base fee 49.00 | discount 4.90 total 44.10 due 44.10",
                "2040-03-15 #3 PAID BILLING_CYCLE | Pro - base fee 49.00 | total 49.00 due 49.00",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Usage_of_the_last_discounted_month_is_discounted_when_it_is_billed(DatabaseKind database)
    {
        var story = await StartAsync(database);
        await story.MeterAsync("calls");
        await story.PlanAsync(new("api", Price.Flat(10), Price.Usage("calls", 1).Monthly()));
        await story.CouponAsync("start", percent: 20, months: 1);
        await story.SubscribeAsync("ann", "api", with: new { appliedCoupon = new { couponId = "start" } });
        await story.ReportAsync("ann", "calls", 100);
        await story.AdvanceAsync(new { to = "2040-02-15T00:00:00Z" });
        await story.ReportAsync("ann", "calls", 100);

        await story.AdvanceAsync(new { to = "2040-03-15T00:00:00Z" });

        // The month [January 15, February 15) has the coupon: its base fee, and its usage a month later. 20% of 100.
        Assert.Equal(
            [
                "2040-01-15 #1 PAID SUBSCRIPTION_CREATION | Api - base fee 10.00 | discount 2.00 total 8.00 due 8.00",
                "2040-02-15 #2 PAID BILLING_CYCLE | Api - base fee 10.00 | Api - Calls 100 x 1 = 100.00 "
                    + "| discount 20.00 total 90.00 due 90.00",
                "2040-03-15 #3 PAID BILLING_CYCLE | Api - base fee 10.00 | Api - Calls 100 x 1 = 100.00 "
                    + "| total 110.00 due 110.00",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Archived_coupon_stays_with_those_who_have_it(DatabaseKind database)
    {
        var story = await StartAsync(database);
        await story.CouponAsync("old", percent: 50);
        await story.CustomerAsync("ben");
        await story.SubscribeAsync("ann", "pro", with: new { appliedCoupon = new { couponId = "old" } });
        await story.PostAsync("/api/v1/coupons/old/archive", new { });

        Assert.Equal("409 ArchivedCouponCantBeApplied", await story.RefusedAsync(HttpMethod.Post, "/api/v1/subscriptions", new
        {
            customerId = "ben",
            planId = "pro",
            billingPeriod = "MONTHLY",
            appliedCoupon = new { couponId = "old" },
        }));
        await story.AdvanceAsync(new { to = "2040-02-15T00:00:00Z" });

        Assert.Equal(
            "2040-02-15 #2 PAID BILLING_CYCLE | Pro - base fee 49.00 | discount 24.50 total 24.50 due 24.50",
            (await story.BillsAsync("ann"))[1]);
        Assert.Empty(await story.BillsAsync("ben"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Coupon_added_or_removed_in_mid_period_acts_from_the_next_invoice(DatabaseKind database)
    {
        var story = await StartAsync(database);
        await story.CouponAsync("half", percent: 50);
        var id = await story.SubscribeAsync("ann", "pro");
        await story.AdvanceAsync(new { to = "2040-01-20T00:00:00Z" });
        await story.UpdateAsync(id, new { appliedCoupon = new { couponId = "half" } });
        await story.AdvanceAsync(new { to = "2040-02-20T00:00:00Z" });
        await story.UpdateAsync(id, new { appliedCoupon = (object?)null });

        await story.AdvanceAsync(new { to = "2040-03-15T00:00:00Z" });

        Assert.Equal(
            [
                "2040-01-15 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 49.00 | total 49.00 due 49.00",
                "2040-02-15 #2 PAID BILLING_CYCLE | Pro - base fee 49.00 | discount 24.50 total 24.50 due 24.50",
                "2040-03-15 #3 PAID BILLING_CYCLE | Pro - base fee 49.00 | total 49.00 due 49.00",
            ],
            await story.BillsAsync("ann"));
        Assert.Equal("REMOVED", await CouponStatusAsync(story, id));
    }

    private async Task<Story> StartAsync(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        await story.PlanAsync(new("pro", Price.Flat(49)));
        await story.CustomerAsync("ann");
        return story;
    }

    private static async Task<string?> CouponStatusAsync(Story story, string id) =>
        (await story.GetAsync($"/api/v1/subscriptions/{id}")).GetProperty("coupons")[0].GetProperty("status").GetString();
}
