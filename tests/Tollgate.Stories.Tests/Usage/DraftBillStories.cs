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
