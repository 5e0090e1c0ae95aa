using System.Text.Json;
using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Usage;

/// <summary>Bills that stay drafts for some time after their period, for usage that comes late (spec entitlements-and-usage 8.2).</summary>
public sealed class DraftBillStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Late_usage_is_on_the_bill_of_its_period_until_that_is_issued(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        await story.EventMeterAsync("calls");
        await story.EventMeterAsync("mails");
        await story.LatenessAsync("calls", "PT1H", "RECOMPUTE_DRAFT");
        await story.LatenessAsync("mails", "PT1H", "ADJUST_NEXT_INVOICE");
        await story.PlanAsync(new(
            "pro", Price.Flat(20), Price.Usage("calls", 1).Monthly(), Price.Usage("mails", 2).Monthly()));
        await story.CustomerAsync("ann");
        var id = await story.SubscribeAsync("ann", "pro");
        var first = await LatestAsync(story, id);
        await story.SendAsync("ann", "calls", 10);
        await story.SendAsync("ann", "mails", 3);
        await story.AdvanceAsync(new { to = "2040-02-15T00:00:00Z" });

        // 20 + 10 x 1 + 3 x 2 = 36, three days open.
        var draft = await DraftAsync(story, "ann");
        Assert.Equal(
            ("DRAFT", null, 36m, "2040-02-18T00:00:00.000Z"),
            (Text(draft, "status"), Text(draft, "number"), Total(draft), Text(draft, "finalizeAt")));
        Assert.Equal(first, await LatestAsync(story, id));

        await story.AdvanceAsync(new { to = "2040-02-16T00:00:00Z" });
        await story.SendAsync("ann", "calls", 5, "2040-02-10T00:00:00Z");
        await story.SendAsync("ann", "calls", 4, "2040-02-11T00:00:00Z", "wrong");
        await story.SendAsync("ann", "mails", 1, "2040-02-10T00:00:00Z");
        await story.AdvanceAsync(new { to = "2040-02-16T01:00:00Z" });
        // Calls 19; the mail waits for the next bill: 20 + 19 + 6.
        Assert.Equal(45, Total(await DraftAsync(story, "ann")));
        await VoidAsync(story, "ann", "wrong");
        await story.AdvanceAsync(new { to = "2040-02-16T02:00:00Z" });
        Assert.Equal(41, Total(await DraftAsync(story, "ann")));
        Assert.Equal(41, Total((await story.GetAsync($"/tollgate/v1/subscriptions/{id}/next-invoice")).GetProperty("invoice")));
        // Nothing has made this one part of the draft yet when the time is over.
        await story.AdvanceAsync(new { to = "2040-02-17T23:00:00Z" });
        await story.SendAsync("ann", "calls", 1, "2040-02-14T00:00:00Z");
        await story.AdvanceAsync(new { to = "2040-02-18T00:00:00Z" });
        Assert.NotEqual(first, await LatestAsync(story, id));
        await story.SendAsync("ann", "calls", 2, "2040-02-12T00:00:00Z");
        await story.AdvanceAsync(new { to = "2040-03-18T00:00:00Z" });

        // Calls 10 + 5 + 1 = 16: 20 + 16 + 6 = 42. Then two calls and a mail of January, 1 and 2 each.
        Assert.Equal(
            [
                "2040-02-15 #2 PAID BILLING_CYCLE | Pro - base fee 20.00 | Pro - Calls 16 x 1 = 16.00 | Pro - Mails 3 x 2 = 6.00 "
                    + "| total 42.00 due 42.00",
                "2040-03-15 #3 PAID BILLING_CYCLE | Pro - base fee 20.00 | Pro - Calls 0 x 1 = 0.00 | Pro - Mails 0 x 2 = 0.00 "
                    + "| Pro - Calls - late usage of 2040-01-15 to 2040-02-15 2.00 "
                    + "| Pro - Mails - late usage of 2040-01-15 to 2040-02-15 2.00 | total 24.00 due 24.00",
            ],
            await story.BillsFromAsync("ann", 2));
        var issued = (await story.GetAsync($"/tollgate/v1/invoices/{Text(draft, "id")}"));
        Assert.Equal(
            ("2040-02-18T00:00:00.000Z", "2040-02-18T00:00:00.000Z", null),
            (Text(issued, "issuedAt"), Text(issued, "paidAt"), Text(issued, "finalizeAt")));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Draft_is_collected_like_any_renewal_when_its_time_is_over(DatabaseKind database)
    {
        var story = await StartAsync(database, Price.Flat(20), Price.Usage("calls", 1).Monthly());
        await story.PatchAsync("/tollgate/v1/billing", new { usageDraftHours = 48, dunning = new { retryAfterDays = new[] { 1, 2 } } });
        await story.CustomerAsync("dan");
        await story.PayWithAsync("dan", "pm_ok");
        var id = await story.SubscribeAsync("dan", "pro");
        await story.SendAsync("dan", "calls", 10);
        await story.AdvanceAsync(new { to = "2040-02-16T00:00:00Z" });
        await story.PayWithAsync("dan", "pm_decline");
        Assert.Equal("ACTIVE pro 2040-02-15..2040-03-15", await story.StateAsync(id));
        await story.AdvanceAsync(new { to = "2040-02-17T12:00:00Z" });

        Assert.Equal("ACTIVE pro 2040-02-15..2040-03-15 FAILED", await story.StateAsync(id));
        Assert.Equal(
            ["2040-01-15T00:00:00Z INVOICE_ISSUED", "2040-02-17T00:00:00Z INVOICE_ISSUED"],
            await story.EventsAsync("dan", "INVOICE_ISSUED"));
        await story.AdvanceAsync(new { to = "2040-02-25T00:00:00Z" });
        // Tried on the 17th, again on the 18th and the 20th; then the subscription is canceled.
        Assert.Equal(
            [
                "2040-02-17T00:00:00Z CUSTOMER_PAYMENT_FAILED", "2040-02-18T00:00:00Z CUSTOMER_PAYMENT_FAILED",
                "2040-02-20T00:00:00Z CUSTOMER_PAYMENT_FAILED",
            ],
            await story.EventsAsync("dan", "CUSTOMER_PAYMENT_FAILED"));
        Assert.Equal(
            ["2040-02-15 #2 UNCOLLECTIBLE BILLING_CYCLE | Pro - base fee 20.00 | Pro - Calls 10 x 1 = 10.00 | total 30.00 due 30.00"],
            await story.BillsFromAsync("dan", 2));
        Assert.StartsWith("CANCELED pro", await story.StateAsync(id), StringComparison.Ordinal);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Drafts_of_subscriptions_that_end_are_issued_when_their_time_is_over(DatabaseKind database)
    {
        var story = await StartAsync(database, Price.Usage("calls", 1).Monthly());
        var ids = new Dictionary<string, string>();
        foreach (var customer in (string[])["bob", "carl", "dora", "eve"])
        {
            await story.CustomerAsync(customer);
            ids[customer] = await story.SubscribeAsync(customer, "pro");
        }

        await story.SendAsync("bob", "calls", 10);
        await story.SendAsync("eve", "calls", 8);
        foreach (var customer in (string[])["carl", "dora"])
            await story.CancelAsync(ids[customer], new { cancellationTime = "END_OF_BILLING_PERIOD" });
        await story.AdvanceAsync(new { to = "2040-02-15T12:00:00Z" });
        await story.SendAsync("bob", "calls", 3);
        await story.AdvanceAsync(new { to = "2040-02-16T00:00:00Z" });
        await story.CancelAsync(ids["bob"]);
        await story.SendAsync("carl", "calls", 4, "2040-02-10T00:00:00Z");
        await story.SendAsync("eve", "calls", 1, "2040-02-10T00:00:00Z");
        await story.PostAsync("/api/v1/customers/eve/archive", new { });
        await story.AdvanceAsync(new { to = "2040-02-17T00:00:00Z" });
        await story.SendAsync("bob", "calls", 5, "2040-02-10T00:00:00Z");
        await story.AdvanceAsync(new { to = "2040-02-25T00:00:00Z" });

        // What bob used until he left is billed then, 3; January when its time is over, 10 + 5.
        Assert.Equal(
            [
                "2040-02-15 #3 PAID BILLING_CYCLE | Pro - Calls 15 x 1 = 15.00 | total 15.00 due 15.00",
                "2040-02-16 #1 PAID SUBSCRIPTION_UPDATE | Pro - Calls 3 x 1 = 3.00 | total 3.00 due 3.00",
            ],
            await story.BillsAsync("bob"));
        // Nothing was known of carl's last month when it ended, and nothing of dora's when the time was over.
        Assert.Equal(
            ["2040-02-15 #4 PAID BILLING_CYCLE | Pro - Calls 4 x 1 = 4.00 | total 4.00 due 4.00"], await story.BillsAsync("carl"));
        Assert.Empty(await story.BillsAsync("dora"));
        // Nobody waits for usage of a customer that is gone.
        Assert.Equal(
            ["2040-02-15 #2 PAID BILLING_CYCLE | Pro - Calls 9 x 1 = 9.00 | total 9.00 due 9.00"], await story.BillsAsync("eve"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Draft_can_be_issued_or_given_up_by_hand(DatabaseKind database)
    {
        var story = await StartAsync(database, Price.Usage("calls", 1).Monthly());
        var drafts = new Dictionary<string, string>();
        foreach (var customer in (string[])["ann", "ben"])
        {
            await story.CustomerAsync(customer);
            await story.SubscribeAsync(customer, "pro");
            await story.SendAsync(customer, "calls", 10);
        }

        await story.AdvanceAsync(new { to = "2040-02-16T00:00:00Z" });
        foreach (var customer in (string[])["ann", "ben"])
        {
            drafts[customer] = Text(await DraftAsync(story, customer), "id")!;
            await story.SendAsync(customer, "calls", 5, "2040-02-10T00:00:00Z");
        }

        var issued = await story.PostAsync($"/tollgate/v1/invoices/{drafts["ann"]}/finalize", new { });
        Assert.Equal(("PAID", 15m), (Text(issued, "status"), Total(issued)));
        await story.PostAsync($"/tollgate/v1/invoices/{drafts["ben"]}/void", new { });
        Assert.Equal(
            "409 SubscriptionInvoiceStatusError",
            await story.RefusedAsync(HttpMethod.Post, $"/tollgate/v1/invoices/{drafts["ann"]}/finalize", new { }));
        await story.AdvanceAsync(new { to = "2040-02-17T00:00:00Z" });
        await story.SendAsync("ann", "calls", 3, "2040-02-12T00:00:00Z");
        await story.SendAsync("ben", "calls", 2, "2040-02-12T00:00:00Z");
        await story.AdvanceAsync(new { to = "2040-03-20T00:00:00Z" });

        Assert.Equal(
            [
                "2040-02-15 #1 PAID BILLING_CYCLE | Pro - Calls 15 x 1 = 15.00 | total 15.00 due 15.00",
                "2040-03-15 #2 PAID BILLING_CYCLE | Pro - Calls 0 x 1 = 0.00 "
                    + "| Pro - Calls - late usage of 2040-01-15 to 2040-02-15 3.00 | total 3.00 due 3.00",
            ],
            await story.BillsAsync("ann"));
        // The 15 that were known when the draft was voided are given up, what came after goes on the next bill.
        Assert.Equal(
            "2040-03-15 #3 PAID BILLING_CYCLE | Pro - Calls 0 x 1 = 0.00 "
                + "| Pro - Calls - late usage of 2040-01-15 to 2040-02-15 2.00 | total 2.00 due 2.00",
            (await story.BillsAsync("ben"))[^1]);
        Assert.Equal("VOID", Text(await story.GetAsync($"/tollgate/v1/invoices/{drafts["ben"]}"), "status"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Draft_is_to_who_paid_then_and_is_issued_when_its_subscription_is_given_away(DatabaseKind database)
    {
        var story = await StartAsync(database, Price.Usage("calls", 1).Monthly());
        var ids = new Dictionary<string, string>();
        foreach (var customer in (string[])["ann", "bo", "pat", "cy"])
            await story.CustomerAsync(customer);
        foreach (var customer in (string[])["ann", "bo"])
        {
            ids[customer] = await story.SubscribeAsync(customer, "pro");
            await story.SendAsync(customer, "calls", 10);
        }

        await story.AdvanceAsync(new { to = "2040-02-16T00:00:00Z" });
        await story.PostAsync($"/api/v1/subscriptions/{ids["ann"]}/delegate", new { targetCustomerId = "pat" });
        await story.SendAsync("bo", "calls", 3, "2040-02-10T00:00:00Z");
        await story.PostAsync($"/tollgate/v1/subscriptions/{ids["bo"]}/delegate-management", new { destinationCustomerId = "cy" });
        await story.SendAsync("ann", "calls", 2, "2040-02-10T00:00:00Z");
        await story.SendAsync("ann", "calls", 1, "2040-02-15T12:00:00Z");
        await story.AdvanceAsync(new { to = "2040-03-20T00:00:00Z" });

        Assert.Equal(
            ["2040-02-15 #1 PAID BILLING_CYCLE | Pro - Calls 13 x 1 = 13.00 | total 13.00 due 13.00"],
            (await story.BillsAsync("bo")).Take(1));
        Assert.Equal(
            ["2040-02-15 #2 PAID BILLING_CYCLE | Pro - Calls 12 x 1 = 12.00 | total 12.00 due 12.00"], await story.BillsAsync("ann"));
        Assert.Equal(
            ["2040-03-15 #3 PAID BILLING_CYCLE | Pro - Calls 1.00 | total 1.00 due 1.00"], await story.BillsAsync("pat"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Drafts_that_overlap_hand_on_what_is_left_of_the_minimum(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        await story.EventMeterAsync("calls");
        await story.LatenessAsync("calls", "P1D", "RECOMPUTE_DRAFT");
        await story.PatchAsync("/tollgate/v1/billing", new { usageDraftHours = 720 });
        await story.PlanAsync(new("pro", Price.Flat(20, 200), Price.Usage("calls", 1, 1).Monthly())
        {
            MinimumSpend = [("ANNUALLY", 30)],
        });
        await story.CustomerAsync("ann");
        await story.SubscribeAsync("ann", "pro", "ANNUALLY");
        await story.SendAsync("ann", "calls", 12);
        await story.AdvanceAsync(new { to = "2040-02-20T00:00:00Z" });
        await story.SendAsync("ann", "calls", 16);
        // From February 15 to March 15 are 29 days, a draft stays one for 30: there are two.
        await story.AdvanceAsync(new { to = "2040-03-15T12:00:00Z" });
        await story.SendAsync("ann", "calls", 5, "2040-01-21T00:00:00Z");
        await story.AdvanceAsync(new { to = "2040-03-15T13:00:00Z" });
        // 12 + 5 of the minimum of 30 leave 13 for the second month: 16 - 13.
        Assert.Equal([0m, 3m], await DraftTotalsAsync(story));
        await story.AdvanceAsync(new { to = "2040-04-10T00:00:00Z" });
        await story.SendAsync("ann", "calls", 2, "2040-01-22T00:00:00Z");
        await story.SendAsync("ann", "calls", 4, "2040-02-21T00:00:00Z");
        await story.SendAsync("ann", "calls", 1);
        await story.AdvanceAsync(new { to = "2040-06-14T00:00:00Z" });
        // What had nothing to bill when its time was over is gone: May.

        // January is issued since March 16: its 2 go on the bill of April 15 and leave 11 for the second month, which was issued on
        // April 14 with 16 + 4 - 13 = 7, so 2 more. The third month had 1. Together 10 = 12 + 5 + 2 + 16 + 4 + 1 - 30.
        Assert.Equal(
            ["2040-02-15 #2 PAID 0.00", "2040-03-15 #3 PAID 7.00", "2040-04-15 #4 PAID 3.00"],
            (await story.BillsFromAsync("ann", 2)).Select(bill => $"{bill.Split(" BILLING_CYCLE")[0]} {bill.Split("due ")[1]}"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Usage_charged_on_demand_and_drafts_never_bill_anything_twice(DatabaseKind database)
    {
        var story = await StartAsync(database, Price.Usage("calls", 1).Monthly());
        await story.CustomerAsync("ann");
        var id = await story.SubscribeAsync("ann", "pro");
        await story.SendAsync("ann", "calls", 10);
        await story.AdvanceAsync(new { to = "2040-01-25T00:00:00Z" });
        await story.PostAsync($"/api/v1/subscriptions/{id}/usage/charge", new { });
        await story.SendAsync("ann", "calls", 5);
        await story.AdvanceAsync(new { to = "2040-02-16T00:00:00Z" });
        Assert.Equal(5, Total(await DraftAsync(story, "ann")));
        await story.SendAsync("ann", "calls", 3, "2040-01-20T00:00:00Z");
        await story.SendAsync("ann", "calls", 2, "2040-02-01T00:00:00Z");
        await story.SendAsync("ann", "calls", 4);
        await story.AdvanceAsync(new { to = "2040-02-17T00:00:00Z" });
        await story.PostAsync($"/api/v1/subscriptions/{id}/usage/charge", new { });
        var charged = await LatestAsync(story, id);

        // The draft is the next bill, although it was made before the charge.
        Assert.Equal(7, Total((await story.GetAsync($"/tollgate/v1/subscriptions/{id}/next-invoice")).GetProperty("invoice")));
        await story.AdvanceAsync(new { to = "2040-02-18T00:00:00Z" });
        Assert.NotEqual(charged, await LatestAsync(story, id));
        // Until January 25: 10, and 3 that came late, on the next bill that is issued. The rest of the month: 5 + 2.
        Assert.Equal(
            [
                "2040-01-25 #1 PAID BILLING_CYCLE | Pro - Calls 10 x 1 = 10.00 | total 10.00 due 10.00",
                "2040-02-15 #3 PAID BILLING_CYCLE | Pro - Calls 7 x 1 = 7.00 | total 7.00 due 7.00",
                "2040-02-17 #2 PAID BILLING_CYCLE | Pro - Calls 4 x 1 = 4.00 "
                    + "| Pro - Calls - late usage of 2040-01-15 to 2040-01-25 3.00 | total 7.00 due 7.00",
            ],
            await story.BillsAsync("ann"));
    }

    [Fact]
    public async Task Draft_is_issued_once_whichever_node_comes_first()
    {
        var (story, other) = await servers.NewStoryOnTwoNodesAsync("2040-01-15T00:00:00Z");
        await story.EventMeterAsync("calls");
        await story.LatenessAsync("calls", "PT1H", "RECOMPUTE_DRAFT");
        await story.PlanAsync(new("pro", Price.Usage("calls", 1).Monthly()));
        string[] customers = [.. Enumerable.Range(1, 6).Select(n => $"c{n}")];
        foreach (var customer in customers)
        {
            await story.CustomerAsync(customer);
            await story.SubscribeAsync(customer, "pro");
        }

        foreach (var day in (string[])["2040-02-16", "2040-02-18", "2040-03-18"])
        {
            var at = day == "2040-02-16" ? null : "2040-02-10T00:00:00Z";
            await Task.WhenAll(customers.Select(customer => story.SendAsync(customer, "calls", 1, at)));
            await Task.WhenAll(
                story.AdvanceAsync(new { to = $"{day}T00:00:00Z" }), other.AdvanceAsync(new { to = $"{day}T00:00:00Z" }));
        }

        var bills = new List<string>();
        foreach (var customer in customers)
            bills.AddRange(await other.BillsAsync(customer));
        // One call before the month ended, one within the three days, one after them.
        Assert.All(bills.Chunk(2), pair =>
        {
            Assert.EndsWith("| Pro - Calls 2 x 1 = 2.00 | total 2.00 due 2.00", pair[0], StringComparison.Ordinal);
            Assert.EndsWith("1.00 | total 1.00 due 1.00", pair[1], StringComparison.Ordinal);
        });
        Assert.Equal(
            Enumerable.Range(1, 12),
            bills.Select(bill => int.Parse(bill.Split('#', ' ')[2], System.Globalization.CultureInfo.InvariantCulture)).Order());
    }

    /// <summary>The plan <c>pro</c> with the prices; <c>calls</c> make drafts anew.</summary>
    private async Task<Story> StartAsync(DatabaseKind database, params IReadOnlyList<Dictionary<string, object?>> prices)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        await story.EventMeterAsync("calls");
        await story.LatenessAsync("calls", "PT1H", "RECOMPUTE_DRAFT");
        await story.PlanAsync(new("pro", prices));
        return story;
    }

    private static async Task<IEnumerable<decimal>> DraftTotalsAsync(Story story) =>
        (await story.GetAsync("/tollgate/v1/invoices?customerId=ann&status=DRAFT")).EnumerateArray().Reverse().Select(Total);

    private static async Task<JsonElement> DraftAsync(Story story, string customer) =>
        (await story.GetAsync($"/tollgate/v1/invoices?customerId={customer}&status=DRAFT")).EnumerateArray().Single();

    private static async Task<string?> LatestAsync(Story story, string subscription) =>
        Text((await story.GetAsync($"/api/v1/subscriptions/{subscription}")).GetProperty("latestInvoice"), "billingId");

    private static async Task VoidAsync(Story story, string customer, string key)
    {
        var found = (await story.GetAsync($"/tollgate/v1/usage/events?limit=100&customerId={customer}&idempotencyKey={key}"))
            .EnumerateArray().Single();
        await story.PostAsync($"/tollgate/v1/usage/events/{Text(found, "id")}/void", new { reason = "sent by mistake" });
    }

    private static string? Text(JsonElement of, string field) => of.GetProperty(field).GetString();

    private static decimal Total(JsonElement invoice) => invoice.GetProperty("total").GetDecimal();
}
