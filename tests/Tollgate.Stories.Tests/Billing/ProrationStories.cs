using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Billing;

/// <summary>
/// The table of prorations, row by row over HTTP (spec subscriptions 10). June has 30 days, so June 16 is half of the
/// period June 1 to July 1.
/// </summary>
public sealed class ProrationStories(StoryServers servers)
{
    private const string Bought = "2040-06-01 #1 PAID SUBSCRIPTION_CREATION | Basic - base fee 30.00 | total 30.00 due 30.00";

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Row_1_upgrade_in_mid_period_pays_the_difference_for_the_rest(DatabaseKind database)
    {
        var story = await SubscribedAsync(database, "basic");

        await story.SubscribeAsync("ann", "pro");
        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });

        // f = 15/30: 30 x 0.5 = 15 back, 90 x 0.5 = 45 for the rest.
        Assert.Equal(
            [
                Bought,
                "2040-06-16 #2 PAID SUBSCRIPTION_UPDATE | Unused time on Basic - base fee -15.00 "
                    + "| Remaining time on Pro - base fee 45.00 | total 30.00 due 30.00",
                "2040-07-01 #3 PAID BILLING_CYCLE | Pro - base fee 90.00 | total 90.00 due 90.00",
            ],
            await story.BillsAsync("ann"));
        Assert.Equal(["ACTIVE pro 2040-07-01..2040-08-01"], await story.StatesAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Row_2_more_seats_credit_and_debit_the_whole_charge(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.MeterAsync("seats", "FLUCTUATING");
        await story.PlanAsync(new("team", Price.PerUnit("seats", 12)));
        await story.CustomerAsync("ann");
        var id = await story.SubscribeAsync("ann", "team", with: new { charges = Committed.Units(("seats", 5)) });
        await story.AdvanceAsync(new { to = "2040-06-21T00:00:00Z" });

        await story.UpdateAsync(id, new { charges = Committed.Units(("seats", 8)) });
        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });

        // f = 10/30: 60 / 3 = 20 back, 96 / 3 = 32 for the rest.
        Assert.Equal(
            [
                "2040-06-01 #1 PAID SUBSCRIPTION_CREATION | Team - Seats 5 x 12 = 60.00 | total 60.00 due 60.00",
                "2040-06-21 #2 PAID SUBSCRIPTION_UPDATE | Unused time on Team - Seats -20.00 "
                    + "| Remaining time on Team - Seats 32.00 | total 12.00 due 12.00",
                "2040-07-01 #3 PAID BILLING_CYCLE | Team - Seats 8 x 12 = 96.00 | total 96.00 due 96.00",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Row_3_immediate_downgrade_leaves_a_balance_that_pays_the_next_invoice(DatabaseKind database)
    {
        var story = await SubscribedAsync(database, "pro");

        await story.SubscribeAsync("ann", "basic");
        Assert.Equal("30.00 usd", await story.BalanceAsync("ann"));
        await story.AdvanceAsync(new { to = "2040-08-01T00:00:00Z" });

        // 90 x 0.5 = 45 back, 30 x 0.5 = 15 for the rest: 30 too much paid.
        Assert.Equal(
            [
                "2040-06-01 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 90.00 | total 90.00 due 90.00",
                "2040-06-16 #2 CREDIT_NOTE SUBSCRIPTION_UPDATE | Unused time on Pro - base fee -45.00 "
                    + "| Remaining time on Basic - base fee 15.00 | total -30.00 due 0.00",
                "2040-07-01 #3 PAID BILLING_CYCLE | Basic - base fee 30.00 | total 30.00 balance 30.00 due 0.00",
                "2040-08-01 #4 PAID BILLING_CYCLE | Basic - base fee 30.00 | total 30.00 due 30.00",
            ],
            await story.BillsAsync("ann"));
        Assert.Equal("0.00 usd", await story.BalanceAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Row_4_downgrade_to_free_keeps_the_credit_for_the_next_paid_plan(DatabaseKind database)
    {
        var story = await SubscribedAsync(database, "pro", until: "2040-06-19T00:00:00Z");

        await story.SubscribeAsync("ann", "free", period: null);
        Assert.Equal("36.00 usd", await story.BalanceAsync("ann"));
        await story.AdvanceAsync(new { to = "2040-09-01T00:00:00Z" });
        await story.SubscribeAsync("ann", "basic");

        // 12 of 30 days left: 90 x 0.4 = 36. Months later 30 of it pay basic.
        Assert.Equal(
            [
                "2040-06-01 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 90.00 | total 90.00 due 90.00",
                "2040-06-19 #2 CREDIT_NOTE SUBSCRIPTION_UPDATE | Unused time on Pro - base fee -36.00 | total -36.00 due 0.00",
                "2040-09-01 #3 PAID SUBSCRIPTION_CREATION | Basic - base fee 30.00 | total 30.00 balance 30.00 due 0.00",
            ],
            await story.BillsAsync("ann"));
        Assert.Equal("6.00 usd", await story.BalanceAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Row_6_monthly_to_annual_starts_a_year_at_the_change(DatabaseKind database)
    {
        var story = await SubscribedAsync(database, "basic");

        await story.SubscribeAsync("ann", "basic", "ANNUALLY");
        await story.AdvanceAsync(new { to = "2041-06-16T00:00:00Z" });

        Assert.Equal(
            [
                Bought,
                "2040-06-16 #2 PAID SUBSCRIPTION_UPDATE | Basic - base fee 300.00 | Unused time on Basic - base fee -15.00 "
                    + "| total 285.00 due 285.00",
                "2041-06-16 #3 PAID BILLING_CYCLE | Basic - base fee 300.00 | total 300.00 due 300.00",
            ],
            await story.BillsAsync("ann"));
        Assert.Equal(["ACTIVE basic 2041-06-16..2042-06-16"], await story.StatesAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Row_7_without_proration_the_rest_of_the_period_is_free(DatabaseKind database)
    {
        var story = await SubscribedAsync(database, "basic");

        await story.SubscribeAsync("ann", "pro", with: new { billingInformation = new { prorationBehavior = "NONE" } });
        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });

        Assert.Equal(
            [Bought, "2040-07-01 #2 PAID BILLING_CYCLE | Pro - base fee 90.00 | total 90.00 due 90.00"],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Row_8_created_prorations_wait_for_the_next_invoice(DatabaseKind database)
    {
        var story = await SubscribedAsync(database, "basic");

        await story.SubscribeAsync(
            "ann", "pro", with: new { billingInformation = new { prorationBehavior = "CREATE_PRORATIONS" } });
        await story.AdvanceAsync(new { to = "2040-08-01T00:00:00Z" });

        // 90 for July, and 45 - 15 = 30 for June.
        Assert.Equal(
            [
                Bought,
                "2040-07-01 #2 PAID BILLING_CYCLE | Pro - base fee 90.00 | Unused time on Basic - base fee -15.00 "
                    + "| Remaining time on Pro - base fee 45.00 | total 120.00 due 120.00",
                "2040-08-01 #3 PAID BILLING_CYCLE | Pro - base fee 90.00 | total 90.00 due 90.00",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Row_9_an_anchor_moved_to_now_starts_a_full_period(DatabaseKind database)
    {
        var story = await SubscribedAsync(database, "basic");

        await story.SubscribeAsync("ann", "pro", with: new { billingCycleAnchor = "NOW" });
        Assert.Equal(["ACTIVE pro 2040-06-16..2040-07-16"], await story.StatesAsync("ann"));
        await story.AdvanceAsync(new { to = "2040-07-16T00:00:00Z" });

        Assert.Equal(
            [
                Bought,
                "2040-06-16 #2 PAID SUBSCRIPTION_UPDATE | Pro - base fee 90.00 | Unused time on Basic - base fee -15.00 "
                    + "| total 75.00 due 75.00",
                "2040-07-16 #3 PAID BILLING_CYCLE | Pro - base fee 90.00 | total 90.00 due 90.00",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Row_10_coupon_held_before_and_after_is_in_the_prorations_and_tax_comes_on_the_net(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await PlansAsync(story);
        await story.CouponAsync("twenty", percent: 20);
        await story.PatchAsync("/tollgate/v1/billing", new { taxPercentage = 10 });
        await story.CustomerAsync("ann");
        await story.SubscribeAsync("ann", "basic", with: new { appliedCoupon = new { couponId = "twenty" } });
        await story.AdvanceAsync(new { to = "2040-06-16T00:00:00Z" });

        await story.SubscribeAsync("ann", "pro", with: new { appliedCoupon = new { couponId = "twenty" } });
        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });

        // 24 was paid for basic net: 12 back. 72 net for pro: 36. (36 - 12) x 10% = 2.40 tax.
        Assert.Equal(
            [
                "2040-06-01 #1 PAID SUBSCRIPTION_CREATION | Basic - base fee 30.00 | discount 6.00 tax 2.40 total 26.40 due 26.40",
                "2040-06-16 #2 PAID SUBSCRIPTION_UPDATE | Unused time on Basic - base fee -12.00 "
                    + "| Remaining time on Pro - base fee 36.00 | tax 2.40 total 26.40 due 26.40",
                "2040-07-01 #3 PAID BILLING_CYCLE | Pro - base fee 90.00 | discount 18.00 tax 7.20 total 79.20 due 79.20",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Row_10b_coupon_that_comes_with_the_upgrade_does_not_lower_the_credit(DatabaseKind database)
    {
        var story = await SubscribedAsync(database, "basic");
        await story.CouponAsync("twenty", percent: 20);

        await story.SubscribeAsync("ann", "pro", with: new { appliedCoupon = new { couponId = "twenty" } });

        Assert.Equal(
            [
                Bought,
                "2040-06-16 #2 PAID SUBSCRIPTION_UPDATE | Unused time on Basic - base fee -15.00 "
                    + "| Remaining time on Pro - base fee 36.00 | total 21.00 due 21.00",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task There_and_back_at_one_instant_costs_nothing(DatabaseKind database)
    {
        var story = await SubscribedAsync(database, "basic");

        await story.SubscribeAsync("ann", "pro");
        await story.SubscribeAsync("ann", "basic");
        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });

        // +30 and -30 at June 16: what was charged for pro is the balance that pays July.
        Assert.Equal(
            [
                Bought,
                "2040-06-16 #2 PAID SUBSCRIPTION_UPDATE | Unused time on Basic - base fee -15.00 "
                    + "| Remaining time on Pro - base fee 45.00 | total 30.00 due 30.00",
                "2040-06-16 #3 CREDIT_NOTE SUBSCRIPTION_UPDATE | Unused time on Pro - base fee -45.00 "
                    + "| Remaining time on Basic - base fee 15.00 | total -30.00 due 0.00",
                "2040-07-01 #4 PAID BILLING_CYCLE | Basic - base fee 30.00 | total 30.00 balance 30.00 due 0.00",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Upgrade_at_the_first_instant_costs_the_full_difference_and_in_the_last_second_a_cent_or_nothing(
        DatabaseKind database)
    {
        var story = await SubscribedAsync(database, "basic", until: "2040-06-01T00:00:00Z");

        await story.SubscribeAsync("ann", "pro");
        await story.AdvanceAsync(new { to = "2040-06-30T23:59:59.999Z" });
        await story.SubscribeAsync("ann", "basic");
        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });

        // f = 1: 30 back, 90 for all of June. In the last second f = 1/2,592,000 (instants floored to seconds):
        // 90 f = 0.00003 rounds to 0, and so does 30 f: there is nothing to bill.
        Assert.Equal(
            [
                Bought,
                "2040-06-01 #2 PAID SUBSCRIPTION_UPDATE | Unused time on Basic - base fee -30.00 "
                    + "| Remaining time on Pro - base fee 90.00 | total 60.00 due 60.00",
                "2040-07-01 #3 PAID BILLING_CYCLE | Basic - base fee 30.00 | total 30.00 due 30.00",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Several_changes_in_one_period_add_up_to_what_was_used(DatabaseKind database)
    {
        var story = await SubscribedAsync(database, "basic", until: "2040-06-11T00:00:00Z");

        await story.SubscribeAsync("ann", "pro");
        await story.AdvanceAsync(new { to = "2040-06-21T00:00:00Z" });
        await story.SubscribeAsync("ann", "basic");

        // June 1-11 basic 10, June 11-21 pro 30, June 21-July 1 basic 10 = 50: 30 + 40 paid, 20 given back.
        Assert.Equal(
            [
                Bought,
                "2040-06-11 #2 PAID SUBSCRIPTION_UPDATE | Unused time on Basic - base fee -20.00 "
                    + "| Remaining time on Pro - base fee 60.00 | total 40.00 due 40.00",
                "2040-06-21 #3 CREDIT_NOTE SUBSCRIPTION_UPDATE | Unused time on Pro - base fee -30.00 "
                    + "| Remaining time on Basic - base fee 10.00 | total -20.00 due 0.00",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Annual_to_monthly_and_back_gives_back_the_unused_year(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2041-01-01T00:00:00Z");
        await PlansAsync(story);
        await story.CustomerAsync("ann");
        await story.SubscribeAsync("ann", "basic", "ANNUALLY");
        await story.AdvanceAsync(new { to = "2041-03-15T00:00:00Z" });

        await story.SubscribeAsync("ann", "basic", "MONTHLY");
        Assert.Equal(["ACTIVE basic 2041-03-15..2041-04-15"], await story.StatesAsync("ann"));
        await story.AdvanceAsync(new { to = "2041-04-15T00:00:00Z" });
        await story.SubscribeAsync("ann", "basic", "ANNUALLY");

        // 73 of 365 days used, 292 left: 300 x 0.8 = 240 back, 30 for the month: 210 on the balance, of which the next month
        // takes 30. At April 15 a new month had begun, all of it comes back: 300 - 30 = 270, 180 of it from the balance.
        Assert.Equal(
            [
                "2041-01-01 #1 PAID SUBSCRIPTION_CREATION | Basic - base fee 300.00 | total 300.00 due 300.00",
                "2041-03-15 #2 CREDIT_NOTE SUBSCRIPTION_UPDATE | Basic - base fee 30.00 "
                    + "| Unused time on Basic - base fee -240.00 | total -210.00 due 0.00",
                "2041-04-15 #3 PAID BILLING_CYCLE | Basic - base fee 30.00 | total 30.00 balance 30.00 due 0.00",
                "2041-04-15 #4 PAID SUBSCRIPTION_UPDATE | Basic - base fee 300.00 | Unused time on Basic - base fee -30.00 "
                    + "| total 270.00 balance 180.00 due 90.00",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Periods_of_an_anchor_on_January_31_have_the_days_they_have(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-31T00:00:00Z");
        await PlansAsync(story);
        await story.CustomerAsync("ann");
        await story.SubscribeAsync("ann", "basic");
        await story.AdvanceAsync(new { to = "2040-03-15T12:00:00Z" });

        await story.SubscribeAsync("ann", "pro");
        await story.AdvanceAsync(new { to = "2040-04-30T00:00:00Z" });

        // February 29 to March 31 are 31 days, 15.5 of them left: f = 0.5.
        Assert.Equal(
            [
                "2040-01-31 #1 PAID SUBSCRIPTION_CREATION | Basic - base fee 30.00 | total 30.00 due 30.00",
                "2040-02-29 #2 PAID BILLING_CYCLE | Basic - base fee 30.00 | total 30.00 due 30.00",
                "2040-03-15 #3 PAID SUBSCRIPTION_UPDATE | Unused time on Basic - base fee -15.00 "
                    + "| Remaining time on Pro - base fee 45.00 | total 30.00 due 30.00",
                "2040-03-31 #4 PAID BILLING_CYCLE | Pro - base fee 90.00 | total 90.00 due 90.00",
                "2040-04-30 #5 PAID BILLING_CYCLE | Pro - base fee 90.00 | total 90.00 due 90.00",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Year_from_a_leap_day_has_366_days_to_the_28th(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-02-29T00:00:00Z");
        await story.PlanAsync(new("small", Price.Flat(null, 365)));
        await story.PlanAsync(new("large", Price.Flat(null, 730)));
        await story.CustomerAsync("ann");
        await story.SubscribeAsync("ann", "small", "ANNUALLY");
        await story.AdvanceAsync(new { to = "2041-02-18T00:00:00Z" });

        await story.SubscribeAsync("ann", "large", "ANNUALLY");
        await story.AdvanceAsync(new { to = "2041-03-01T00:00:00Z" });

        // February 29, 2040 to February 28, 2041 are 365 days, 10 left: 365 x 10/365 = 10 back, 20 for the rest.
        Assert.Equal(
            [
                "2040-02-29 #1 PAID SUBSCRIPTION_CREATION | Small - base fee 365.00 | total 365.00 due 365.00",
                "2041-02-18 #2 PAID SUBSCRIPTION_UPDATE | Unused time on Small - base fee -10.00 "
                    + "| Remaining time on Large - base fee 20.00 | total 10.00 due 10.00",
                "2041-02-28 #3 PAID BILLING_CYCLE | Large - base fee 730.00 | total 730.00 due 730.00",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Plan_in_another_currency_is_refused_and_changes_nothing(DatabaseKind database)
    {
        var story = await SubscribedAsync(database, "basic");
        await story.PlanAsync(new("euro", Price.Flat(50, currency: "eur")));

        var refused = await story.RefusedAsync(HttpMethod.Post, "/api/v1/subscriptions", new
        {
            customerId = "ann",
            planId = "euro",
            billingPeriod = "MONTHLY",
        });

        Assert.Equal("400 InvalidArgumentError", refused);
        Assert.Equal([Bought], await story.BillsAsync("ann"));
        Assert.Equal(["ACTIVE basic 2040-06-01..2040-07-01"], await story.StatesAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Cancellation_now_gives_back_the_unused_time_unless_told_otherwise(DatabaseKind database)
    {
        var story = await SubscribedAsync(database, "pro", until: "2040-06-11T00:00:00Z");
        await story.CustomerAsync("ben");
        var ben = await story.SubscribeAsync("ben", "pro");
        var ann = (await story.GetAsync("/api/v1/subscriptions?customerId=ann"))[0].GetProperty("id").GetString()!;

        await story.CancelAsync(ann);
        await story.CancelAsync(ben, new { cancellationTime = "IMMEDIATE", prorate = false });

        // 20 of 30 days left: 90 x 2/3 = 60.
        Assert.Equal(
            [
                "2040-06-01 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 90.00 | total 90.00 due 90.00",
                "2040-06-11 #3 CREDIT_NOTE SUBSCRIPTION_UPDATE | Unused time on Pro - base fee -60.00 | total -60.00 due 0.00",
            ],
            await story.BillsAsync("ann"));
        Assert.Equal(
            ["2040-06-11 #2 PAID SUBSCRIPTION_CREATION | Pro - base fee 90.00 | total 90.00 due 90.00"],
            await story.BillsAsync("ben"));
    }

    private async Task<Story> SubscribedAsync(DatabaseKind database, string plan, string until = "2040-06-16T00:00:00Z")
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await PlansAsync(story);
        await story.CustomerAsync("ann");
        await story.SubscribeAsync("ann", plan);
        await story.AdvanceAsync(new { to = until });
        return story;
    }

    private static async Task PlansAsync(Story story)
    {
        await story.PlanAsync(new("free"));
        await story.PlanAsync(new("basic", Price.Flat(30, 300)));
        await story.PlanAsync(new("pro", Price.Flat(90, 900)));
    }
}
