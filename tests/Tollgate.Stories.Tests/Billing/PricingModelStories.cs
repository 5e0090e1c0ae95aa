using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Billing;

/// <summary>Each pricing model through the months (spec catalog 9.2, 9.3, 9.5, 9.6).</summary>
public sealed class PricingModelStories(StoryServers servers)
{
    private static readonly (int?, decimal?, decimal?)[] Tiers = [(5, 20, null), (10, 15, null), (null, 10, null)];

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Flat_fee_is_charged_at_each_start_of_a_period_through_a_year(DatabaseKind database)
    {
        var story = await SoldAsync(database, new("pro", Price.Flat(49, 490)));
        await story.CustomerAsync("yan");
        await story.SubscribeAsync("yan", "pro", "ANNUALLY");

        await story.AdvanceAsync(new { to = "2041-01-15T00:00:00Z" });

        string[] days =
        [
            "2040-02-15", "2040-03-15", "2040-04-15", "2040-05-15", "2040-06-15", "2040-07-15", "2040-08-15", "2040-09-15",
            "2040-10-15", "2040-11-15", "2040-12-15",
        ];
        // Numbers count in the environment: yan's first is #2, his renewal comes with ann's twelfth.
        Assert.Equal(
            [
                "2040-01-15 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 49.00 | total 49.00 due 49.00",
                .. days.Select((day, n) => $"{day} #{n + 3} PAID BILLING_CYCLE | Pro - base fee 49.00 | total 49.00 due 49.00"),
            ],
            (await story.BillsAsync("ann")).Take(12));
        Assert.Equal(13, (await story.BillsAsync("ann")).Count);
        var annual = await story.BillsAsync("yan");
        Assert.Equal("2040-01-15 #2 PAID SUBSCRIPTION_CREATION | Pro - base fee 490.00 | total 490.00 due 490.00", annual[0]);
        Assert.Matches(
            "^2041-01-15 #1[45] PAID BILLING_CYCLE [|] Pro - base fee 490.00 [|] total 490.00 due 490.00$",
            Assert.Single(annual.Skip(1)));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Committed_units_cost_by_their_model_and_limit_the_usage(DatabaseKind database)
    {
        // 5 x 20 + 5 x 15 + 10 x 10 = 275; with flat parts 110 + 83 + 105 = 298; volume 20 x 10 = 200; 12 seats are in the step
        // to 50 = 400; 1,500 calls are 2 blocks of 1,000.
        (string Line, int Limit)[] told =
        [
            await CommitAsync(database, Price.Tiered("PER_UNIT", "seats", "GRADUATED", Tiers), 20),
            await CommitAsync(
                database, Price.Tiered("PER_UNIT", "seats", "GRADUATED", (5, 20, 10), (10, 15, 8), (null, 10, 5)), 20),
            await CommitAsync(database, Price.Tiered("PER_UNIT", "seats", "VOLUME", Tiers), 20),
            await CommitAsync(
                database, Price.Tiered("PER_UNIT", "seats", "VOLUME", (10, null, 100), (50, null, 400), (null, null, 900)), 12),
            await CommitAsync(database, Price.PerUnit("seats", 1, blockSize: 1000), 1500),
            await CommitAsync(database, Price.PerUnit("seats", 3.335m), 3),
        ];

        Assert.Equal(
            [
                ("Pro - Seats 275.00 | total 275.00 due 275.00", 20),
                ("Pro - Seats 298.00 | total 298.00 due 298.00", 20),
                ("Pro - Seats 20 x 10 = 200.00 | total 200.00 due 200.00", 20),
                ("Pro - Seats 400.00 | total 400.00 due 400.00", 50),
                ("Pro - Seats 2 x 1 = 2.00 | total 2.00 due 2.00", 2000),
                ("Pro - Seats 3 x 3.335 = 10.01 | total 10.01 due 10.01", 3),
            ],
            told);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Tier_bounds_are_inclusive(DatabaseKind database)
    {
        // Volume: 5 units are in the first tier, 6 in the second, 10 in the second, 11 in the last.
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        await story.MeterAsync("seats", "FLUCTUATING");
        await story.PlanAsync(new("pro", Price.Tiered("PER_UNIT", "seats", "VOLUME", Tiers)));
        foreach (var seats in (int[])[5, 6, 10, 11])
        {
            await story.CustomerAsync($"c{seats}");
            await story.SubscribeAsync($"c{seats}", "pro", with: new { charges = Committed.Units(("seats", seats)) });
        }

        string[] told =
        [
            .. await story.BillsAsync("c5"), .. await story.BillsAsync("c6"), .. await story.BillsAsync("c10"),
            .. await story.BillsAsync("c11"),
        ];

        Assert.Equal(
            [
                "2040-01-15 #1 PAID SUBSCRIPTION_CREATION | Pro - Seats 5 x 20 = 100.00 | total 100.00 due 100.00",
                "2040-01-15 #2 PAID SUBSCRIPTION_CREATION | Pro - Seats 6 x 15 = 90.00 | total 90.00 due 90.00",
                "2040-01-15 #3 PAID SUBSCRIPTION_CREATION | Pro - Seats 10 x 15 = 150.00 | total 150.00 due 150.00",
                "2040-01-15 #4 PAID SUBSCRIPTION_CREATION | Pro - Seats 11 x 10 = 110.00 | total 110.00 due 110.00",
            ],
            told);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Usage_that_counts_by_the_month_is_billed_at_each_months_end_by_its_model(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        foreach (var feature in (string[])["flat", "packs", "steps", "volume"])
            await story.MeterAsync(feature);
        await story.PlanAsync(new(
            "api",
            Price.Usage("flat", 0.02m).Monthly(),
            Price.Usage("packs", 1.5m, blockSize: 1000).Monthly(),
            Price.Tiered("USAGE_BASED", "steps", "GRADUATED", Tiers).Monthly(),
            Price.Tiered("USAGE_BASED", "volume", "VOLUME", Tiers).Monthly()));
        await story.CustomerAsync("ann");
        await story.SubscribeAsync("ann", "api");
        (int Flat, int Packs, int Tiered)[] months = [(0, 0, 0), (1, 1, 5), (601, 1000, 6), (0, 1001, 12), (50, 2500, 20)];

        for (var month = 0; month < months.Length; month++)
        {
            await story.AdvanceAsync(new { to = $"2040-{month + 1:00}-25T00:00:00Z" });
            var (flat, packs, tiered) = months[month];
            foreach (var (feature, used) in new[] { ("flat", flat), ("packs", packs), ("steps", tiered), ("volume", tiered) })
            {
                if (used > 0)
                    await story.ReportAsync("ann", feature, used);
            }
        }

        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });

        // Graduated 6 = 100 + 15, 12 = 100 + 75 + 20, 20 = 275. Volume 6 x 15, 12 x 10, 20 x 10. Packs of 1,000 begun. No
        // bill at the start: there is nothing to pay in advance. June 15 bills May 15 to June 15, without usage.
        Assert.Equal(
            [
                "2040-02-15 #1 PAID BILLING_CYCLE | Api - Flat 0 x 0.02 = 0.00 | Api - Packs 0 x 1.5 = 0.00 "
                    + "| Api - Steps 0.00 | Api - Volume 0 x 20 = 0.00 | total 0.00 due 0.00",
                "2040-03-15 #2 PAID BILLING_CYCLE | Api - Flat 0.02 | Api - Packs 1.50 "
                    + "| Api - Steps 100.00 | Api - Volume 5 x 20 = 100.00 | total 201.52 due 201.52",
                "2040-04-15 #3 PAID BILLING_CYCLE | Api - Flat 601 x 0.02 = 12.02 | Api - Packs 1.50 "
                    + "| Api - Steps 115.00 | Api - Volume 6 x 15 = 90.00 | total 218.52 due 218.52",
                "2040-05-15 #4 PAID BILLING_CYCLE | Api - Flat 0 x 0.02 = 0.00 | Api - Packs 2 x 1.5 = 3.00 "
                    + "| Api - Steps 195.00 | Api - Volume 12 x 10 = 120.00 | total 318.00 due 318.00",
                "2040-06-15 #5 PAID BILLING_CYCLE | Api - Flat 50 x 0.02 = 1.00 | Api - Packs 3 x 1.5 = 4.50 "
                    + "| Api - Steps 275.00 | Api - Volume 20 x 10 = 200.00 | total 480.50 due 480.50",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Usage_without_a_reset_of_the_charge_is_billed_as_the_level_at_each_end(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        await story.MeterAsync("storage", "FLUCTUATING");
        await story.PlanAsync(new("disk", Price.Flat(10), Price.Usage("storage", 2)));
        await story.CustomerAsync("ann");
        await story.SubscribeAsync("ann", "disk");

        await story.AdvanceAsync(new { to = "2040-01-20T00:00:00Z" });
        await story.ReportAsync("ann", "storage", 9);
        await story.AdvanceAsync(new { to = "2040-02-14T23:59:59Z" });
        await story.ReportAsync("ann", "storage", -2);
        await story.AdvanceAsync(new { to = "2040-02-15T00:00:00Z" });
        await story.ReportAsync("ann", "storage", 3);
        await story.AdvanceAsync(new { to = "2040-04-15T00:00:00Z" });

        // 9 - 2 = 7 at February 15; what is reported at that instant is in the next month: 10 at March 15, and still at April 15.
        Assert.Equal(
            [
                "2040-01-15 #1 PAID SUBSCRIPTION_CREATION | Disk - base fee 10.00 | total 10.00 due 10.00",
                "2040-02-15 #2 PAID BILLING_CYCLE | Disk - base fee 10.00 | Disk - Storage 7 x 2 = 14.00 | total 24.00 due 24.00",
                "2040-03-15 #3 PAID BILLING_CYCLE | Disk - base fee 10.00 | Disk - Storage 10 x 2 = 20.00 | total 30.00 due 30.00",
                "2040-04-15 #4 PAID BILLING_CYCLE | Disk - base fee 10.00 | Disk - Storage 10 x 2 = 20.00 | total 30.00 due 30.00",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Quantity_outside_minimum_and_maximum_is_refused_and_the_minimum_is_the_default(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        await story.MeterAsync("seats", "FLUCTUATING");
        await story.PlanAsync(new("pro", Price.PerUnit("seats", 10, min: 2, max: 5)));
        await story.CustomerAsync("ann");

        foreach (var seats in (int[])[1, 6])
        {
            Assert.Equal("400 InvalidQuantity", await story.RefusedAsync(HttpMethod.Post, "/api/v1/subscriptions", new
            {
                customerId = "ann",
                planId = "pro",
                billingPeriod = "MONTHLY",
                charges = Committed.Units(("seats", seats)),
            }));
        }

        Assert.Empty(await story.BillsAsync("ann"));
        await story.SubscribeAsync("ann", "pro");
        Assert.Equal(
            ["2040-01-15 #1 PAID SUBSCRIPTION_CREATION | Pro - Seats 2 x 10 = 20.00 | total 20.00 due 20.00"],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Charges_of_one_bill_are_in_the_order_of_the_catalog_chapter(DatabaseKind database)
    {
        // Spec catalog 9.9: base fee, units, add-ons, minimum spend; then usage, its adjustment, overage; one-off last.
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        await story.MeterAsync("seats", "FLUCTUATING");
        await story.MeterAsync("calls");
        await story.MeterAsync("mails");
        await story.AddonAsync(new("support", Price.Flat(15)));
        await story.AddonAsync(new("setup", Price.Flat(200).Once()));
        await story.PlanAsync(new(
            "pro", Price.Usage("calls", 0.1m).Monthly(), Price.PerUnit("seats", 10), Price.Flat(49))
        {
            Addons = ["support", "setup"],
            MinimumSpend = [("MONTHLY", 100)],
            Limits = [Included.Units("mails", 10, "MONTH", accordingTo: "SubscriptionStart")],
            Overages = [Price.Usage("mails", 2)],
        });
        await story.CustomerAsync("ann");
        await story.SubscribeAsync("ann", "pro", with: new
        {
            charges = Committed.Units(("seats", 3)),
            addons = new[] { new { id = "support", quantity = 2 }, new { id = "setup", quantity = 1 } },
        });
        await story.ReportAsync("ann", "calls", 300);
        await story.ReportAsync("ann", "mails", 12);

        await story.AdvanceAsync(new { to = "2040-02-15T00:00:00Z" });

        // 49 + 30 + 30 + 100 + 200 = 409. Then 49 + 30 + 30 + 100 + 30 - 30 + 4 = 213; the setup is not charged again.
        Assert.Equal(
            [
                "2040-01-15 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 49.00 | Pro - Seats 3 x 10 = 30.00 "
                    + "| Support - base fee 2 x 15 = 30.00 | Pro - minimum spend 100.00 | Setup - base fee 200.00 "
                    + "| total 409.00 due 409.00",
                "2040-02-15 #2 PAID BILLING_CYCLE | Pro - base fee 49.00 | Pro - Seats 3 x 10 = 30.00 "
                    + "| Support - base fee 2 x 15 = 30.00 | Pro - minimum spend 100.00 | Pro - Calls 300 x 0.1 = 30.00 "
                    + "| Pro - minimum spend -30.00 | Pro - Mails 2 x 2 = 4.00 | total 213.00 due 213.00",
            ],
            await story.BillsAsync("ann"));
    }

    private async Task<Story> SoldAsync(DatabaseKind database, PackageTale plan)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        await story.PlanAsync(plan);
        await story.CustomerAsync("ann");
        await story.SubscribeAsync("ann", plan.Id);
        return story;
    }

    /// <summary>What a first bill says and how many units may be used then.</summary>
    private async Task<(string Bill, int Limit)> CommitAsync(
        DatabaseKind database, Dictionary<string, object?> charge, int quantity)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        await story.MeterAsync("seats", "FLUCTUATING");
        await story.PlanAsync(new("pro", charge));
        await story.CustomerAsync("ann");
        await story.SubscribeAsync("ann", "pro", with: new { charges = Committed.Units(("seats", quantity)) });
        var bill = Assert.Single(await story.BillsAsync("ann"));
        var limit = (await story.CheckAsync("ann", "seats")).GetProperty("usageLimit").GetInt32();
        return (bill["2040-01-15 #1 PAID SUBSCRIPTION_CREATION | ".Length..], limit);
    }
}
