using System.Globalization;
using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Billing;

/// <summary>Bills at the edges of time: last seconds, shared instants, years of renewals (spec subscriptions 3.4, 9, 10, 14, 19).</summary>
public sealed class BoundaryStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Cancellation_in_the_last_hour_the_last_second_and_the_first_instant(DatabaseKind database)
    {
        var story = await StartAsync(database, "2040-06-01T00:00:00Z");
        foreach (var customer in (string[])["hour", "kept", "second", "instant"])
        {
            await story.CustomerAsync(customer);
            await story.SubscribeAsync(customer, "pro", with: new { id = $"sub-{customer}" });
        }

        await story.AdvanceAsync(new { to = "2040-06-30T23:00:00Z" });
        await CancelAsync("hour", prorate: true);
        await CancelAsync("kept", prorate: false);
        await story.AdvanceAsync(new { to = "2040-06-30T23:59:59Z" });
        await CancelAsync("second", prorate: true);
        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });
        await CancelAsync("instant", prorate: true);

        // 1 of 720 hours: 90 / 720 = 0.125, half away from zero. A second of June is worth 0.00003.
        Assert.Equal(
            ["2040-06-30 #5 CREDIT_NOTE SUBSCRIPTION_UPDATE | Unused time on Pro - base fee -0.13 | total -0.13 due 0.00"],
            await story.BillsFromAsync("hour", 2));
        Assert.Empty(await story.BillsFromAsync("kept", 2));
        Assert.Empty(await story.BillsFromAsync("second", 2));
        // At the boundary July has begun: it was billed first and all of it comes back.
        Assert.Equal(
            [
                "2040-07-01 #6 PAID BILLING_CYCLE | Pro - base fee 90.00 | total 90.00 due 90.00",
                "2040-07-01 #7 CREDIT_NOTE SUBSCRIPTION_UPDATE | Unused time on Pro - base fee -90.00 | total -90.00 due 0.00",
            ],
            await story.BillsFromAsync("instant", 2));

        Task CancelAsync(string customer, bool prorate) =>
            story.CancelAsync($"sub-{customer}", new { cancellationTime = "IMMEDIATE", prorate });
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Coupon_that_ends_within_the_year_discounts_what_began_under_it_and_nothing_after(DatabaseKind database)
    {
        var story = await StartAsync(database, "2040-06-01T00:00:00Z");
        await story.CouponAsync("half", percent: 50, months: 2);
        await story.CustomerAsync("ann");
        await story.SubscribeAsync("ann", "basic", "ANNUALLY", new { appliedCoupon = new { couponId = "half" } });
        await story.AdvanceAsync(new { to = "2040-12-01T00:00:00Z" });
        await story.SubscribeAsync("ann", "pro", "ANNUALLY");
        await story.AdvanceAsync(new { to = "2041-06-01T00:00:00Z" });

        // 182 of 365 days are left: 150 x 182 / 365 = 74.79 was paid for them, 950 x 182 / 365 = 473.70 without the coupon.
        Assert.Equal(
            [
                "2040-06-01 #1 PAID SUBSCRIPTION_CREATION | Basic - base fee 300.00 | discount 150.00 total 150.00 due 150.00",
                "2040-12-01 #2 PAID SUBSCRIPTION_UPDATE | Unused time on Basic - base fee -74.79 "
                    + "| Remaining time on Pro - base fee 473.70 | total 398.91 due 398.91",
                "2041-06-01 #3 PAID BILLING_CYCLE | Pro - base fee 950.00 | total 950.00 due 950.00",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Two_changes_at_one_instant_cost_what_one_of_both_would(DatabaseKind database)
    {
        var story = await StartAsync(database, "2040-06-01T00:00:00Z");
        foreach (var customer in (string[])["two", "one"])
        {
            await story.CustomerAsync(customer);
            await story.SubscribeAsync(customer, "team", with: new
            {
                id = $"sub-{customer}",
                charges = Committed.Units(("seats", 2)),
            });
        }

        await story.AdvanceAsync(new { to = "2040-06-16T00:00:00Z" });
        var (seats, addons) = (Committed.Units(("seats", 5)), new[] { new { id = "support", quantity = 1 } });
        await story.UpdateAsync("sub-two", new { charges = seats });
        await story.UpdateAsync("sub-two", new { addons });
        await story.UpdateAsync("sub-one", new { charges = seats, addons });

        // Half of June: 2 x 12 / 2 back, 5 x 12 / 2 and 15 / 2 more.
        Assert.Equal(
            [
                "2040-06-16 #3 PAID SUBSCRIPTION_UPDATE | Unused time on Team - Seats -12.00 "
                    + "| Remaining time on Team - Seats 30.00 | total 18.00 due 18.00",
                "2040-06-16 #4 PAID SUBSCRIPTION_UPDATE | Remaining time on Support - base fee 7.50 | total 7.50 due 7.50",
            ],
            await story.BillsFromAsync("two", 2));
        Assert.Equal(
            ["2040-06-16 #5 PAID SUBSCRIPTION_UPDATE | Unused time on Team - Seats -12.00 "
                + "| Remaining time on Team - Seats 30.00 | Remaining time on Support - base fee 7.50 | total 25.50 due 25.50"],
            await story.BillsFromAsync("one", 2));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Payer_named_later_pays_from_the_renewal_on_and_gets_what_is_given_back(DatabaseKind database)
    {
        var story = await StartAsync(database, "2040-06-01T00:00:00Z");
        await story.CustomerAsync("ann");
        await story.CustomerAsync("parent");
        var id = await story.SubscribeAsync("ann", "pro");
        await story.AdvanceAsync(new { to = "2040-06-16T00:00:00Z" });
        await story.PostAsync($"/api/v1/subscriptions/{id}/delegate", new { targetCustomerId = "parent" });
        await story.AdvanceAsync(new { to = "2040-07-16T12:00:00Z" });
        await story.CancelAsync(id, new { cancellationTime = "IMMEDIATE", prorate = true });

        // Ann paid June. July 16 12:00 is the middle of July's 31 days.
        Assert.Equal(
            ["2040-06-01 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 90.00 | total 90.00 due 90.00"],
            await story.BillsAsync("ann"));
        Assert.Equal(
            [
                "2040-07-01 #2 PAID BILLING_CYCLE | Pro - base fee 90.00 | total 90.00 due 90.00",
                "2040-07-16 #3 CREDIT_NOTE SUBSCRIPTION_UPDATE | Unused time on Pro - base fee -45.00 | total -45.00 due 0.00",
            ],
            await story.BillsAsync("parent"));
        Assert.Equal("45.00 usd", await story.BalanceAsync("parent"));
        Assert.Equal("", await story.BalanceAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Paid_subscription_taken_over_backdated_renews_on_its_old_day_and_its_change_is_prorated(DatabaseKind database)
    {
        var story = await StartAsync(database, "2040-06-16T00:00:00Z");
        await story.CustomerAsync("ann");
        var id = await story.SubscribeAsync("ann", "basic", with: new
        {
            startDate = "2039-10-01T00:00:00Z",
            billingInformation = new { isBackdated = true },
        });
        var taken = await story.GetAsync($"/api/v1/subscriptions/{id}");
        await story.SubscribeAsync("ann", "pro");
        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });

        Assert.Equal("2040-06-01", taken.GetProperty("currentBillingPeriodStart").GetString()![..10]);
        // June was paid elsewhere at 30: half of it counts against the upgrade.
        Assert.Equal(
            [
                "2040-06-16 #1 PAID SUBSCRIPTION_UPDATE | Unused time on Basic - base fee -15.00 "
                    + "| Remaining time on Pro - base fee 45.00 | total 30.00 due 30.00",
                "2040-07-01 #2 PAID BILLING_CYCLE | Pro - base fee 90.00 | total 90.00 due 90.00",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Five_years_from_January_31_are_sixty_renewals_on_the_last_days_there_are(DatabaseKind database)
    {
        var story = await StartAsync(database, "2040-01-31T06:30:00Z");
        await story.CustomerAsync("ann");
        await story.SubscribeAsync("ann", "basic");
        await story.AdvanceAsync(new { to = "2045-01-31T06:30:00Z" });

        var expected = new List<string>();
        for (var month = 0; month <= 60; month++)
        {
            var (year, of) = (2040 + (month / 12), 1 + (month % 12));
            var day = new DateTime(year, of, Math.Min(31, DateTime.DaysInMonth(year, of)), 0, 0, 0, DateTimeKind.Utc);
            expected.Add(day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
                + $" #{month + 1} PAID {(month == 0 ? "SUBSCRIPTION_CREATION" : "BILLING_CYCLE")}"
                + " | Basic - base fee 30.00 | total 30.00 due 30.00");
        }

        Assert.Equal(expected, await story.BillsAsync("ann"));
    }

    private async Task<Story> StartAsync(DatabaseKind database, string start)
    {
        var story = await servers.NewStoryAsync(database, start);
        await story.MeterAsync("seats", "FLUCTUATING");
        await story.AddonAsync(new("support", Price.Flat(15, 150)));
        await story.PlanAsync(new("basic", Price.Flat(30, 300)));
        await story.PlanAsync(new("pro", Price.Flat(90, 950)) { Addons = ["support"] });
        await story.PlanAsync(new("team", Price.Flat(49), Price.PerUnit("seats", 12)) { Addons = ["support"] });
        return story;
    }
}
