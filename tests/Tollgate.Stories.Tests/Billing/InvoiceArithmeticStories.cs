using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Billing;

/// <summary>Rounding, discount, tax and balance of whole bills (spec catalog 9.12), and local prices (10, 15 C).</summary>
public sealed class InvoiceArithmeticStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Worked_example_in_USD(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        await story.MeterAsync("seats", "FLUCTUATING");
        await story.PlanAsync(new("pro", Price.Flat(49), Price.PerUnit("seats", 3.335m)));
        await story.CouponAsync("fifteen", percent: 15);
        await story.PatchAsync("/tollgate/v1/billing", new { taxPercentage = 8.25 });
        await story.CustomerAsync("ann");

        await story.SubscribeAsync("ann", "pro", with: new
        {
            charges = Committed.Units(("seats", 3)),
            appliedCoupon = new { couponId = "fifteen" },
        });

        // 3 x 3.335 = 10.005 -> 10.01. 59.01 x 15% = 8.8515 -> 8.85. Tax 8.25% of 50.16 = 4.1382 -> 4.14.
        Assert.Equal(
            [
                "2040-01-15 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 49.00 | Pro - Seats 3 x 3.335 = 10.01 "
                    + "| discount 8.85 tax 4.14 total 54.30 due 54.30",
            ],
            await story.BillsAsync("ann"));
        // 8.8515 x 49/59.01 = 7.35 and 8.85 - 7.35 = 1.50.
        var lines = (await story.GetAsync("/tollgate/v1/invoices?customerId=ann"))[0].GetProperty("lines").EnumerateArray();
        Assert.Equal([7.35m, 1.50m], lines.Select(line => line.GetProperty("discount").GetDecimal()));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Yen_have_no_fractions(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.MeterAsync("seats", "FLUCTUATING");
        await story.PlanAsync(new("pro", Price.PerUnit("seats", 333.5m, currency: "jpy")));
        await story.CustomerAsync("ann");
        var id = await story.SubscribeAsync("ann", "pro", with: new { charges = Committed.Units(("seats", 3)) });
        await story.AdvanceAsync(new { to = "2040-06-16T00:00:00Z" });
        await story.UpdateAsync(id, new { charges = Committed.Units(("seats", 4)) });

        // 3 x 333.5 = 1000.5 -> 1001. Half of June: -500.25 -> -500, 1334 x 0.5 = 667. (The exact 1000.5 is prorated, not the
        // rounded 1001.)
        Assert.Equal(
            [
                "2040-06-01 #1 PAID SUBSCRIPTION_CREATION | Pro - Seats 3 x 333.5 = 1001 | total 1001 due 1001 jpy",
                "2040-06-16 #2 PAID SUBSCRIPTION_UPDATE | Unused time on Pro - Seats -500 | Remaining time on Pro - Seats 667 "
                    + "| total 167 due 167 jpy",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Example_C_the_first_country_stays(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        await story.PlanAsync(new("small", Price.Flat(20).Localized("IN", 900, "inr")));
        await story.PlanAsync(new("large", Price.Flat(50).Localized("IN", 2000, "inr")));
        foreach (var (customer, country) in new[] { ("india", "IN"), ("france", "FR") })
        {
            await story.CustomerAsync(customer);
            await story.SubscribeAsync(customer, "small", with: new { billingCountryCode = country });
        }

        await story.AdvanceAsync(new { to = "2040-02-15T00:00:00Z" });
        await story.SubscribeAsync("india", "large", with: new { billingCountryCode = "US" });

        // IN has a price of its own, FR falls back to the default one. US asked for later is ignored: 2000 - 900 INR at f = 1.
        Assert.Equal(
            [
                "2040-01-15 #1 PAID SUBSCRIPTION_CREATION | Small - base fee 900.00 | total 900.00 due 900.00 inr",
                "2040-02-15 BILLING_CYCLE | Small - base fee 900.00 | total 900.00 due 900.00 inr",
                "2040-02-15 #5 PAID SUBSCRIPTION_UPDATE | Unused time on Small - base fee -900.00 "
                    + "| Remaining time on Large - base fee 2000.00 | total 1100.00 due 1100.00 inr",
            ],
            (await story.BillsAsync("india")).Select((bill, n) => n == 1 ? bill.Replace("#3 PAID ", "").Replace("#4 PAID ", "") : bill));
        Assert.Equal(
            "2040-01-15 #2 PAID SUBSCRIPTION_CREATION | Small - base fee 20.00 | total 20.00 due 20.00",
            (await story.BillsAsync("france"))[0]);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Balance_is_used_up_oldest_credit_first_and_never_paid_out(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.PlanAsync(new("mini", Price.Flat(10)));
        await story.PlanAsync(new("maxi", Price.Flat(100)));
        await story.CustomerAsync("ann");
        await story.SubscribeAsync("ann", "maxi");
        await story.AdvanceAsync(new { to = "2040-06-16T00:00:00Z" });
        await story.SubscribeAsync("ann", "mini");

        await story.AdvanceAsync(new { to = "2040-12-01T00:00:00Z" });

        // -50 + 5 = 45 to the balance: four months of 10 and half of the fifth.
        Assert.Equal(
            [
                "2040-07-01 #3 PAID BILLING_CYCLE | Mini - base fee 10.00 | total 10.00 balance 10.00 due 0.00",
                "2040-08-01 #4 PAID BILLING_CYCLE | Mini - base fee 10.00 | total 10.00 balance 10.00 due 0.00",
                "2040-09-01 #5 PAID BILLING_CYCLE | Mini - base fee 10.00 | total 10.00 balance 10.00 due 0.00",
                "2040-10-01 #6 PAID BILLING_CYCLE | Mini - base fee 10.00 | total 10.00 balance 10.00 due 0.00",
                "2040-11-01 #7 PAID BILLING_CYCLE | Mini - base fee 10.00 | total 10.00 balance 5.00 due 5.00",
                "2040-12-01 #8 PAID BILLING_CYCLE | Mini - base fee 10.00 | total 10.00 due 10.00",
            ],
            await story.BillsFromAsync("ann", 3));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Credit_gives_its_tax_back(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.PatchAsync("/tollgate/v1/billing", new { taxPercentage = 19 });
        await story.PlanAsync(new("pro", Price.Flat(90)));
        await story.CustomerAsync("ann");
        var id = await story.SubscribeAsync("ann", "pro");
        await story.AdvanceAsync(new { to = "2040-06-21T00:00:00Z" });

        await story.CancelAsync(id);

        // 90 x 19% = 17.10. A third of June is left: -30, its tax -5.70.
        Assert.Equal(
            [
                "2040-06-01 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 90.00 | tax 17.10 total 107.10 due 107.10",
                "2040-06-21 #2 CREDIT_NOTE SUBSCRIPTION_UPDATE | Unused time on Pro - base fee -30.00 "
                    + "| tax -5.70 total -35.70 due 0.00",
            ],
            await story.BillsAsync("ann"));
        Assert.Equal("35.70 usd", await story.BalanceAsync("ann"));
    }
}
