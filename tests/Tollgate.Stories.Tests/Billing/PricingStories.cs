using Tollgate.Storage;
using static Tollgate.Stories.Tests.Story;

namespace Tollgate.Stories.Tests.Billing;

/// <summary>The worked examples of the specification, told with the invoices a customer gets.</summary>
public sealed class PricingStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Preview_shows_what_is_charged_and_the_invoice_has_its_lines(DatabaseKind database)
    {
        // Spec subscriptions 11: 49 + 10 seats x 10 = 149, 20 % = 29.80, 119.20.
        var story = await StartAsync(database);
        await story.FeatureAsync("seats");
        await story.PaidPlanAsync("plus", [Model("FLAT_FEE", 49), Model("PER_UNIT", 10, "seats")]);
        var request = new Dictionary<string, object>
        {
            ["customerId"] = "ann",
            ["planId"] = "plus",
            ["billingPeriod"] = "MONTHLY",
            ["charges"] = new[] { new { id = "seats", type = "FEATURE", quantity = 10 } },
            ["appliedCoupon"] = new { discount = new { percentOff = 20, name = "SAVE20" } },
        };

        var preview = await story.PostAsync("/api/v1/subscriptions/preview", request);
        Assert.Empty(await story.InvoicesAsync("ann"));
        await story.ProvisionAsync(request);

        foreach (var name in new[] { "immediateInvoice", "recurringInvoice" })
        {
            var invoice = preview.GetProperty(name);
            Assert.Equal(149m, invoice.GetProperty("subTotal").GetDecimal());
            Assert.Equal(29.80m, invoice.GetProperty("discount").GetDecimal());
            Assert.Equal(119.20m, invoice.GetProperty("total").GetDecimal());
            Assert.Equal(20m, invoice.GetProperty("discountDetails").GetProperty("percentage").GetDecimal());
            Assert.Equal(
                ["plus - base fee 49 x 1 = 49", "plus - seats 10 x 10 = 100"],
                invoice.GetProperty("lines").EnumerateArray().Select(line =>
                    $"{line.GetProperty("description").GetString()} {line.GetProperty("unitPrice").GetDecimal():0.##} x "
                    + $"{line.GetProperty("quantity").GetDecimal():0.##} = {line.GetProperty("subTotal").GetDecimal():0.##}"));
        }

        Assert.Equal(["2040-06-01 PAID 119.20: 49.00 100.00"], await story.InvoicesAsync("ann"));
        Assert.Equal("2040-06-01T00:00:00.000Z",
            preview.GetProperty("billingPeriodRange").GetProperty("start").GetString());
        Assert.Equal("2040-08-01T00:00:00.000Z", preview.GetProperty("recurringInvoice")
            .GetProperty("billingPeriodRange").GetProperty("end").GetString());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Upgrade_is_prorated_and_a_downgrade_leaves_a_balance(DatabaseKind database)
    {
        // Spec subscriptions 10, cases 1 and 3.
        var story = await StartAsync(database);
        await story.PaidPlanAsync("basic", [Model("FLAT_FEE", 30)]);
        await story.PaidPlanAsync("pro", [Model("FLAT_FEE", 90)]);
        await story.ProvisionAsync(Of("basic"));
        await story.AdvanceAsync(new { to = "2040-06-16T00:00:00Z" });

        var preview = await story.PostAsync("/api/v1/subscriptions/preview", Of("pro"));
        await story.ProvisionAsync(Of("pro"));
        await story.ProvisionAsync(Of("basic"));
        var back = await story.GetAsync("/tollgate/v1/customers/ann/balance");
        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });

        Assert.Equal(30m, preview.GetProperty("immediateInvoice").GetProperty("total").GetDecimal());
        Assert.Equal(90m, preview.GetProperty("recurringInvoice").GetProperty("total").GetDecimal());
        Assert.Equal(30m, back[0].GetProperty("amount").GetDecimal());
        Assert.Equal(
            [
                "2040-06-01 PAID 30.00: 30.00",
                "2040-06-16 PAID 30.00: -15.00 45.00",
                "2040-06-16 PAID -30.00: -45.00 15.00",
                "2040-07-01 PAID 30.00: 30.00",
            ],
            await story.InvoicesAsync("ann"));
        // July's 30 were paid from the 30 of the way back.
        Assert.Equal(0m, (await story.GetAsync("/tollgate/v1/customers/ann/balance"))[0].GetProperty("amount").GetDecimal());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Coupon_of_three_months_discounts_three_invoices(DatabaseKind database)
    {
        // Guide "apply discounts": 49 - 9.80 = 39.20 three times, then 49.
        var story = await StartAsync(database);
        await story.PaidPlanAsync("pro", [Model("FLAT_FEE", 49)]);
        await story.PostAsync("/api/v1/coupons", new Dictionary<string, object?>
        {
            ["id"] = "p20",
            ["name"] = "20 off",
            ["percentOff"] = 20,
            ["durationInMonths"] = 3,
            ["amountsOff"] = null,
            ["description"] = null,
            ["metadata"] = null,
        });
        await story.ProvisionAsync(new
        {
            customerId = "ann",
            planId = "pro",
            billingPeriod = "MONTHLY",
            appliedCoupon = new { couponId = "p20" },
        });

        await story.AdvanceAsync(new { to = "2040-09-02T00:00:00Z" });

        Assert.Equal(
            [
                "2040-06-01 PAID 39.20: 49.00", "2040-07-01 PAID 39.20: 49.00", "2040-08-01 PAID 39.20: 49.00",
                "2040-09-01 PAID 49.00: 49.00",
            ],
            await story.InvoicesAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Hybrid_plan_bills_usage_in_arrears_above_its_minimum(DatabaseKind database)
    {
        // Catalog 15 A: 49 + 5 x 10 + 100 = 199; 200,000 calls x 0.001 = 200, less 100; then 60,000: 60 less 60.
        var story = await StartAsync(database);
        await story.FeatureAsync("seats");
        await story.FeatureAsync("calls");
        await story.PaidPlanAsync(
            "pro",
            [Model("FLAT_FEE", 49), Model("PER_UNIT", 10, "seats"), Usage("calls", 0.001m)],
            minimumSpend: 100);
        await story.ProvisionAsync(new
        {
            customerId = "ann",
            planId = "pro",
            billingPeriod = "MONTHLY",
            charges = new[] { new { id = "seats", type = "FEATURE", quantity = 5 } },
        });
        await story.ReportAsync("ann", "calls", 200_000);
        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });
        await story.ReportAsync("ann", "calls", 60_000);
        await story.AdvanceAsync(new { to = "2040-08-01T00:00:00Z" });

        Assert.Equal(
            [
                "2040-06-01 PAID 199.00: 49.00 50.00 100.00",
                "2040-07-01 PAID 299.00: 49.00 50.00 100.00 200.00 -100.00",
                "2040-08-01 PAID 199.00: 49.00 50.00 100.00 60.00 -60.00",
            ],
            await story.InvoicesAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Commitment_in_blocks_bills_its_overage(DatabaseKind database)
    {
        // Catalog 15 B: 10,000 in blocks of 1,000 at 1.00 = 10; 2,345 over x 0.002 = 4.69.
        var story = await StartAsync(database);
        await story.FeatureAsync("calls");
        object[] blocks =
        [
            new { billingPeriod = "MONTHLY", price = new { amount = 1, currency = "usd" }, blockSize = 1000 },
        ];
        object[] beyond = [new { billingPeriod = "MONTHLY", price = new { amount = 0.002m, currency = "usd" } }];
        await story.PaidPlanAsync(
            "bulk",
            [new { billingModel = "PER_UNIT", featureId = "calls", resetPeriod = "MONTH", pricePeriods = blocks }],
            overages: [new { billingModel = "USAGE_BASED", featureId = "calls", pricePeriods = beyond }]);
        await story.ProvisionAsync(new
        {
            customerId = "ann",
            planId = "bulk",
            billingPeriod = "MONTHLY",
            charges = new[] { new { id = "calls", type = "FEATURE", quantity = 10_000 } },
        });
        await story.ReportAsync("ann", "calls", 12_345);
        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });

        Assert.Equal(
            ["2040-06-01 PAID 10.00: 10.00", "2040-07-01 PAID 14.69: 10.00 4.69"], await story.InvoicesAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Volume_tiers_bill_the_usage_of_each_month(DatabaseKind database)
    {
        // Guide "hybrid pricing": 600 scans x 0.02 = 12.00; 1,500 x 0.01 = 15.00.
        var story = await StartAsync(database);
        await story.FeatureAsync("scans");
        object[] tiers =
        [
            new { upTo = 1000, unitPrice = new { amount = 0.02m, currency = "usd" } },
            new { unitPrice = new { amount = 0.01m, currency = "usd" } },
        ];
        object[] periods = [new { billingPeriod = "MONTHLY", tiers }];
        await story.PaidPlanAsync("team",
        [
            Model("FLAT_FEE", 20),
            new
            {
                billingModel = "USAGE_BASED", featureId = "scans", tiersMode = "VOLUME", resetPeriod = "MONTH",
                pricePeriods = periods,
            },
        ]);
        await story.ProvisionAsync(Of("team"));
        await story.ReportAsync("ann", "scans", 600);
        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });
        await story.ReportAsync("ann", "scans", 1_500);
        await story.AdvanceAsync(new { to = "2040-08-01T00:00:00Z" });

        Assert.Equal(
            [
                "2040-06-01 PAID 20.00: 20.00", "2040-07-01 PAID 32.00: 20.00 12.00", "2040-08-01 PAID 35.00: 20.00 15.00",
            ],
            await story.InvoicesAsync("ann"));
    }

    private async Task<Story> StartAsync(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.PostAsync("/api/v1/customers", new { id = "ann" });
        return story;
    }

    private static object Of(string plan) => new { customerId = "ann", planId = plan, billingPeriod = "MONTHLY" };

    private static object Usage(string feature, decimal price)
    {
        object[] periods = [new { billingPeriod = "MONTHLY", price = new { amount = price, currency = "usd" } }];
        return new { billingModel = "USAGE_BASED", featureId = feature, resetPeriod = "MONTH", pricePeriods = periods };
    }
}
