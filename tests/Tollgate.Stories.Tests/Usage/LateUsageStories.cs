using System.Globalization;
using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Usage;

/// <summary>Events that come after the bill of their period (spec entitlements-and-usage 8.2).</summary>
public sealed class LateUsageStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Late_usage_of_a_billed_month_is_a_line_of_the_next_invoice(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        await story.EventMeterAsync("calls");
        await story.LatenessAsync("calls", "P3D", "ADJUST_NEXT_INVOICE");
        await story.PlanAsync(new("pro", Price.Flat(20), Price.Usage("calls", 1).Monthly()));
        await story.CustomerAsync("ann");
        var id = await story.SubscribeAsync("ann", "pro");
        await story.AdvanceAsync(new { to = "2040-01-20T00:00:00Z" });
        await story.SendAsync("ann", "calls", 10);
        await story.AdvanceAsync(new { to = "2040-02-15T00:00:00Z" });
        // One comes within the three days, one long after; both are of the month that is billed.
        await story.SendAsync("ann", "calls", 2, "2040-02-14T23:00:00Z");
        await story.AdvanceAsync(new { to = "2040-03-01T00:00:00Z" });
        await story.SendAsync("ann", "calls", 5, "2040-02-01T00:00:00Z", "late");
        await story.SendAsync("ann", "calls", 3);
        Assert.StartsWith("granted 3/", await story.SayAsync("ann", "calls"), StringComparison.Ordinal);
        var next = await story.GetAsync($"/tollgate/v1/subscriptions/{id}/next-invoice");
        await story.AdvanceAsync(new { to = "2040-03-15T00:00:00Z" });
        // The late event is voided after it was billed: the next invoice takes it back.
        var late = (await story.GetAsync("/tollgate/v1/usage/events?limit=100&customerId=ann")).EnumerateArray()
            .Single(e => e.GetProperty("idempotencyKey").GetString() == "late").GetProperty("id").GetString();
        await story.PostAsync($"/tollgate/v1/usage/events/{late}/void", new { reason = "sent by mistake" });
        await story.AdvanceAsync(new { to = "2040-04-15T00:00:00Z" });
        await story.AdvanceAsync(new { to = "2040-05-15T00:00:00Z" });

        // January: 10 billed at 1, 17 known by March 15: 7. February 15 to March 15: 3. Then 5 of the 17 go again.
        Assert.Equal(
            [
                "2040-02-15 #2 PAID BILLING_CYCLE | Pro - base fee 20.00 | Pro - Calls 10 x 1 = 10.00 | total 30.00 due 30.00",
                "2040-03-15 #3 PAID BILLING_CYCLE | Pro - base fee 20.00 | Pro - Calls 3 x 1 = 3.00 "
                    + "| Pro - Calls - late usage of 2040-01-15 to 2040-02-15 7.00 | total 30.00 due 30.00",
                "2040-04-15 #4 PAID BILLING_CYCLE | Pro - base fee 20.00 | Pro - Calls 0 x 1 = 0.00 "
                    + "| Pro - Calls - late usage of 2040-01-15 to 2040-02-15 -5.00 | total 15.00 due 15.00",
                "2040-05-15 #5 PAID BILLING_CYCLE | Pro - base fee 20.00 | Pro - Calls 0 x 1 = 0.00 | total 20.00 due 20.00",
            ],
            await story.BillsFromAsync("ann", 2));
        Assert.Contains("late usage of 2040-01-15 to 2040-02-15", next.ToString(), StringComparison.Ordinal);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Late_usage_is_worth_what_it_adds_to_tiers_and_overage_less_the_coupon(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        await story.EventMeterAsync("calls");
        await story.EventMeterAsync("mails");
        await story.LatenessAsync("calls", "PT1H", "ADJUST_NEXT_INVOICE");
        await story.LatenessAsync("mails", "PT1H", "RECOMPUTE_DRAFT");
        // Bills are issued when they are made: then it is the same.
        await story.PatchAsync("/tollgate/v1/billing", new { usageDraftHours = 0 });
        await story.CouponAsync("tenth", percent: 10);
        await story.PlanAsync(new(
            "pro", Price.Tiered("USAGE_BASED", "calls", "GRADUATED", (10, 2, null), (null, 1, null)).Monthly())
        {
            Limits = [Included.Units("mails", 100, "MONTH", accordingTo: "SubscriptionStart")],
            Overages = [Price.Usage("mails", 5, blockSize: 50)],
            OverageBilling = "MONTHLY",
        });
        await story.CustomerAsync("ann");
        await story.SubscribeAsync("ann", "pro", with: new { appliedCoupon = new { couponId = "tenth" } });
        await story.SendAsync("ann", "calls", 8);
        await story.SendAsync("ann", "mails", 90);
        await story.AdvanceAsync(new { to = "2040-02-15T00:00:00Z" });
        await story.AdvanceAsync(new { to = "2040-02-20T00:00:00Z" });
        await story.SendAsync("ann", "calls", 7, "2040-02-10T00:00:00Z");
        await story.SendAsync("ann", "mails", 70, "2040-02-10T00:00:00Z");
        await story.AdvanceAsync(new { to = "2040-03-15T00:00:00Z" });

        // Calls: 8 x 2 = 16, then 15 are 10 x 2 + 5 x 1 = 25: 9 more. Mails: 160 of 100, 60 over, 2 blocks of 50 at 5: 10 more.
        // Both less 10 %: 8.10 and 9.00.
        Assert.Equal(
            "2040-03-15 #2 PAID BILLING_CYCLE | Pro - Calls 0.00 | Pro - Mails 0 x 5 = 0.00 "
                + "| Pro - Calls - late usage of 2040-01-15 to 2040-02-15 8.10 "
                + "| Pro - Mails - late usage of 2040-01-15 to 2040-02-15 9.00 | total 17.10 due 17.10",
            (await story.BillsAsync("ann"))[^1]);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Late_usage_draws_the_minimum_of_its_term_first(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        await story.EventMeterAsync("calls");
        await story.LatenessAsync("calls", "P1D", "ADJUST_NEXT_INVOICE");
        await story.PlanAsync(new("pro", Price.Flat(20, 200), Price.Usage("calls", 1, 1).Monthly())
        {
            MinimumSpend = [("ANNUALLY", 30)],
        });
        await story.CustomerAsync("ann");
        await story.SubscribeAsync("ann", "pro", "ANNUALLY");
        await story.SendAsync("ann", "calls", 12);
        await story.AdvanceAsync(new { to = "2040-02-20T00:00:00Z" });
        await story.SendAsync("ann", "calls", 16);
        await story.AdvanceAsync(new { to = "2040-03-20T00:00:00Z" });
        // 2 are left of the minimum of 30. Late usage of the first month would have taken them, and 3 of the second month's.
        await story.SendAsync("ann", "calls", 5, "2040-01-21T00:00:00Z");
        await story.SendAsync("ann", "calls", 4);
        await story.AdvanceAsync(new { to = "2040-04-15T00:00:00Z" });

        var usage = (await story.BillsAsync("ann"))[^1];
        // Third month: 4, nothing left to pay them: 4. First month: 5 more, all paid by the minimum: 0. Second: 16 of which 13 are
        // paid by the minimum now instead of 16: 3. Together 7 = 12 + 5 + 16 + 4 - 30.
        Assert.EndsWith("total 7.00 due 7.00", usage, StringComparison.Ordinal);
    }

    /// <summary>
    /// The law of late usage: whatever comes late, and whenever before the last bill, all bills together come to what they come to
    /// when everything is in time.
    /// </summary>
    [Theory, InlineData(DatabaseKind.Sqlite, 1, "ADJUST_NEXT_INVOICE"), InlineData(DatabaseKind.Sqlite, 2, "RECOMPUTE_DRAFT")]
    [InlineData(DatabaseKind.PostgreSql, 3, "RECOMPUTE_DRAFT")]
    public async Task Bills_come_to_the_same_whatever_comes_late(DatabaseKind database, int seed, string calls)
    {
        var random = new Random(seed);
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        await story.EventMeterAsync("calls");
        await story.EventMeterAsync("mails");
        await story.LatenessAsync("calls", "P2D", calls);
        await story.LatenessAsync("mails", "P2D", "ADJUST_NEXT_INVOICE");
        // Drafts of ten days: what is late by less is on them, by more on the next.
        await story.PatchAsync("/tollgate/v1/billing", new { usageDraftHours = 240 });
        await story.PlanAsync(new(
            "pro", Price.Flat(7), Price.Tiered("USAGE_BASED", "calls", "VOLUME", (20, 3, null), (50, 2, 4), (null, 1, null)).Monthly())
        {
            Limits = [Included.Units("mails", 40, "MONTH", accordingTo: "StartOfTheMonth")],
            Overages = [Price.Usage("mails", 0.37m, blockSize: 3)],
            OverageBilling = "MONTHLY",
            MinimumSpend = [("MONTHLY", 11)],
        });
        foreach (var customer in (string[])["prompt", "late"])
        {
            await story.CustomerAsync(customer);
            await story.SubscribeAsync(customer, "pro");
        }

        var start = new DateTime(2040, 1, 15, 0, 0, 0, DateTimeKind.Utc);
        var held = new List<(DateTime Due, Dictionary<string, object?> Event)>();
        for (var day = 0; day < 95; day++)
        {
            var now = start.AddDays(day);
            await story.AdvanceAsync(new { to = Text(now) });
            var events = new List<Dictionary<string, object?>>();
            for (var i = 0; i < random.Next(3); i++)
            {
                var (name, tokens) = (random.Next(2) == 0 ? "calls" : "mails", random.Next(1, 9));
                events.Add(EventTelling.Event("prompt", name, tokens, Text(now)));
                var late = EventTelling.Event("late", name, tokens, Text(now));
                var delay = random.Next(3) == 0 ? random.Next(1, 60) : 0;
                if (delay == 0)
                    events.Add(late);
                else
                    held.Add((now.AddDays(delay), late));
            }

            events.AddRange(held.Where(h => h.Due <= now || day == 94).Select(h => h.Event));
            held.RemoveAll(h => h.Due <= now || day == 94);
            if (events.Count > 0)
                await story.PostAsync("/api/v1/events", new { events });
        }

        // The last events are of April 18; May 15 and June 15 have the bills with all of it, issued ten days later at the latest.
        await story.AdvanceAsync(new { to = "2040-06-25T00:00:00Z" });
        var (prompt, late2) = (await story.BillsAsync("prompt"), await story.BillsAsync("late"));
        Assert.Contains(late2, bill => bill.Contains("late usage", StringComparison.Ordinal));
        Assert.DoesNotContain(prompt, bill => bill.Contains("late usage", StringComparison.Ordinal));
        Assert.Equal(Sum(prompt), Sum(late2));
    }

    private static string Text(DateTime at) => at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static decimal Sum(IReadOnlyList<string> bills) => bills.Sum(bill => decimal.Parse(
        bill[(bill.LastIndexOf("total ", StringComparison.Ordinal) + 6)..].Split(' ')[0], CultureInfo.InvariantCulture));
}
