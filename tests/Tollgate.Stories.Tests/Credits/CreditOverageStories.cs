using System.Globalization;
using System.Text.Json;
using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Credits;

/// <summary>
/// Credits that customers use beyond what they hold, and what they pay for them (spec credits 11). The months of all subscriptions
/// begin on the tenth at ten.
/// </summary>
public sealed class CreditOverageStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task What_grants_do_not_repay_is_billed_at_each_boundary_and_at_the_end(DatabaseKind database)
    {
        var story = await StartAsync(database);
        await story.PlanAsync(new("pro", Price.Flat(20)) { Overages = [Price.Overdrawn("ai", 1_000, 0.02m)] });
        var id = await story.SubscribeAsync("ann", "pro");

        // 1 150 of 1 000: the example of the spec.
        await ConsumeAsync(story, "2040-01-20", 1_150);
        Assert.Equal("granted -150 of 1000", await SayAsync(story));
        Assert.Equal(
            ["Pro - base fee 20", "Pro - AI credits 3"], LinesOf(await story.GetAsync($"/tollgate/v1/subscriptions/{id}/next-invoice")));
        await ToAsync(story, "2040-02-10");
        Assert.Equal("granted 1000 of 1150", await SayAsync(story));

        // A new version for everybody moves entitlements, and no price.
        await story.RepublishAsync(
            new("pro", Price.Flat(25)) { Overages = [Price.Overdrawn("ai", 1_000, 0.05m)] }, "ALL_CUSTOMERS");

        // 300 too many, of which a purchase of 200 for 10.00 repays 200.
        await ConsumeAsync(story, "2040-02-15", 1_300);
        await ToAsync(story, "2040-02-20");
        await story.PostAsync("/api/v1/credits/grants", new
        {
            customerId = "ann",
            currencyId = "ai",
            amount = 200,
            displayName = "Bought",
            grantType = "PAID",
            cost = new { amount = 10, currency = "usd" },
            paymentCollectionMethod = "NONE",
        });
        await ConsumeAsync(story, "2040-03-20", 900);
        await ConsumeAsync(story, "2040-04-20", 1_050);
        await ToAsync(story, "2040-04-21");
        await story.CancelAsync(id, new { cancellationTime = "IMMEDIATE", prorate = false });

        // 200 bought and 50 of the last bill, all of them used.
        Assert.Equal("InsufficientCredits 0 of 250", await SayAsync(story));
        Assert.Equal(
            [
                "2040-01-10 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 20.00 | total 20.00 due 20.00",
                "2040-02-10 #2 PAID BILLING_CYCLE | Pro - base fee 20.00 | Pro - AI credits 150 x 0.02 = 3.00 | total 23.00 due 23.00",
                "2040-03-10 #3 PAID BILLING_CYCLE | Pro - base fee 20.00 | Pro - AI credits 100 x 0.02 = 2.00 | total 22.00 due 22.00",
                "2040-04-10 #4 PAID BILLING_CYCLE | Pro - base fee 20.00 | Pro - AI credits 0 x 0.02 = 0.00 | total 20.00 due 20.00",
                "2040-04-21 #5 PAID SUBSCRIPTION_UPDATE | Pro - AI credits 50 x 0.02 = 1.00 | total 1.00 due 1.00",
            ],
            await story.BillsAsync("ann"));
        Assert.Equal(
            [
                "GRANTED 1000", "CONSUMED 1000", "CONSUMED 150",
                // February 10: the bill, then the next month.
                "GRANTED 150", "TRANSFER_SOURCE 150", "TRANSFER_TARGET 150", "VOIDED 0", "GRANTED 1000",
                "CONSUMED 1000", "CONSUMED 300", "GRANTED 200", "TRANSFER_SOURCE 200", "TRANSFER_TARGET 200",
                "GRANTED 100", "TRANSFER_SOURCE 100", "TRANSFER_TARGET 100", "VOIDED 0", "GRANTED 1000",
                "CONSUMED 900", "EXPIRED 100", "GRANTED 1000", "CONSUMED 1000", "CONSUMED 50",
                "GRANTED 50", "TRANSFER_SOURCE 50", "TRANSFER_TARGET 50", "VOIDED 0",
            ],
            await LedgerAsync(story));
        // Revenue when it is billed: 3.00 of overage and 10.00 of what was bought and repaid at once.
        Assert.Equal("13 sold, 13 burnt, 0 deferred", await BooksAsync(story, "2040-02-10", "2040-03-10"));
        Assert.Equal("2 sold, 2 burnt, 0 deferred", await BooksAsync(story, "2040-03-10", "2040-04-10"));
        // The pool is depleted when it falls to 0 or below, not when a bill lifts it back to 0; what settles it is no grant to lose.
        Assert.Equal(
            ["2040-01-20", "2040-02-15", "2040-04-20"],
            (await EventsAsync(story, "CREDIT_BALANCE_DEPLETED")).Select(DayOf));
        Assert.DoesNotContain(
            await EventsAsync(story, "CREDIT_GRANT_DEPLETED"),
            e => e.GetProperty("after").GetProperty("displayName").GetString() == "Overage");
        await AssertCleanAsync(story);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Annual_term_bills_the_month_or_what_is_owed_at_its_renewal(DatabaseKind database)
    {
        var story = await StartAsync(database);
        foreach (var (plan, customer, billing) in new[] { ("prompt", "ann", "MONTHLY"), ("patient", "bob", "ON_SUBSCRIPTION_RENEWAL") })
        {
            await story.PlanAsync(new(plan, Price.Flat(null, 100))
            {
                Overages = [Price.Overdrawn("ai", 1_000, null, annually: 2, blockSize: 100)],
                OverageBilling = billing,
            });
        }

        var prompt = await story.SubscribeAsync("ann", "prompt", "ANNUALLY");
        await story.CustomerAsync("bob");
        var patient = await story.SubscribeAsync("bob", "patient", "ANNUALLY");
        await ConsumeAsync(story, "2040-01-20", 1_030, "ann", "bob");
        await ToAsync(story, "2040-01-21");
        // Overage on renewal waits for the renewal.
        await story.PostAsync($"/api/v1/subscriptions/{prompt}/usage/charge", new { });
        await story.PostAsync($"/api/v1/subscriptions/{patient}/usage/charge", new { });
        await ConsumeAsync(story, "2040-01-25", 40, "ann", "bob");
        await ConsumeAsync(story, "2040-02-15", 2_150, "ann", "bob");
        // The grants of two months will have repaid all that bob owes by the renewal.
        Assert.Equal(
            ["Patient - base fee 100", "Patient - AI credits 0"],
            LinesOf(await story.GetAsync($"/tollgate/v1/subscriptions/{patient}/next-invoice")));
        await ConsumeAsync(story, "2040-12-20", 1_201, "ann", "bob");
        await ToAsync(story, "2041-01-10");

        // January: 30 on demand are a block of 100; with the 40 after it the month has 70, still one block. February 15: 1 150.
        // December 20: 201 over.
        Assert.Equal(
            [
                "2040-01-10 SUBSCRIPTION_CREATION | Prompt - base fee 100.00 | total 100.00 due 100.00",
                "2040-01-21 BILLING_CYCLE | Prompt - AI credits 2.00 | total 2.00 due 2.00",
                "2040-03-10 BILLING_CYCLE | Prompt - AI credits 12 x 2 = 24.00 | total 24.00 due 24.00",
                "2041-01-10 BILLING_CYCLE | Prompt - base fee 100.00 | Prompt - AI credits 3 x 2 = 6.00 | total 106.00 due 106.00",
            ],
            Numberless(await story.BillsAsync("ann")));
        Assert.Equal(
            [
                "2040-01-10 SUBSCRIPTION_CREATION | Patient - base fee 100.00 | total 100.00 due 100.00",
                "2041-01-10 BILLING_CYCLE | Patient - base fee 100.00 | Patient - AI credits 3 x 2 = 6.00 | total 106.00 due 106.00",
            ],
            Numberless(await story.BillsAsync("bob")));
        Assert.StartsWith("granted 1000 of ", await SayAsync(story), StringComparison.Ordinal);
        Assert.StartsWith("granted 1000 of ", await SayAsync(story, "bob"), StringComparison.Ordinal);
        // 2.00 for 30, nothing more for 40, 24.00 for 1 150, 6.00 for 201.
        Assert.Equal(
            ["30 for 2", "40 for 0", "1150 for 24", "201 for 6"],
            (await story.GetAsync("/api/v1/credits/grants?customerId=ann&limit=100")).EnumerateArray().Reverse()
                .Where(grant => grant.GetProperty("grantType").GetString() == "PAID")
                .Select(grant => string.Create(
                    CultureInfo.InvariantCulture,
                    $"{grant.GetProperty("amount").GetDecimal():0.##} for {grant.GetProperty("cost").GetProperty("amount").GetDecimal():0.##}")));
        await AssertCleanAsync(story);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Change_of_plan_splits_the_deficit_by_when_it_arose(DatabaseKind database)
    {
        var story = await StartAsync(database);
        await story.PlanAsync(new("basic", Price.Flat(0)) { Overages = [Price.Overdrawn("ai", 500, 0.03m)] });
        await story.PlanAsync(new("pro", Price.Flat(0)) { Overages = [Price.Overdrawn("ai", 1_000, 0.02m)] });
        // Owed from before there was a price for it: never billed.
        await ConsumeAsync(story, "2040-01-10", 100);
        await ToAsync(story, "2040-01-11");
        await story.SubscribeAsync("ann", "basic");

        // 100 + 2 000 of 500: 1 600 are owed, of which the first grant repaid the 100.
        await ConsumeAsync(story, "2040-01-15", 2_000);
        await ToAsync(story, "2040-01-20");
        // 1 000 of pro take over the 500 that basic's grant had consumed and repay 500: 1 100 are owed.
        await story.SubscribeAsync("ann", "pro");
        Assert.Equal("granted -1100 of 1000", await SayAsync(story));
        await ConsumeAsync(story, "2040-01-25", 50);
        await ToAsync(story, "2040-02-11");

        // 1 600 - 500 = 1 100 at the price of basic, 50 at the price of pro.
        Assert.Equal(
            "2040-02-11 BILLING_CYCLE | Pro - base fee 0.00 | Basic - AI credits 1100 x 0.03 = 33.00 "
                + "| Pro - AI credits 50 x 0.02 = 1.00 | total 34.00 due 34.00",
            Numberless(await story.BillsAsync("ann")).Last());
        Assert.StartsWith("granted 1000 of ", await SayAsync(story), StringComparison.Ordinal);
        await AssertCleanAsync(story);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Two_subscriptions_and_a_recharge_never_pay_for_a_credit_twice(DatabaseKind database)
    {
        var story = await StartAsync(database);
        await story.PostAsync("/api/v1/products", new { id = "extras", displayName = "Extras" });
        await story.PlanAsync(new("pro", Price.Flat(20), Price.TopUp("ai", 0.01m))
        {
            Overages = [Price.Overdrawn("ai", 1_000, 0.02m)],
        });
        await story.PlanAsync(new("extra", Price.Flat(5))
        {
            Product = "extras",
            Overages = [Price.Overdrawn("ai", 100, 0.05m)],
        });
        await story.SubscribeAsync("ann", "pro");
        await ToAsync(story, "2040-01-20");
        await story.SubscribeAsync("ann", "extra");
        await ConsumeAsync(story, "2040-01-25", 1_300);
        await ConsumeAsync(story, "2040-02-15", 1_050);
        await ToAsync(story, "2040-02-20");

        // 200 beyond 1 100 are there when pro's month ends; 50 beyond 1 000 when that of extra does.
        Assert.Equal(
            [
                "2040-02-10 #3 PAID BILLING_CYCLE | Pro - base fee 20.00 | Pro - AI credits 200 x 0.02 = 4.00 | total 24.00 due 24.00",
                "2040-02-20 #4 PAID BILLING_CYCLE | Extra - base fee 5.00 | Extra - AI credits 50 x 0.05 = 2.50 | total 7.50 due 7.50",
            ],
            await story.BillsFromAsync("ann", 3));

        // From here on 1 000 are recharged below 200 for at most 20.00 a calendar month. April 1 to 9: 1 200 - 1 350 = -150, so
        // 1 150 are bought for 11.50; then -200, and 12.00 more would be too much: the rest is overage.
        await ToAsync(story, "2040-04-01");
        await story.PutAsync("/tollgate/v1/credits/auto-recharge", new
        {
            customerId = "ann",
            currencyId = "ai",
            isEnabled = true,
            thresholdValue = 200,
            targetBalance = 1_000,
            maxSpendLimit = 20,
        });
        Assert.StartsWith("granted 1100 of ", await SayAsync(story), StringComparison.Ordinal);
        await ConsumeAsync(story, "2040-04-02", 1_250);
        await ToAsync(story, "2040-04-03");
        Assert.StartsWith("granted 1000 of ", await SayAsync(story), StringComparison.Ordinal);
        await ConsumeAsync(story, "2040-04-05", 1_200);
        await ToAsync(story, "2040-04-10");

        Assert.Equal(
            ["2040-04-02 Other 11.50", "2040-04-10 Pro - base fee 20.00 | Pro - AI credits 200 x 0.02 = 4.00"],
            (await story.BillsFromAsync("ann", 7)).Select(bill => bill.Contains("MANUAL", StringComparison.Ordinal)
                ? $"{bill[..10]} Other {bill.Split(' ')[^1]}"
                : $"{bill[..10]} {string.Join(" | ", bill.Split(" | ")[1..^1])}"));
        await AssertCleanAsync(story);
    }

    private async Task<Story> StartAsync(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-10T10:00:00Z");
        await story.PostAsync("/api/v1/credits/custom-currencies", new { id = "ai", displayName = "AI credits" });
        await story.CustomerAsync("ann");
        await story.PayWithAsync("ann", "pm_ok");
        return story;
    }

    private static Task ToAsync(Story story, string day) => story.AdvanceAsync(new { to = $"{day}T10:00:00Z" });

    private static async Task ConsumeAsync(Story story, string day, int amount, params string[] customers)
    {
        if (day != "2040-01-10")
            await ToAsync(story, day);
        foreach (var customer in customers.DefaultIfEmpty("ann"))
        {
            await story.PostAsync("/api/v1/credits/consumption", new
            {
                customerId = customer,
                currencyId = "ai",
                amount,
                idempotencyKey = Guid.NewGuid().ToString(),
            });
        }
    }

    private static async Task<string> SayAsync(Story story, string customer = "ann")
    {
        var answer = await story.GetAsync($"/api/v1/customers/{customer}/entitlements/check?currencyId=ai&requestedUsage=5");
        var (limit, used) = (answer.GetProperty("usageLimit").GetDecimal(), answer.GetProperty("currentUsage").GetDecimal());
        var verdict = answer.GetProperty("isGranted").GetBoolean() ? "granted" : answer.GetProperty("accessDeniedReason").GetString();
        return string.Create(CultureInfo.InvariantCulture, $"{verdict} {limit - used:0.##} of {limit:0.##}");
    }

    private static IReadOnlyList<string> LinesOf(JsonElement next) =>
    [
        .. next.GetProperty("invoice").GetProperty("lines").EnumerateArray().Select(line => string.Create(
            CultureInfo.InvariantCulture,
            $"{line.GetProperty("description").GetString()} {line.GetProperty("amount").GetDecimal():0.##}")),
    ];

    private static async Task<IReadOnlyList<string>> LedgerAsync(Story story) =>
    [
        .. (await story.GetAsync("/api/v1/credits/ledger?customerId=ann&limit=100")).EnumerateArray().Reverse()
            .Select(row => row.GetProperty("eventType").GetString()!["CREDITS_".Length..]
                .Replace("CONSUMPTION_", "", StringComparison.Ordinal) + " "
                + row.GetProperty("amount").GetDecimal().ToString("0.##", CultureInfo.InvariantCulture)),
    ];

    private static async Task<string> BooksAsync(Story story, string from, string to)
    {
        var rows = (await story.GetAsync($"/tollgate/v1/credits/revenue?from={from}T10:00:00Z&to={to}T10:00:00Z"))
            .EnumerateArray().ToList();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Sum("sold"):0.##} sold, {Sum("recognized"):0.##} burnt, {Sum("deferredAtEnd"):0.##} deferred");

        decimal Sum(string field) => rows.Sum(row => row.GetProperty(field).GetDecimal());
    }

    private static async Task<IReadOnlyList<JsonElement>> EventsAsync(Story story, string type) =>
        [.. (await story.GetAsync($"/tollgate/v1/events?limit=100&customerId=ann&type={type}")).EnumerateArray()
            .OrderBy(e => e.GetProperty("occurredAt").GetString(), StringComparer.Ordinal)];

    private static string DayOf(JsonElement e) => e.GetProperty("occurredAt").GetString()![..10];

    private static async Task AssertCleanAsync(Story story)
    {
        var audit = await story.GetAsync("/tollgate/v1/credits/audit");
        Assert.True(audit.GetProperty("isClean").GetBoolean(), audit.GetRawText());
    }

    /// <summary>Bills without number and status: which of two customers is billed first at one instant means nothing.</summary>
    private static IEnumerable<string> Numberless(IEnumerable<string> bills) =>
        bills.Select(bill => System.Text.RegularExpressions.Regex.Replace(
            bill, @" #\d+ [A-Z]+", "", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1)));
}
