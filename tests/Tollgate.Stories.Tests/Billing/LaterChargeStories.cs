using System.Text.Json;
using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Billing;

/// <summary>
/// Calls with <c>awaitPaymentConfirmation</c> false (spec subscriptions 5.5). June has 30 days, so on June 16 half is left;
/// basic costs 30, pro 90. What follows a call is told after the clock moved by a second.
/// </summary>
public sealed class LaterChargeStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task First_payment_and_an_upgrade_follow_their_calls(DatabaseKind database)
    {
        var story = await StartAsync(database, "pm_ok");

        var first = await story.PostAsync("/api/v1/subscriptions", Asked("basic"));
        await story.AdvanceAsync(new { to = "2040-06-01T00:00:01Z" });

        Assert.Equal("SUCCESS PAYMENT_PENDING basic 2040-06-01..2040-07-01 PROCESSING", Say(first));
        Assert.False(first.TryGetProperty("checkoutUrl", out _));
        Assert.Empty(first.GetProperty("entitlements").EnumerateArray());
        var id = first.GetProperty("id").GetString()!;
        Assert.Equal("ACTIVE basic 2040-06-01..2040-07-01", await story.StateAsync(id));
        Assert.Equal("granted 0/10", await story.SayAsync("ann", "limit"));
        await story.AdvanceAsync(new { to = "2040-06-16T00:00:00Z" });

        var preview = await story.PostAsync(
            "/api/v1/subscriptions/preview", new { customerId = "ann", planId = "pro", billingPeriod = "MONTHLY" });
        var upgrade = await story.PostAsync("/api/v1/subscriptions", Asked("pro"));
        await story.AdvanceAsync(new { to = "2040-06-16T00:00:01Z" });

        Assert.Equal("SUCCESS ACTIVE basic 2040-06-01..2040-07-01 PROCESSING", Say(upgrade));
        var waiting = Assert.Single(upgrade.GetProperty("subscription").GetProperty("futureUpdates").EnumerateArray());
        Assert.Equal("PENDING_PAYMENT", waiting.GetProperty("scheduleStatus").GetString());
        Assert.Equal("ACTIVE pro 2040-06-01..2040-07-01", await story.StateAsync(id));
        Assert.Equal("granted 0/90", await story.SayAsync("ann", "limit"));
        Assert.Equal(
            "Unused time on Basic - base fee -15.00 | Remaining time on Pro - base fee 45.00 | subTotal 30.00 total 30.00",
            BillTelling.SayPreview(preview.GetProperty("immediateInvoice")));
        Assert.Equal(
            [
                "2040-06-01 #1 PAID SUBSCRIPTION_CREATION | Basic - base fee 30.00 | total 30.00 due 30.00",
                "2040-06-16 #2 PAID SUBSCRIPTION_UPDATE | Unused time on Basic - base fee -15.00 "
                    + "| Remaining time on Pro - base fee 45.00 | total 30.00 due 30.00",
            ],
            await story.BillsAsync("ann"));
        // What it waited for is told at its own instant, whenever it was worked off.
        Assert.Equal(
            [
                "2040-06-01T00:00:00Z SUBSCRIPTION_UPDATED", "2040-06-16T00:00:00Z SUBSCRIPTION_UPDATED",
                "2040-06-16T00:00:00Z SUBSCRIPTION_UPDATED",
            ],
            await story.EventsAsync("ann", "SUBSCRIPTION_UPDATED"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Declined_payments_that_follow_wait_for_the_payer(DatabaseKind database)
    {
        var story = await StartAsync(database, "pm_ok");
        var id = await story.SubscribeAsync("ann", "basic");
        await story.PayWithAsync("ann", "pm_decline");
        await story.AdvanceAsync(new { to = "2040-06-16T00:00:00Z" });

        var updated = await story.UpdateAsync(id, new { billingPeriod = "ANNUALLY", awaitPaymentConfirmation = false });
        await story.AdvanceAsync(new { to = "2040-06-16T00:00:01Z" });

        Assert.Equal("ACTIVE basic 2040-06-01..2040-07-01 PROCESSING", SubscriptionTelling.SayState(updated));
        Assert.Equal("ACTIVE basic 2040-06-01..2040-07-01 FAILED", await story.StateAsync(id));
        Assert.Equal(["BILLING_PERIOD PENDING_PAYMENT 2040-06-16"], await story.FutureAsync(id));
        var open = (await story.GetAsync("/tollgate/v1/invoices?customerId=ann")).EnumerateArray()
            .Single(invoice => invoice.GetProperty("status").GetString() == "OPEN");
        Assert.Equal(["2040-06-16T00:00:00Z CUSTOMER_PAYMENT_FAILED"], await story.EventsAsync("ann", "CUSTOMER_PAYMENT_FAILED"));

        await story.FillInAsync(
            open.GetProperty("paymentUrl").GetString()!, new() { ["cardNumber"] = "4242424242424242" });

        Assert.Equal("ACTIVE basic 2040-06-16..2041-06-16", await story.StateAsync(id));
        // 300 for a year, half of 30 back.
        Assert.Equal(
            ["2040-06-16 #2 PAID SUBSCRIPTION_UPDATE | Basic - base fee 300.00 | Unused time on Basic - base fee -15.00 "
                + "| total 285.00 due 285.00"],
            await story.BillsFromAsync("ann", 2));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Trial_that_is_bought_is_no_trial_and_no_plan_until_it_is_paid(DatabaseKind database)
    {
        var story = await StartAsync(database, "pm_action_required");
        await story.PlanAsync(new("tried", Price.Flat(50))
        {
            Limits = [Included.Units("limit", 7)],
            Trial = new { duration = 14, units = "DAY" },
        });
        var id = await story.SubscribeAsync("ann", "tried");

        var bought = await story.PostAsync("/api/v1/subscriptions", Asked("tried", isTrial: false));
        await story.AdvanceAsync(new { to = "2040-06-01T00:00:01Z" });

        Assert.Equal("SUCCESS PAYMENT_PENDING tried 2040-06-01..2040-07-01 PROCESSING", Say(bought));
        Assert.Equal("PAYMENT_PENDING tried 2040-06-01..2040-07-01 ACTION_REQUIRED", await story.StateAsync(id));
        await story.AdvanceAsync(new { to = "2040-06-02T00:00:00Z" });
        Assert.Equal(
            "CANCELED tried 2040-06-01..2040-07-01 ACTION_REQUIRED canceled at 2040-06-01 PENDING_PAYMENT_EXPIRED",
            await story.StateAsync(id));
        Assert.Equal(
            ["2040-06-01 #1 VOID SUBSCRIPTION_CREATION | Tried - base fee 50.00 | total 50.00 due 50.00"],
            await story.BillsAsync("ann"));
    }

    private static Dictionary<string, object?> Asked(string plan, bool? isTrial = null)
    {
        var request = new Dictionary<string, object?>
        {
            ["customerId"] = "ann",
            ["planId"] = plan,
            ["billingPeriod"] = "MONTHLY",
            ["awaitPaymentConfirmation"] = false,
        };
        if (isTrial is not null)
            request["trialOverrideConfiguration"] = new { isTrial };
        return request;
    }

    private static string Say(JsonElement provisioned) =>
        $"{provisioned.GetProperty("status").GetString()} "
        + SubscriptionTelling.SayState(provisioned.GetProperty("subscription"));

    private async Task<Story> StartAsync(DatabaseKind database, string method)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.MeterAsync("limit", "FLUCTUATING");
        await story.PlanAsync(new("basic", Price.Flat(30, 300)) { Limits = [Included.Units("limit", 10)] });
        await story.PlanAsync(new("pro", Price.Flat(90)) { Limits = [Included.Units("limit", 90)] });
        await story.CustomerAsync("ann");
        await story.PayWithAsync("ann", method);
        return story;
    }
}
