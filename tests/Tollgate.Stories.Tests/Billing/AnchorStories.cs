using System.Text.Json;
using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Billing;

/// <summary>Periods that begin with the month, or together (spec subscriptions 3.4). A day costs 1 in months of 31 days.</summary>
public sealed class AnchorStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Start_on_the_31st_pays_one_day_and_then_whole_months(DatabaseKind database)
    {
        var story = await StartAsync(database, "2040-01-31T00:00:00Z");
        var id = await story.SubscribeAsync("ann", "pro");
        Assert.Equal("ACTIVE pro 2040-01-31..2040-02-01", await story.StateAsync(id));

        await story.AdvanceAsync(new { to = "2040-03-15T00:00:00Z" });

        Assert.Equal("ACTIVE pro 2040-03-01..2040-04-01", await story.StateAsync(id));
        Assert.Equal(
            [
                "2040-01-31 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 1.00 | total 1.00 due 1.00",
                "2040-02-01 #2 PAID BILLING_CYCLE | Pro - base fee 31.00 | total 31.00 due 31.00",
                "2040-03-01 #3 PAID BILLING_CYCLE | Pro - base fee 31.00 | total 31.00 due 31.00",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Leap_day_is_a_29th_of_its_february(DatabaseKind database)
    {
        var story = await StartAsync(database, "2040-02-29T00:00:00Z");
        await story.SubscribeAsync("ann", "leap");

        // 29 / 29.
        Assert.Equal(
            ["2040-02-29 #1 PAID SUBSCRIPTION_CREATION | Leap - base fee 1.00 | total 1.00 due 1.00"],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Year_begins_on_the_first_after_days_of_the_year_before_it(DatabaseKind database)
    {
        var story = await StartAsync(database, "2040-01-20T00:00:00Z");
        var id = await story.SubscribeAsync("ann", "pro", "ANNUALLY");

        await story.AdvanceAsync(new { to = "2040-02-01T00:00:00Z" });

        // February 1 2039 to 2040 are 365 days, 12 of them are left.
        Assert.Equal("ACTIVE pro 2040-02-01..2041-02-01", await story.StateAsync(id));
        Assert.Equal(
            [
                "2040-01-20 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 12.00 | total 12.00 due 12.00",
                "2040-02-01 #2 PAID BILLING_CYCLE | Pro - base fee 365.00 | total 365.00 due 365.00",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Trial_that_converts_pays_the_rest_of_the_month_and_an_upgrade_the_rest_of_that(DatabaseKind database)
    {
        var story = await StartAsync(database, "2040-01-12T00:00:00Z");
        var id = await story.SubscribeAsync("ann", "tried");
        await story.AdvanceAsync(new { to = "2040-01-27T00:00:00Z" });
        Assert.Equal("ACTIVE tried 2040-01-22..2040-02-01", await story.StateAsync(id));

        await story.SubscribeAsync("ann", "pro", with: new { trialOverrideConfiguration = new { isTrial = false } });
        await story.AdvanceAsync(new { to = "2040-02-01T00:00:00Z" });

        // January 22 to 31 are 10 days at 62 a month: 20. Then 5 days of that back and 5 of 31.
        Assert.Equal(
            [
                "2040-01-22 #1 PAID SUBSCRIPTION_CREATION | Tried - base fee 20.00 | total 20.00 due 20.00",
                "2040-01-27 #2 CREDIT_NOTE SUBSCRIPTION_UPDATE | Unused time on Tried - base fee -10.00 "
                    + "| Remaining time on Pro - base fee 5.00 | total -5.00 due 0.00",
                "2040-02-01 #3 PAID BILLING_CYCLE | Pro - base fee 31.00 | total 31.00 balance 5.00 due 26.00",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Minimum_spend_of_a_part_is_whole_and_a_coupon_takes_its_share(DatabaseKind database)
    {
        var story = await StartAsync(database, "2040-01-22T00:00:00Z");
        await story.CouponAsync("fifth", percent: 20);
        await story.SubscribeAsync("ann", "usage", with: new { appliedCoupon = new { couponId = "fifth" } });
        await story.ReportAsync("ann", "calls", 30);

        await story.AdvanceAsync(new { to = "2040-02-01T00:00:00Z" });

        // 10 + 20 less 20 %. Then 31 + 20 + 30 - 20 = 61, less 12.20.
        Assert.Equal(
            [
                "2040-01-22 #1 PAID SUBSCRIPTION_CREATION | Usage - base fee 10.00 | Usage - minimum spend 20.00 "
                    + "| discount 6.00 total 24.00 due 24.00",
                "2040-02-01 #2 PAID BILLING_CYCLE | Usage - base fee 31.00 | Usage - minimum spend 20.00 "
                    + "| Usage - Calls 30 x 1 = 30.00 | Usage - minimum spend -20.00 | discount 12.20 total 48.80 due 48.80",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Preview_shows_the_part_and_the_whole(DatabaseKind database)
    {
        var story = await StartAsync(database, "2040-01-22T00:00:00Z");

        var preview = await story.PostAsync("/api/v1/subscriptions/preview", new
        {
            customerId = "ann",
            planId = "pro",
            billingPeriod = "MONTHLY",
        });

        Assert.Equal("Pro - base fee 10.00 | subTotal 10.00 total 10.00",
            BillTelling.SayPreview(preview.GetProperty("immediateInvoice")));
        Assert.Equal("Pro - base fee 31.00 | subTotal 31.00 total 31.00",
            BillTelling.SayPreview(preview.GetProperty("recurringInvoice")));
    }

    /// <summary>
    /// The part that a start on January 22 begins with costs 10 of 31 days, that of a trial until January 22 twice as much.
    /// </summary>
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Previews_of_a_later_start_and_of_a_trial_show_the_periods_that_are_billed(DatabaseKind database)
    {
        var story = await StartAsync(database, "2040-01-12T00:00:00Z");
        object Later(string customer) => new
        {
            customerId = customer,
            planId = "pro",
            billingPeriod = "MONTHLY",
            startDate = "2040-01-22T00:00:00Z",
        };
        object Tried(string customer) => new { customerId = customer, planId = "tried", billingPeriod = "MONTHLY" };
        await story.CustomerAsync("bob");

        var later = await story.PostAsync("/api/v1/subscriptions/preview", Later("ann"));
        var tried = await story.PostAsync("/api/v1/subscriptions/preview", Tried("bob"));
        var started = await story.ProvisionAsync(Later("ann"));
        var converted = await story.ProvisionAsync(Tried("bob"));
        await story.AdvanceAsync(new { to = "2040-01-22T00:00:00Z" });
        string[] first = [await story.StateAsync(started), await story.StateAsync(converted)];
        await story.AdvanceAsync(new { to = "2040-02-01T00:00:00Z" });

        Assert.Equal(["ACTIVE pro 2040-01-22..2040-02-01", "ACTIVE tried 2040-01-22..2040-02-01"], first);
        Assert.Equal("2040-01-22..2040-02-01", RangeOf(later));
        Assert.Equal("ACTIVE pro 2040-02-01..2040-03-01", await story.StateAsync(started));
        Assert.Equal("2040-02-01..2040-03-01", RangeOf(later.GetProperty("recurringInvoice")));
        Assert.Equal("2040-01-12..2040-01-22", RangeOf(tried));
        Assert.Equal("ACTIVE tried 2040-02-01..2040-03-01", await story.StateAsync(converted));
        Assert.Equal("2040-02-01..2040-03-01", RangeOf(tried.GetProperty("recurringInvoice")));
        Assert.Equal(
            "Pro - base fee 31.00 | subTotal 31.00 total 31.00", BillTelling.SayPreview(later.GetProperty("recurringInvoice")));
        Assert.Equal(
            [
                "2040-01-22 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 10.00 | total 10.00 due 10.00",
                "2040-02-01 #3 PAID BILLING_CYCLE | Pro - base fee 31.00 | total 31.00 due 31.00",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Preview_of_a_later_start_joins_the_cycle_of_the_others(DatabaseKind database)
    {
        var story = await StartAsync(database, "2040-01-15T00:00:00Z", "SUBSCRIPTIONS_CONSOLIDATE_BILLING");
        await story.SubscribeAsync("ann", "pro");
        object Later(string plan, string period) => new
        {
            customerId = "ann",
            planId = plan,
            billingPeriod = period,
            startDate = "2040-01-25T00:00:00Z",
        };

        var monthly = await story.PostAsync("/api/v1/subscriptions/preview", Later("other", "MONTHLY"));
        var annual = await story.PostAsync("/api/v1/subscriptions/preview", Later("third", "ANNUALLY"));
        var id = await story.ProvisionAsync(Later("third", "ANNUALLY"));
        await story.AdvanceAsync(new { to = "2040-02-15T00:00:00Z" });

        Assert.Equal("2040-01-25..2040-02-15", RangeOf(monthly));
        Assert.Equal("2040-02-15..2040-03-15", RangeOf(monthly.GetProperty("recurringInvoice")));
        Assert.Equal("2040-01-25..2040-02-15", RangeOf(annual));
        Assert.Equal("2040-02-15..2041-02-15", RangeOf(annual.GetProperty("recurringInvoice")));
        Assert.Equal("ACTIVE third 2040-02-15..2041-02-15", await story.StateAsync(id));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Consolidated_subscriptions_renew_with_the_oldest_one(DatabaseKind database)
    {
        var story = await StartAsync(database, "2040-01-15T00:00:00Z", "SUBSCRIPTIONS_CONSOLIDATE_BILLING");
        await story.SubscribeAsync("ann", "pro");
        await story.AdvanceAsync(new { to = "2040-01-25T00:00:00Z" });
        var monthly = await story.SubscribeAsync("ann", "other");
        var annual = await story.SubscribeAsync("ann", "third", "ANNUALLY");

        Assert.Equal("ACTIVE other 2040-01-25..2040-02-15", await story.StateAsync(monthly));
        Assert.Equal("ACTIVE third 2040-01-25..2040-02-15", await story.StateAsync(annual));
        await story.AdvanceAsync(new { to = "2040-02-15T00:00:00Z" });

        // January 15 to February 15 are 31 days, 21 of them are left; so they are of the year's 365.
        Assert.Equal("ACTIVE third 2040-02-15..2041-02-15", await story.StateAsync(annual));
        Assert.Equal(
            [
                "2040-01-15 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 31.00 | total 31.00 due 31.00",
                "2040-01-25 #2 PAID SUBSCRIPTION_CREATION | Other - base fee 21.00 | total 21.00 due 21.00",
                "2040-01-25 #3 PAID SUBSCRIPTION_CREATION | Third - base fee 21.00 | total 21.00 due 21.00",
                "2040-02-15 #4 PAID BILLING_CYCLE | Pro - base fee 31.00 | total 31.00 due 31.00",
                "2040-02-15 #5 PAID BILLING_CYCLE | Other - base fee 31.00 | total 31.00 due 31.00",
                "2040-02-15 #6 PAID BILLING_CYCLE | Third - base fee 365.00 | total 365.00 due 365.00",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task First_consolidated_subscription_has_a_whole_period_and_the_31st_stays_shared(DatabaseKind database)
    {
        var story = await StartAsync(database, "2040-01-31T00:00:00Z", "SUBSCRIPTIONS_CONSOLIDATE_BILLING");
        await story.SubscribeAsync("ann", "pro");
        await story.AdvanceAsync(new { to = "2040-02-10T00:00:00Z" });
        var other = await story.SubscribeAsync("ann", "other");

        Assert.Equal("ACTIVE other 2040-02-10..2040-02-29", await story.StateAsync(other));
        await story.AdvanceAsync(new { to = "2040-03-01T00:00:00Z" });
        Assert.Equal("ACTIVE other 2040-02-29..2040-03-31", await story.StateAsync(other));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Environment_says_when_changes_are_paid_unless_the_call_does(DatabaseKind database)
    {
        var story = await StartAsync(database, "2040-01-01T00:00:00Z", "SUBSCRIPTION_START");
        await story.PatchAsync("/tollgate/v1/billing", new { subscriptionProrationBehavior = "CREATE_PRORATIONS" });
        await story.SubscribeAsync("ann", "pro");
        await story.AdvanceAsync(new { to = "2040-01-22T00:00:00Z" });

        await story.SubscribeAsync("ann", "tried", with: new { trialOverrideConfiguration = new { isTrial = false } });
        await story.AdvanceAsync(new { to = "2040-02-01T00:00:00Z" });
        await story.AdvanceAsync(new { to = "2040-02-15T12:00:00Z" });
        await story.SubscribeAsync("ann", "pro", with: new
        {
            billingInformation = new { prorationBehavior = "INVOICE_IMMEDIATELY" },
        });

        // 10 of 31 days: 20 - 10. Half of February: 15.50 - 31.
        Assert.Equal(
            [
                "2040-02-01 #2 PAID BILLING_CYCLE | Tried - base fee 62.00 | Unused time on Pro - base fee -10.00 "
                    + "| Remaining time on Tried - base fee 20.00 | total 72.00 due 72.00",
                "2040-02-15 #3 CREDIT_NOTE SUBSCRIPTION_UPDATE | Unused time on Tried - base fee -31.00 "
                    + "| Remaining time on Pro - base fee 15.50 | total -15.50 due 0.00",
            ],
            await story.BillsFromAsync("ann", 2));
    }

    private static string RangeOf(JsonElement shown)
    {
        var range = shown.GetProperty("billingPeriodRange");
        return $"{range.GetProperty("start").GetString()![..10]}..{range.GetProperty("end").GetString()![..10]}";
    }

    private async Task<Story> StartAsync(DatabaseKind database, string at, string anchor = "START_OF_THE_MONTH")
    {
        var story = await servers.NewStoryAsync(database, at);
        var settings = await story.PatchAsync("/tollgate/v1/billing", new { subscriptionBillingAnchor = anchor });
        Assert.Equal(anchor, settings.GetProperty("subscriptionBillingAnchor").GetString());
        await story.MeterAsync("calls");
        await story.PlanAsync(new("pro", Price.Flat(31, 365)));
        await story.PlanAsync(new("leap", Price.Flat(29)));
        await story.PlanAsync(new("tried", Price.Flat(62))
        {
            Trial = new { duration = 10, units = "DAY", trialEndBehavior = "CONVERT_TO_PAID" },
        });
        await story.PlanAsync(new("usage", Price.Flat(31), Price.Usage("calls", 1).Monthly())
        {
            MinimumSpend = [("MONTHLY", 20)],
        });
        foreach (var product in (string[])["second", "third-one"])
            await story.PostAsync("/api/v1/products", new { id = product, displayName = product });
        await story.PlanAsync(new("other", Price.Flat(31)) { Product = "second" });
        await story.PlanAsync(new("third", Price.Flat(null, 365)) { Product = "third-one" });
        await story.CustomerAsync("ann");
        return story;
    }
}
