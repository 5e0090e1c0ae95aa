using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Billing;

/// <summary>
/// True-up pricing (spec subscriptions 6.5 and example 11 of 10): a seat costs 10 a month, 120 a year; on June 16 half of the
/// month is left.
/// </summary>
public sealed class TrueUpStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Example_11_added_seats_are_paid_at_the_end_of_the_month(DatabaseKind database)
    {
        var (story, id) = await StartAsync(database, "MONTHLY");
        var preview = await story.PostAsync("/api/v1/subscriptions/preview", new
        {
            customerId = "ann",
            planId = "team",
            billingPeriod = "MONTHLY",
            charges = Committed.Units(("seats", 7)),
        });
        await story.UpdateAsync(id, new { charges = Committed.Units(("seats", 7)) });

        Assert.Equal(0, preview.GetProperty("immediateInvoice").GetProperty("total").GetDecimal());
        Assert.Equal("granted 0/7", await story.SayAsync("ann", "seats"));
        Assert.Empty(await story.BillsFromAsync("ann", 2));
        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });

        // 2 x 10 x 0.5 = 10 beside the next month's 70.
        Assert.Equal(
            ["2040-07-01 #2 PAID BILLING_CYCLE | Team - Seats 7 x 10 = 70.00 | Unused time on Team - Seats -25.00 "
                + "| Remaining time on Team - Seats 35.00 | total 80.00 due 80.00"],
            await story.BillsFromAsync("ann", 2));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Added_seats_of_a_year_are_paid_at_once(DatabaseKind database)
    {
        var (story, id) = await StartAsync(database, "ANNUALLY");

        await story.UpdateAsync(id, new { charges = Committed.Units(("seats", 7)) });

        // 350 of 365 days are left: 600 and 840 times 350/365 are 575.34 and 805.48.
        Assert.Equal(
            ["2040-06-16 #2 PAID SUBSCRIPTION_UPDATE | Unused time on Team - Seats -575.34 "
                + "| Remaining time on Team - Seats 805.48 | total 230.14 due 230.14"],
            await story.BillsFromAsync("ann", 2));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Fewer_seats_and_another_plan_are_billed_as_usual_and_the_end_brings_the_rest(DatabaseKind database)
    {
        var (story, id) = await StartAsync(database, "MONTHLY");
        await story.UpdateAsync(id, new { charges = Committed.Units(("seats", 7)) });
        await story.UpdateAsync(id, new { charges = Committed.Units(("seats", 6)) });
        await story.SubscribeAsync("ann", "big", with: new { charges = Committed.Units(("seats", 8)) });
        await story.CancelAsync(id, new { cancellationTime = "IMMEDIATE", prorate = false });

        // 7 -> 6 gives 35 back for 30. 6 x 10 -> 8 x 20: 30 back, 80 to pay. The trued-up 10 come with the end.
        Assert.Equal(
            [
                "2040-06-16 #2 CREDIT_NOTE SUBSCRIPTION_UPDATE | Unused time on Team - Seats -35.00 "
                    + "| Remaining time on Team - Seats 30.00 | total -5.00 due 0.00",
                "2040-06-16 #3 PAID SUBSCRIPTION_UPDATE | Unused time on Team - Seats -30.00 "
                    + "| Remaining time on Big - Seats 80.00 | total 50.00 balance 5.00 due 45.00",
                "2040-06-16 #4 PAID SUBSCRIPTION_UPDATE | Unused time on Team - Seats -25.00 "
                    + "| Remaining time on Team - Seats 35.00 | total 10.00 due 10.00",
            ],
            await story.BillsFromAsync("ann", 2));
    }

    private async Task<(Story Story, string Id)> StartAsync(DatabaseKind database, string period)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.PatchAsync("/tollgate/v1/products/product-default", new { truesUpAddedUnits = true });
        await story.MeterAsync("seats", "FLUCTUATING");
        await story.PlanAsync(new("team", Price.PerUnit("seats", 10, 120)));
        await story.PlanAsync(new("big", Price.PerUnit("seats", 20, 240)));
        await story.CustomerAsync("ann");
        var id = await story.SubscribeAsync("ann", "team", period, new { charges = Committed.Units(("seats", 5)) });
        await story.AdvanceAsync(new { to = "2040-06-16T00:00:00Z" });
        return (story, id);
    }
}
