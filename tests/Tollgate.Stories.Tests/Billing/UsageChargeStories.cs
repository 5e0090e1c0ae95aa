using System.Text.Json;
using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Billing;

/// <summary>Usage charged on demand, and what the next bill will be (spec subscriptions 11 and 22).</summary>
public sealed class UsageChargeStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Usage_charged_on_the_way_is_not_on_the_renewal(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        var id = await CallerAsync(story);
        await story.ReportAsync("ann", "calls", 200);
        await story.AdvanceAsync(new { to = "2040-01-20T00:00:00Z" });
        await story.ReportAsync("ann", "calls", 30);

        var first = await ChargeAsync(story, id);
        var again = await ChargeAsync(story, id);
        await story.ReportAsync("ann", "calls", 50);
        await story.AdvanceAsync(new { to = "2040-02-15T00:00:00Z" });

        Assert.Equal("2040-01-15T00:00:00.000Z..2040-01-20T00:00:00.000Z calls 200 billed", first);
        Assert.Equal("2040-01-20T00:00:00.000Z..2040-01-20T00:00:00.000Z", again);
        Assert.Equal(
            ["2040-01-20T00:00:00Z SUBSCRIPTION_USAGE_CHARGE_TRIGGERED"],
            await story.EventsAsync("ann", "SUBSCRIPTION_USAGE_CHARGE_TRIGGERED"));
        // 200 of the first days, in blocks of 100: 2 x 5. The month has 280, 3 blocks; 2 are paid.
        Assert.Equal(
            [
                "2040-01-15 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 49.00 | total 49.00 due 49.00",
                "2040-01-20 #2 PAID BILLING_CYCLE | Pro - Calls 2 x 5 = 10.00 | total 10.00 due 10.00",
                "2040-02-15 #3 PAID BILLING_CYCLE | Pro - base fee 49.00 | Pro - Calls 5.00 | total 54.00 due 54.00",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Charge_may_end_before_now_and_leaves_the_rest_to_the_end(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        var id = await CallerAsync(story);
        await story.ReportAsync("ann", "calls", 100);
        await story.AdvanceAsync(new { to = "2040-01-18T00:00:00Z" });
        await story.ReportAsync("ann", "calls", 100);
        await story.AdvanceAsync(new { to = "2040-01-20T00:00:00Z" });

        var charged = await ChargeAsync(story, id, "2040-01-17T00:00:00Z");
        await story.CancelAsync(id, new { cancellationTime = "IMMEDIATE", prorate = false });

        Assert.Equal("2040-01-15T00:00:00.000Z..2040-01-17T00:00:00.000Z calls 100 billed", charged);
        Assert.Equal(
            [
                "2040-01-20 #2 PAID BILLING_CYCLE | Pro - Calls 5.00 | total 5.00 due 5.00",
                "2040-01-20 #3 PAID SUBSCRIPTION_UPDATE | Pro - Calls 5.00 | total 5.00 due 5.00",
            ],
            await story.BillsFromAsync("ann", 2));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Usage_is_charged_only_of_what_runs_and_until_now(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        var id = await CallerAsync(story);
        await story.PlanAsync(new("free"));
        await story.PlanAsync(new("tried", Price.Flat(10)) { Trial = new { duration = 5, units = "DAY" } });
        await story.CustomerAsync("bob");
        await story.CustomerAsync("eve");
        var free = await story.SubscribeAsync("bob", "free", period: null);
        var trial = await story.SubscribeAsync("eve", "tried");

        Assert.Equal("400 InvalidArgumentError", await RefusedAsync(story, id, new { untilDate = "2040-01-15T00:00:00.001Z" }));
        Assert.Equal("400 SubscriptionDoesNotHaveBillingPeriod", await RefusedAsync(story, free, new { }));
        Assert.Equal("409 InvalidSubscriptionStatus", await RefusedAsync(story, trial, new { }));
        await story.CancelAsync(id);
        Assert.Equal("409 SubscriptionAlreadyCanceledOrExpired", await RefusedAsync(story, id, new { }));
        Assert.Equal("409 SubscriptionAlreadyCanceledOrExpired",
            await story.RefusedAsync(HttpMethod.Post, $"/api/v1/subscriptions/{id}/usage/sync"));
        Assert.Equal("404 SubscriptionNotFound", await RefusedAsync(story, "nobody", new { }));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Next_invoice_right_before_the_boundary_is_the_invoice_made_at_it(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        await story.CouponAsync("tenth", percent: 10);
        await story.MeterAsync("seats", "FLUCTUATING");
        await story.MeterAsync("calls");
        await story.PlanAsync(
            new("pro", Price.Flat(49), Price.PerUnit("seats", 10), Price.Usage("calls", 1).Monthly())
            {
                MinimumSpend = [("MONTHLY", 20)],
            });
        await story.CustomerAsync("ann");
        var id = await story.SubscribeAsync("ann", "pro", with: new
        {
            charges = Committed.Units(("seats", 5)),
            appliedCoupon = new { couponId = "tenth" },
        });
        await story.ReportAsync("ann", "calls", 50);
        await story.AdvanceAsync(new { to = "2040-01-30T12:00:00Z" });
        // Two more seats, paid on the next bill; three fewer from the boundary on.
        await story.UpdateAsync(id, new
        {
            charges = Committed.Units(("seats", 7)),
            billingInformation = new { prorationBehavior = "CREATE_PRORATIONS" },
        });
        await story.UpdateAsync(id, new
        {
            charges = Committed.Units(("seats", 4)),
            scheduleStrategy = "END_OF_BILLING_PERIOD",
        });
        await story.AdvanceAsync(new { to = "2040-02-14T23:59:59.999Z" });

        var next = await NextAsync(story, id);
        var again = await NextAsync(story, id);
        var before = await story.BillsFromAsync("ann", 2);
        await story.AdvanceAsync(new { to = "2040-02-15T00:00:00Z" });

        // 49 + 4 x 10 + 20, usage 50 - 20 of the minimum = 30, less 10 %: 139 - 13.90. Half of the 31 days were left for
        // seats 5 -> 7: 0.5 x (45 -> 63) = 9, net of the coupon. 125.10 + 9.
        Assert.Equal("2040-02-15 BILLING_CYCLE | Pro - base fee 49.00 | Pro - Seats 40.00 | Pro - minimum spend 20.00 "
            + "| Pro - Calls 50.00 | Pro - minimum spend -20.00 | Unused time on Pro - Seats -22.50 "
            + "| Remaining time on Pro - Seats 31.50 | discount 13.90 total 134.10 due 134.10", next);
        Assert.Equal(next, again);
        Assert.Empty(before);
        Assert.Equal([next], [.. (await InvoicesAsync(story, "ann")).Skip(1)]);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Next_invoice_tells_the_end_of_a_trial_a_change_of_plan_and_nothing_at_all(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        await story.PlanAsync(new("free"));
        await story.PlanAsync(new("pro", Price.Flat(30))
        {
            Trial = new { duration = 5, units = "DAY", trialEndBehavior = "CONVERT_TO_PAID" },
        });
        await story.PlanAsync(new("basic", Price.Flat(10)));
        foreach (var customer in (string[])["ann", "bob", "eve"])
            await story.CustomerAsync(customer);
        var trial = await story.SubscribeAsync("ann", "pro");
        var free = await story.SubscribeAsync("bob", "free", period: null);
        var paid = await story.SubscribeAsync("eve", "pro", with: new { trialOverrideConfiguration = new { isTrial = false } });
        await story.SubscribeAsync("eve", "basic", with: new { scheduleStrategy = "END_OF_BILLING_PERIOD" });

        Assert.Equal(
            "2040-01-20 SUBSCRIPTION_CREATION | Pro - base fee 30.00 | total 30.00 due 30.00", await NextAsync(story, trial));
        Assert.Equal("nothing", await NextAsync(story, free));
        Assert.Equal(
            "2040-02-15 BILLING_CYCLE | Basic - base fee 10.00 | total 10.00 due 10.00", await NextAsync(story, paid));
        await story.CancelAsync(paid, new { cancellationTime = "END_OF_BILLING_PERIOD" });
        Assert.Equal("nothing", await NextAsync(story, paid));
        await story.CancelAsync(paid, new { cancellationTime = "IMMEDIATE" });
        Assert.Equal("nothing", await NextAsync(story, paid));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Next_invoice_of_a_year_is_that_of_the_usage_month(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-31T00:00:00Z");
        await story.MeterAsync("calls");
        await story.PlanAsync(new("year", Price.Flat(null, 120), Price.Usage("calls", null, 1).Monthly()));
        await story.CustomerAsync("ann");
        var id = await story.SubscribeAsync("ann", "year", "ANNUALLY");

        var without = await NextAsync(story, id);
        await story.ReportAsync("ann", "calls", 7);

        // Nothing is used yet: the next bill is the renewal. Then it is that of the month, which ends on February 29.
        Assert.Equal(
            "2041-01-31 BILLING_CYCLE | Year - base fee 120.00 | Year - Calls 0.00 | total 120.00 due 120.00", without);
        Assert.Equal("2040-02-29 BILLING_CYCLE | Year - Calls 7.00 | total 7.00 due 7.00", await NextAsync(story, id));
    }

    private static async Task<string> CallerAsync(Story story)
    {
        await story.MeterAsync("calls");
        await story.PlanAsync(new("pro", Price.Flat(49), Price.Usage("calls", 5, blockSize: 100).Monthly()));
        await story.CustomerAsync("ann");
        return await story.SubscribeAsync("ann", "pro");
    }

    private static Task<string> RefusedAsync(Story story, string id, object body) =>
        story.RefusedAsync(HttpMethod.Post, $"/api/v1/subscriptions/{id}/usage/charge", body);

    private static async Task<string> ChargeAsync(Story story, string id, string? until = null)
    {
        object request = until is null ? new { } : new { untilDate = until };
        var charged = await story.PostAsync($"/api/v1/subscriptions/{id}/usage/charge", request);
        var usage = charged.GetProperty("usageCharged").EnumerateArray()
            .Select(of => $" {of.GetProperty("featureId").GetString()} {of.GetProperty("usageAmount").GetDecimal()}");
        return $"{charged.GetProperty("periodStart").GetString()}..{charged.GetProperty("periodEnd").GetString()}"
            + string.Concat(usage) + (charged.GetProperty("invoiceBillingId").GetString() is null ? "" : " billed");
    }

    private static async Task<string> NextAsync(Story story, string id)
    {
        var invoice = (await story.GetAsync($"/tollgate/v1/subscriptions/{id}/next-invoice")).GetProperty("invoice");
        return invoice.ValueKind == JsonValueKind.Null ? "nothing" : Say(invoice, "date");
    }

    private static async Task<IReadOnlyList<string>> InvoicesAsync(Story story, string customer) =>
        [.. (await story.PageAsync($"/tollgate/v1/invoices?customerId={customer}")).GetProperty("data").EnumerateArray()
            .Reverse().Select(invoice => Say(invoice, "issuedAt"))];

    private static string Say(JsonElement invoice, string date)
    {
        var lines = invoice.GetProperty("lines").EnumerateArray()
            .Select(line => $"{line.GetProperty("description").GetString()} {Money(line, "amount")}");
        var discount = invoice.GetProperty("discount").GetDecimal() == 0 ? "" : $"discount {Money(invoice, "discount")} ";
        return $"{invoice.GetProperty(date).GetString()![..10]} {invoice.GetProperty("billingReason").GetString()} | "
            + string.Join(" | ", lines) + $" | {discount}total {Money(invoice, "total")} due {Money(invoice, "amountDue")}";
    }

    private static string Money(JsonElement of, string name) =>
        of.GetProperty(name).GetDecimal().ToString("0.00", System.Globalization.CultureInfo.InvariantCulture);
}
