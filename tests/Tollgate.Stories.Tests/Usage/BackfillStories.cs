using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Usage;

/// <summary>Sessions that bring events of billed periods.</summary>
public sealed class BackfillStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Closed_session_is_billed_as_a_difference_and_a_reverted_one_is_given_back(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        await story.EventMeterAsync("calls");
        await story.EventMeterAsync("mails");
        await story.LatenessAsync("calls", "P1D", "QUARANTINE");
        await story.PlanAsync(new("pro", Price.Flat(20), Price.Usage("calls", 1).Monthly(), Price.Usage("mails", 1).Monthly()));
        await story.CustomerAsync("ann");
        await story.SubscribeAsync("ann", "pro");
        await story.SendAsync("ann", "calls", 10);
        await story.AdvanceAsync(new { to = "2040-02-20T00:00:00Z" });

        var id = (await story.PostAsync("/tollgate/v1/usage/backfills", new { name = "January", reason = "offline devices" }))
            .GetProperty("id").GetString();
        await story.PostAsync($"/tollgate/v1/usage/backfills/{id}/events", new
        {
            events = new[]
            {
                EventTelling.Event("ann", "calls", 4, "2040-01-20T00:00:00Z"),
                EventTelling.Event("ann", "mails", 8, "2040-01-20T00:00:00Z"),
                EventTelling.Event("ann", "calls", 2, "2040-02-19T00:00:00Z"),
            },
        });
        var effect = (await story.GetAsync($"/tollgate/v1/usage/backfills/{id}/preview"))[0];
        Assert.Equal(
            ["calls 2040-01-15 10 -> 14", "calls 2040-02-15 0 -> 2", "mails 2040-01-15 0 -> 8"],
            effect.GetProperty("usage").EnumerateArray().Select(u =>
                $"{u.GetProperty("featureId")} {u.GetProperty("periodStart").GetString()![..10]} {u.GetProperty("before")} -> {u.GetProperty("after")}"));
        // The invoice of February 15; mails have no policy, so nothing of them is billed twice.
        Assert.Equal(1, effect.GetProperty("invoices").GetArrayLength());
        await story.PostAsync($"/tollgate/v1/usage/backfills/{id}/close", new { reason = "checked" });
        Assert.StartsWith("granted 2/", await story.SayAsync("ann", "calls"), StringComparison.Ordinal);
        await story.AdvanceAsync(new { to = "2040-03-15T00:00:00Z" });
        await story.PostAsync($"/tollgate/v1/usage/backfills/{id}/revert", new { reason = "sent twice" });
        await story.AdvanceAsync(new { to = "2040-04-15T00:00:00Z" });

        // January 14 instead of 10: 4. February 15 to March 15: 2. Reverted, both come off: -4 and -2.
        Assert.Equal(
            [
                "2040-03-15 #3 PAID BILLING_CYCLE | Pro - base fee 20.00 | Pro - Calls 2 x 1 = 2.00 | Pro - Mails 0 x 1 = 0.00 "
                    + "| Pro - Calls - late usage of 2040-01-15 to 2040-02-15 4.00 | total 26.00 due 26.00",
                "2040-04-15 #4 PAID BILLING_CYCLE | Pro - base fee 20.00 | Pro - Calls 0 x 1 = 0.00 | Pro - Mails 0 x 1 = 0.00 "
                    + "| Pro - Calls - late usage of 2040-01-15 to 2040-02-15 -4.00 "
                    + "| Pro - Calls - late usage of 2040-02-15 to 2040-03-15 -2.00 | total 14.00 due 14.00",
            ],
            await story.BillsFromAsync("ann", 3));
    }
}
