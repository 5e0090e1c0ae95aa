using System.Text.Json;
using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Billing;

/// <summary>A preview and the invoice of the same call are one function (spec subscriptions 11).</summary>
public sealed class PreviewStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Worked_example_of_a_new_customer(DatabaseKind database)
    {
        var story = await StartAsync(database);
        var request = new
        {
            customerId = "ann",
            planId = "plus",
            billingPeriod = "MONTHLY",
            charges = Committed.Units(("seats", 10)),
            appliedCoupon = new { couponId = "save20" },
        };

        var preview = await story.PostAsync("/api/v1/subscriptions/preview", request);
        await story.ProvisionAsync(request);

        // 49 + 10 x 10 = 149, 20% of it 29.80.
        const string told = "Plus - base fee 49.00 | Plus - Seats 10 x 10 = 100.00 "
            + "| subTotal 149.00 discount 29.80 total 119.20";
        Assert.Equal(told, BillTelling.SayPreview(preview.GetProperty("immediateInvoice")));
        Assert.Equal(told, BillTelling.SayPreview(preview.GetProperty("recurringInvoice")));
        Assert.Equal(
            ["2040-06-01 #1 PAID SUBSCRIPTION_CREATION | Plus - base fee 49.00 | Plus - Seats 10 x 10 = 100.00 "
                + "| discount 29.80 total 119.20 due 119.20"],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Preview_of_each_kind_of_change_has_the_lines_of_its_invoice_and_changes_nothing(DatabaseKind database)
    {
        var story = await StartAsync(database);
        await story.SubscribeAsync("ann", "plus");
        object[] changes =
        [
            new { customerId = "ann", planId = "plus", billingPeriod = "MONTHLY", charges = Committed.Units(("seats", 7)) },
            new { customerId = "ann", planId = "max", billingPeriod = "MONTHLY" },
            new { customerId = "ann", planId = "max", billingPeriod = "MONTHLY", addons = new[] { new { id = "support", quantity = 2 } } },
            new { customerId = "ann", planId = "max", billingPeriod = "ANNUALLY" },
            new { customerId = "ann", planId = "plus", billingPeriod = "MONTHLY" },
            new { customerId = "ann", planId = "free" },
        ];
        var expected = new List<string>();
        var told = new List<string>();
        foreach (var (change, day) in changes.Zip((string[])["06-05", "06-11", "06-14", "06-16", "06-18", "06-20"]))
        {
            await story.AdvanceAsync(new { to = $"2040-{day}T07:30:15Z" });
            var before = await story.BillsAsync("ann");
            var preview = (await story.PostAsync("/api/v1/subscriptions/preview", change)).GetProperty("immediateInvoice");
            Assert.Equal(before, await story.BillsAsync("ann"));

            await story.ProvisionAsync(change);

            told.AddRange((await LinesAsync(story)).Skip(before.Count));
            if (preview.GetProperty("lines").GetArrayLength() > 0)
                expected.Add(string.Join(" | ", Lines(preview)));
        }

        Assert.Equal(expected, told);
        // All six, the way back to free included: its credit note.
        Assert.Equal(6, told.Count);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Preview_of_a_trial_costs_nothing_now(DatabaseKind database)
    {
        var story = await StartAsync(database);

        var preview = await story.PostAsync("/api/v1/subscriptions/preview", new
        {
            customerId = "ann",
            planId = "plus",
            billingPeriod = "MONTHLY",
            trialOverrideConfiguration = new { isTrial = true, trialEndDate = "2040-06-15T00:00:00Z" },
        });

        Assert.Equal(0, preview.GetProperty("immediateInvoice").GetProperty("total").GetDecimal());
        Assert.Equal(59, preview.GetProperty("recurringInvoice").GetProperty("total").GetDecimal());
        Assert.Empty((await story.GetAsync("/api/v1/subscriptions?customerId=ann")).EnumerateArray());
    }

    private async Task<Story> StartAsync(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.MeterAsync("seats", "FLUCTUATING");
        await story.CouponAsync("save20", percent: 20);
        await story.PlanAsync(new("free"));
        await story.AddonAsync(new("support", Price.Flat(15, 150)));
        await story.PlanAsync(new("plus", Price.Flat(49), Price.PerUnit("seats", 10)));
        await story.PlanAsync(new("max", Price.Flat(199, 1990)) { Addons = ["support"] });
        await story.CustomerAsync("ann");
        return story;
    }

    /// <summary>The lines of each bill in the order of the bills.</summary>
    private static async Task<IEnumerable<string>> LinesAsync(Story story) =>
        (await story.BillsAsync("ann")).Select(bill => string.Join(" | ", bill.Split(" | ")[1..^1]));

    private static string[] Lines(JsonElement invoice) =>
        BillTelling.SayPreview(invoice).Split(" | ")[..^1];
}
