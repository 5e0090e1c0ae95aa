using System.Text.Json;
using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Usage;

/// <summary>Usage that comes after the payer of its subscription changed (spec subscriptions 14, entitlements-and-usage 8.2).</summary>
public sealed class LatePayerStories(StoryServers servers)
{
    /// <summary>A report of the running month, however late, is billed once, at its end, to who pays then.</summary>
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Report_from_before_a_new_payer_is_on_the_bill_of_its_month(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-03-01T00:00:00Z");
        await story.MeterAsync("calls");
        await story.PlanAsync(new("pro", Price.Flat(20), Price.Usage("calls", 1).Monthly()));
        foreach (var customer in (string[])["ann", "parent"])
            await story.CustomerAsync(customer);
        var id = await story.SubscribeAsync("ann", "pro");
        await story.AdvanceAsync(new { to = "2040-03-05T00:00:00Z" });
        await story.ReportAsync("ann", "calls", 10);
        await story.AdvanceAsync(new { to = "2040-03-10T00:00:00Z" });
        await story.PostAsync($"/api/v1/subscriptions/{id}/delegate", new { targetCustomerId = "parent" });
        await story.AdvanceAsync(new { to = "2040-03-12T00:00:00Z" });
        await story.ReportAsync("ann", "calls", 5);
        await LateAsync(story, 2, "2040-03-06T00:00:00Z");
        await story.AdvanceAsync(new { to = "2040-04-01T00:00:00Z" });
        // March is billed and stays so.
        await LateAsync(story, 100, "2040-03-31T00:00:00Z");
        await story.AdvanceAsync(new { to = "2040-05-01T00:00:00Z" });

        // 10 + 5 + 2.
        Assert.Equal(
            ["2040-03-01 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 20.00 | total 20.00 due 20.00"], await story.BillsAsync("ann"));
        Assert.Equal(
            [
                "2040-04-01 #2 PAID BILLING_CYCLE | Pro - base fee 20.00 | Pro - Calls 17 x 1 = 17.00 | total 37.00 due 37.00",
                "2040-05-01 #3 PAID BILLING_CYCLE | Pro - base fee 20.00 | Pro - Calls 0 x 1 = 0.00 | total 20.00 due 20.00",
            ],
            await story.BillsAsync("parent"));
    }

    /// <summary>What comes late of a month that the payer before was billed for, with a meter that says so.</summary>
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Late_event_of_a_billed_month_is_charged_to_who_paid_for_the_month(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        await story.EventMeterAsync("calls");
        await story.LatenessAsync("calls", "P3D", "ADJUST_NEXT_INVOICE");
        await story.PlanAsync(new("pro", Price.Flat(20), Price.Usage("calls", 1).Monthly()));
        foreach (var customer in (string[])["ann", "parent"])
            await story.CustomerAsync(customer);
        var id = await story.SubscribeAsync("ann", "pro");
        await story.SendAsync("ann", "calls", 10);
        await story.AdvanceAsync(new { to = "2040-02-20T00:00:00Z" });
        await story.PostAsync($"/api/v1/subscriptions/{id}/delegate", new { targetCustomerId = "parent" });
        await story.SendAsync("ann", "calls", 7, "2040-02-01T00:00:00Z", "late");
        await story.SendAsync("ann", "calls", 3);
        await story.AdvanceAsync(new { to = "2040-03-15T00:00:00Z" });
        var late = (await story.GetAsync("/tollgate/v1/usage/events?limit=100&customerId=ann")).EnumerateArray()
            .Single(e => e.GetProperty("idempotencyKey").GetString() == "late").GetProperty("id").GetString();
        await story.PostAsync($"/tollgate/v1/usage/events/{late}/void", new { reason = "sent by mistake" });
        await story.AdvanceAsync(new { to = "2040-04-15T00:00:00Z" });

        // 7 come late, are paid, and go again.
        Assert.Equal(
            [
                "2040-02-15 #2 PAID BILLING_CYCLE | Pro - base fee 20.00 | Pro - Calls 10 x 1 = 10.00 | total 30.00 due 30.00",
                "2040-03-15 #4 PAID SUBSCRIPTION_UPDATE | Pro - Calls - late usage of 2040-01-15 to 2040-02-15 7.00 "
                    + "| total 7.00 due 7.00",
                "2040-04-15 #6 CREDIT_NOTE SUBSCRIPTION_UPDATE | Pro - Calls - late usage of 2040-01-15 to 2040-02-15 -7.00 "
                    + "| total -7.00 due 0.00",
            ],
            await story.BillsFromAsync("ann", 2));
        Assert.Equal(
            [
                "2040-03-15 #3 PAID BILLING_CYCLE | Pro - base fee 20.00 | Pro - Calls 3 x 1 = 3.00 | total 23.00 due 23.00",
                "2040-04-15 #5 PAID BILLING_CYCLE | Pro - base fee 20.00 | Pro - Calls 0 x 1 = 0.00 | total 20.00 due 20.00",
            ],
            await story.BillsAsync("parent"));
        Assert.Equal(("7.00 usd", ""), (await story.BalanceAsync("ann"), await story.BalanceAsync("parent")));
    }

    private static Task<JsonElement> LateAsync(Story story, decimal value, string at) => story.PostAsync(
        "/api/v1/usage",
        new { usages = new[] { new { customerId = "ann", featureId = "calls", value, createdAt = at } } });
}
