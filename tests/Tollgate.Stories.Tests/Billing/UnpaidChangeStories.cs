using System.Text.Json;
using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Billing;

/// <summary>
/// A change of a live subscription whose payment is declined (spec subscriptions 7 and 15). June has 30 days, so on June 16
/// half is left; basic costs 30, pro 90, a seat 12.
/// </summary>
public sealed class UnpaidChangeStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Declined_upgrade_keeps_the_old_plan_until_its_invoice_is_paid(DatabaseKind database)
    {
        var (story, id) = await StartAsync(database, "basic");

        var answer = await UpgradeAsync(story);

        Assert.Equal("PAYMENT_REQUIRED", answer.GetProperty("status").GetString());
        Assert.Contains("/pay/", answer.GetProperty("checkoutUrl").GetString(), StringComparison.Ordinal);
        Assert.Equal("ACTIVE basic 2040-06-01..2040-07-01 FAILED", await story.StateAsync(id));
        Assert.Equal(["PLAN PENDING_PAYMENT 2040-06-16"], await story.FutureAsync(id));
        Assert.Equal("granted 0/10", await story.SayAsync("ann", "limit"));
        Assert.Equal("OPEN", await LatestStatusAsync(story, id));

        await story.AdvanceAsync(new { to = "2040-06-20T00:00:00Z" });
        await story.PayWithAsync("ann", "pm_ok");
        await PayAsync(story, 2);

        Assert.Equal("ACTIVE pro 2040-06-01..2040-07-01", await story.StateAsync(id));
        Assert.Equal("granted 0/90", await story.SayAsync("ann", "limit"));
        Assert.Empty(await story.FutureAsync(id));
        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });
        Assert.Equal(
            [
                "2040-06-01 #1 PAID SUBSCRIPTION_CREATION | Basic - base fee 30.00 | total 30.00 due 30.00",
                "2040-06-16 #2 PAID SUBSCRIPTION_UPDATE | Unused time on Basic - base fee -15.00 "
                    + "| Remaining time on Pro - base fee 45.00 | total 30.00 due 30.00",
                "2040-07-01 #3 PAID BILLING_CYCLE | Pro - base fee 90.00 | total 90.00 due 90.00",
            ],
            await story.BillsAsync("ann"));
        Assert.Equal(
            [
                "2040-06-16T00:00:00Z SUBSCRIPTION_UPDATED", "2040-06-20T00:00:00Z SUBSCRIPTION_UPDATED",
                "2040-07-01T00:00:00Z SUBSCRIPTION_UPDATED",
            ],
            await story.EventsAsync("ann", "SUBSCRIPTION_UPDATED"));
        Assert.Equal(["2040-06-16T00:00:00Z CUSTOMER_PAYMENT_FAILED"], await story.EventsAsync("ann", "CUSTOMER_PAYMENT_FAILED"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Declined_seats_and_addons_come_with_the_payment_page(DatabaseKind database)
    {
        var (story, id) = await StartAsync(database, "team", new { charges = Committed.Units(("seats", 5)) });

        var updated = await story.UpdateAsync(id, new
        {
            charges = Committed.Units(("seats", 8)),
            addons = new[] { new { id = "extra", quantity = 2 } },
        });

        Assert.Equal("ACTION_REQUIRED", updated.GetProperty("paymentCollection").GetString());
        Assert.Equal(
            ["UNIT_AMOUNT PENDING_PAYMENT 2040-06-16", "ADDON PENDING_PAYMENT 2040-06-16"], await story.FutureAsync(id));
        Assert.Equal("granted 0/5", await story.SayAsync("ann", "seats"));
        var page = (await InvoiceAsync(story, 2)).GetProperty("paymentUrl").GetString()!;
        Assert.Contains("declined", await story.FillInAsync(page, Card("4000000000000002")), StringComparison.Ordinal);
        Assert.Equal("granted 0/5", await story.SayAsync("ann", "seats"));

        await story.FillInAsync(page, Card("4242424242424242"));

        Assert.Equal("ACTIVE team 2040-06-01..2040-07-01", await story.StateAsync(id));
        Assert.Equal("granted 0/8", await story.SayAsync("ann", "seats"));
        // Half of 5 x 12 back, half of 8 x 12 and of 2 x 4.
        Assert.Equal(
            ["2040-06-16 #2 PAID SUBSCRIPTION_UPDATE | Unused time on Team - Seats -30.00 | Remaining time on Team - Seats 48.00 "
                + "| Remaining time on Extra - base fee 4.00 | total 22.00 due 22.00"],
            await story.BillsFromAsync("ann", 2));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Cancelling_what_waits_voids_its_invoice(DatabaseKind database)
    {
        var (story, id) = await StartAsync(database, "basic");
        await UpgradeAsync(story);

        await story.DeleteAsync($"/api/v1/subscriptions/{id}/future-update/pending-payment");
        await story.DeleteAsync($"/api/v1/subscriptions/{id}/future-update/pending-payment");

        Assert.Equal("ACTIVE basic 2040-06-01..2040-07-01", await story.StateAsync(id));
        Assert.Empty(await story.FutureAsync(id));
        Assert.Equal("CANCELED", await LatestStatusAsync(story, id));
        Assert.Equal("VOID", (await InvoiceAsync(story, 2)).GetProperty("status").GetString());
        await story.PayWithAsync("ann", "pm_ok");
        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });
        Assert.Equal(
            ["2040-07-01 #3 PAID BILLING_CYCLE | Basic - base fee 30.00 | total 30.00 due 30.00"],
            await story.BillsFromAsync("ann", 3));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Another_change_takes_the_place_of_what_waits(DatabaseKind database)
    {
        var (story, id) = await StartAsync(database, "team", new { charges = Committed.Units(("seats", 5)) });
        await story.UpdateAsync(id, new { charges = Committed.Units(("seats", 8)) });
        await story.PayWithAsync("ann", "pm_ok");

        await story.UpdateAsync(id, new { charges = Committed.Units(("seats", 6)) });

        Assert.Equal("ACTIVE team 2040-06-01..2040-07-01", await story.StateAsync(id));
        Assert.Equal("granted 0/6", await story.SayAsync("ann", "seats"));
        Assert.Equal(
            [
                "2040-06-16 #2 VOID SUBSCRIPTION_UPDATE | Unused time on Team - Seats -30.00 "
                    + "| Remaining time on Team - Seats 48.00 | total 18.00 due 18.00",
                "2040-06-16 #3 PAID SUBSCRIPTION_UPDATE | Unused time on Team - Seats -30.00 "
                    + "| Remaining time on Team - Seats 36.00 | total 6.00 due 6.00",
            ],
            await story.BillsFromAsync("ann", 2));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task What_waits_is_given_up_with_the_period_it_was_billed_for(DatabaseKind database)
    {
        var (story, id) = await StartAsync(database, "basic");
        await UpgradeAsync(story);
        await story.PayWithAsync("ann", "pm_ok");

        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });

        Assert.Equal("ACTIVE basic 2040-07-01..2040-08-01", await story.StateAsync(id));
        Assert.Empty(await story.FutureAsync(id));
        Assert.Equal("VOID", (await InvoiceAsync(story, 2)).GetProperty("status").GetString());
        Assert.Equal(
            ["2040-07-01 #3 PAID BILLING_CYCLE | Basic - base fee 30.00 | total 30.00 due 30.00"],
            await story.BillsFromAsync("ann", 3));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Invoice_that_is_voided_or_written_off_leaves_the_subscription_as_it_is(DatabaseKind database)
    {
        foreach (var act in (string[])["void", "mark-uncollectible"])
        {
            var (story, id) = await StartAsync(database, "basic");
            await UpgradeAsync(story);

            var invoice = (await InvoiceAsync(story, 2)).GetProperty("id").GetString();
            await story.PostAsync($"/tollgate/v1/invoices/{invoice}/{act}", new { });

            Assert.Equal("ACTIVE basic 2040-06-01..2040-07-01", await story.StateAsync(id));
            Assert.Empty(await story.FutureAsync(id));
            Assert.Equal(
                act == "void" ? "VOID" : "UNCOLLECTIBLE",
                (await InvoiceAsync(story, 2)).GetProperty("status").GetString());
        }
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Period_that_begins_anew_begins_when_it_was_asked_for(DatabaseKind database)
    {
        var (story, id) = await StartAsync(database, "basic");
        await story.UpdateAsync(id, new { billingPeriod = "ANNUALLY" });
        Assert.Equal("ACTIVE basic 2040-06-01..2040-07-01 FAILED", await story.StateAsync(id));
        Assert.Equal(["BILLING_PERIOD PENDING_PAYMENT 2040-06-16"], await story.FutureAsync(id));

        await story.AdvanceAsync(new { to = "2040-06-18T00:00:00Z" });
        await story.PostAsync($"/api/v1/subscriptions/{id}/invoice/paid", new { });

        // Half of 30 back, 300 for the year from June 16 on.
        Assert.Equal("ACTIVE basic 2040-06-16..2041-06-16", await story.StateAsync(id));
        Assert.Equal(
            ["2040-06-16 #2 PAID SUBSCRIPTION_UPDATE | Basic - base fee 300.00 | Unused time on Basic - base fee -15.00 "
                + "| total 285.00 due 285.00"],
            await story.BillsFromAsync("ann", 2));
        await story.AdvanceAsync(new { to = "2040-08-01T00:00:00Z" });
        Assert.Equal(2, (await story.BillsAsync("ann")).Count);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Usage_until_the_payment_is_priced_by_the_old_plan(DatabaseKind database)
    {
        var (story, id) = await StartAsync(database, "calls-1");
        await story.ReportAsync("ann", "calls", 10);
        await UpgradeAsync(story, "calls-2");
        await story.AdvanceAsync(new { to = "2040-06-20T00:00:00Z" });
        await story.ReportAsync("ann", "calls", 10);
        await story.PostAsync($"/api/v1/subscriptions/{id}/usage/charge", new { });
        await story.AdvanceAsync(new { to = "2040-06-22T00:00:00Z" });
        await story.ReportAsync("ann", "calls", 10);

        await story.PostAsync($"/tollgate/v1/invoices/{(await InvoiceAsync(story, 2)).GetProperty("id")}/mark-as-paid", new { });
        await story.AdvanceAsync(new { to = "2040-06-25T00:00:00Z" });
        await story.ReportAsync("ann", "calls", 10);
        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });

        // Charged on June 20: the 10 before it. Then the 10 of June 20 at 1, and from the payment on June 22 on 20 at 2.
        var bills = await story.BillsAsync("ann");
        Assert.Equal(4, bills.Count);
        Assert.Contains("Calls-1 - Calls 10 x 1 = 10.00", bills[2], StringComparison.Ordinal);
        Assert.Contains("Calls-1 - Calls 10 x 1 = 10.00 | Calls-2 - Calls 20 x 2 = 40.00", bills[3], StringComparison.Ordinal);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Renewal_that_failed_before_goes_on_failing_when_the_change_is_dropped(DatabaseKind database)
    {
        var (story, id) = await StartAsync(database, "basic");
        await story.AdvanceAsync(new { to = "2040-07-01T12:00:00Z" });
        await UpgradeAsync(story);
        Assert.Equal("ACTIVE basic 2040-07-01..2040-08-01 FAILED", await story.StateAsync(id));

        await story.DeleteAsync($"/api/v1/subscriptions/{id}/future-update/pending-payment");
        Assert.Equal("ACTIVE basic 2040-07-01..2040-08-01 FAILED", await story.StateAsync(id));
        await UpgradeAsync(story);
        await story.PayWithAsync("ann", "pm_ok");
        // Three days after the renewal failed it is tried again; the change waits for its own invoice.
        await story.AdvanceAsync(new { to = "2040-07-05T00:00:00Z" });
        Assert.Equal("ACTIVE basic 2040-07-01..2040-08-01 FAILED", await story.StateAsync(id));
        await story.DeleteAsync($"/api/v1/subscriptions/{id}/future-update/pending-payment");

        Assert.Equal("ACTIVE basic 2040-07-01..2040-08-01", await story.StateAsync(id));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Subscription_that_ends_takes_what_waits_along(DatabaseKind database)
    {
        var (story, id) = await StartAsync(database, "basic");
        await UpgradeAsync(story);

        await story.CancelAsync(id, new { cancellationTime = "IMMEDIATE", prorate = false });

        Assert.StartsWith("CANCELED basic", await story.StateAsync(id), StringComparison.Ordinal);
        Assert.Equal("VOID", (await InvoiceAsync(story, 2)).GetProperty("status").GetString());
        Assert.Equal(2, (await story.BillsAsync("ann")).Count);
    }

    /// <summary>On June 16, with a card that is declined since the first payment.</summary>
    private async Task<(Story Story, string Id)> StartAsync(DatabaseKind database, string plan, object? with = null)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.MeterAsync("seats", "FLUCTUATING");
        await story.MeterAsync("limit", "FLUCTUATING");
        await story.MeterAsync("calls");
        await story.AddonAsync(new("extra", Price.Flat(4)));
        await story.PlanAsync(new("basic", Price.Flat(30, 300)) { Limits = [Included.Units("limit", 10)] });
        await story.PlanAsync(new("pro", Price.Flat(90)) { Limits = [Included.Units("limit", 90)] });
        await story.PlanAsync(new("team", Price.PerUnit("seats", 12)) { Addons = ["extra"] });
        await story.PlanAsync(new("calls-1", Price.Flat(10), Price.Usage("calls", 1).Monthly()));
        await story.PlanAsync(new("calls-2", Price.Flat(20), Price.Usage("calls", 2).Monthly()));
        await story.CustomerAsync("ann");
        await story.PayWithAsync("ann", "pm_ok");
        var id = await story.SubscribeAsync("ann", plan, with: with);
        await story.PayWithAsync("ann", plan == "team" ? "pm_action_required" : "pm_decline");
        await story.AdvanceAsync(new { to = "2040-06-16T00:00:00Z" });
        return (story, id);
    }

    private static Task<JsonElement> UpgradeAsync(Story story, string plan = "pro") => story.PostAsync(
        "/api/v1/subscriptions", new { customerId = "ann", planId = plan, billingPeriod = "MONTHLY" });

    private static async Task<JsonElement> InvoiceAsync(Story story, int number) =>
        (await story.PageAsync("/tollgate/v1/invoices?customerId=ann")).GetProperty("data").EnumerateArray()
            .Single(i => i.GetProperty("number").GetString() == $"INV-{number:D6}");

    private static async Task PayAsync(Story story, int number) =>
        await story.PostAsync($"/tollgate/v1/invoices/{(await InvoiceAsync(story, number)).GetProperty("id")}/pay", new { });

    private static async Task<string?> LatestStatusAsync(Story story, string id) =>
        (await story.GetAsync($"/api/v1/subscriptions/{id}")).GetProperty("latestInvoice").GetProperty("status").GetString();

    private static Dictionary<string, string> Card(string number) => new() { ["cardNumber"] = number };
}
