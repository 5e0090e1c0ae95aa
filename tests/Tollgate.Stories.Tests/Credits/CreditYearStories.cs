using System.Globalization;
using System.Text.Json;
using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Credits;

/// <summary>
/// Thirteen months of one customer on two credit currencies. <c>ai</c>: 1 000 come with the plan every month; more are
/// topped up, given, recharged, overdrawn and voided. <c>img</c>: 500 are bought for 5.00 every month, 100 of them used.
/// </summary>
public sealed class CreditYearStories(StoryServers servers)
{
    /// <summary>The months of the subscription begin on the tenth at ten.</summary>
    private static string Tenth(int month) => Text(new DateTime(2040, 1, 10, 10, 0, 0, DateTimeKind.Utc).AddMonths(month));

    private static string Text(DateTime instant) =>
        instant.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Thirteen_months_of_two_currencies(DatabaseKind database)
    {
        var story = await StartAsync(database);
        await story.SubscribeAsync("ann", "pro");
        var month = 0;

        // Month 1: 400 of 1 000 are used, 600 expire.
        await ToAsync("2040-01-20T10:00:00Z");
        await ConsumeAsync(story, "ai", 400);
        await EndsAsync("600 of 1000", "1000 of 1000", ai: "0 sold, 0 burnt, 0 expired, 0 reversed, 0 deferred");

        // Month 2: 2 000 are bought for 20.00. 1 500 are used: the plan's 1 000 end first, then 500 x 0.01 = 5.00.
        await ToAsync("2040-02-15T10:00:00Z");
        await GrantAsync(story, "PAID", 2_000, cost: 20);
        await ToAsync("2040-02-20T10:00:00Z");
        await ConsumeAsync(story, "ai", 1_500);
        await EndsAsync("1500 of 3000", "2500 of 3000", ai: "20 sold, 5 burnt, 0 expired, 0 reversed, 15 deferred");

        // Month 3: 3 000 are used: 1 000, 1 500 x 0.01 = 15.00, and a deficit of 500 that the next month settles.
        await ToAsync("2040-03-20T10:00:00Z");
        await ConsumeAsync(story, "ai", 3_000);
        Assert.Equal("InsufficientCredits", await CheckAsync(story));
        await EndsAsync("-500 of 3000", "500 of 3000", ai: "0 sold, 15 burnt, 0 expired, 0 reversed, 0 deferred");

        // Month 4: 300 are given until the end of April; 100 of them are used, 200 expire.
        await ToAsync("2040-04-15T10:00:00Z");
        await GrantAsync(story, "PROMOTIONAL", 300, expireAt: "2040-04-30T00:00:00Z");
        await ToAsync("2040-04-20T10:00:00Z");
        await ConsumeAsync(story, "ai", 100);
        await EndsAsync("500 of 3000", "1000 of 3000", ai: "0 sold, 0 burnt, 0 expired, 0 reversed, 0 deferred");

        // Month 5: 1 000 are charged at 12.00. 1 200 are used: 1 000 and 200 x 0.012 = 2.40. The other 800 are voided: 9.60.
        await ToAsync("2040-05-15T10:00:00Z");
        var charged = await GrantAsync(story, "PAID", 1_000, cost: 12, method: "CHARGE");
        Assert.Equal("ACTIVE", charged.GetProperty("status").GetString());
        await ToAsync("2040-06-01T10:00:00Z");
        await ConsumeAsync(story, "ai", 1_200);
        await ToAsync("2040-06-05T10:00:00Z");
        await story.PostAsync($"/api/v1/credits/grants/{charged.GetProperty("id").GetString()}/void", new { });
        await EndsAsync("0 of 3000", "1000 of 3000", ai: "12 sold, 2.4 burnt, 0 expired, 9.6 reversed, 0 deferred");

        // Month 6: recharged below 200 up to 1 000 at 0.02 each, at most 20.00 a calendar month.
        await ToAsync("2040-06-15T10:00:00Z");
        await RechargeAsync(story, isEnabled: true);
        // 1 000 - 900 = 100: 900 are bought for 18.00.
        await ToAsync("2040-06-20T10:00:00Z");
        await ConsumeAsync(story, "ai", 900);
        await ToAsync("2040-06-25T10:00:00Z");
        Assert.Equal("1000 of 3900", await BalanceAsync(story));
        // 1 000 - 850 = 150: 850 for 17.00 would be 35.00. The plan's last 100, then 750 x 0.02 = 15.00 of what was recharged.
        await ConsumeAsync(story, "ai", 850);
        await ToAsync("2040-06-30T23:59:59Z");
        Assert.Equal("150 of 3900", await BalanceAsync(story));
        Assert.Equal("HELD SPEND_LIMIT 18 of 20 until 2040-07-01, 0.02 each, at least 100", await RechargeStateAsync(story));
        Assert.Equal(
            ["RECURRING pro 1000/1000", "PAID  750/900", "PAID  2000/2000"], await SourcesAsync(story));
        // July: the same purchase is made. Sold 18 + 17; deferred 150 x 0.02 + 850 x 0.02 = 20.00.
        await EndsAsync("1000 of 4750", "2000 of 4750", ai: "35 sold, 15 burnt, 0 expired, 0 reversed, 20 deferred");

        // Month 7: what was recharged ends a month after: 150 on July 20, 850 on August 1. 3.00 + 17.00 are breakage.
        Assert.Equal("ON  17 of 20 until 2040-08-01, 0.02 each, at least 100", await RechargeStateAsync(story));
        await RechargeAsync(story, isEnabled: false);
        Assert.StartsWith("OFF ", await RechargeStateAsync(story), StringComparison.Ordinal);
        await EndsAsync("1000 of 3000", "1000 of 3000", ai: "0 sold, 0 burnt, 20 expired, 0 reversed, 0 deferred");

        // Month 8: nothing.
        await EndsAsync("1000 of 3000", "1000 of 3000", ai: "0 sold, 0 burnt, 0 expired, 0 reversed, 0 deferred");

        // Month 9: 1 100 are used; the deficit of 100 is settled by 500 for 5.00, which burns 100 x 0.01 = 1.00 of them.
        await ToAsync("2040-09-20T10:00:00Z");
        await ConsumeAsync(story, "ai", 1_100);
        Assert.Equal("-100 of 3000", await BalanceAsync(story));
        await ToAsync("2040-09-21T10:00:00Z");
        await GrantAsync(story, "PAID", 500, cost: 5);
        await EndsAsync("400 of 3500", "1400 of 3500", ai: "5 sold, 1 burnt, 0 expired, 0 reversed, 4 deferred");

        // Month 10: 1 200 are used: 1 000 and 200 x 0.01 = 2.00.
        await ToAsync("2040-10-20T10:00:00Z");
        await ConsumeAsync(story, "ai", 1_200);
        await EndsAsync("200 of 3500", "1200 of 3500", ai: "0 sold, 2 burnt, 0 expired, 0 reversed, 2 deferred");

        // Months 11 and 12: nothing.
        await EndsAsync("1200 of 3500", "1200 of 3500", ai: "0 sold, 0 burnt, 0 expired, 0 reversed, 2 deferred");
        await EndsAsync("1200 of 3500", "1200 of 3500", ai: "0 sold, 0 burnt, 0 expired, 0 reversed, 2 deferred");

        // Month 13: 1 100 are used: 1 000 and 100 x 0.01 = 1.00.
        await ToAsync("2041-01-20T10:00:00Z");
        await ConsumeAsync(story, "ai", 1_100);
        await EndsAsync("100 of 3500", "1100 of 3500", ai: "0 sold, 1 burnt, 0 expired, 0 reversed, 1 deferred");

        Assert.Equal(ExpectedLedger, await LedgerAsync(story, "ai"));
        await AssertImagesAsync(story);
        await AssertEventsAsync(story);
        // 14 periods of 10.00 and 5.00, one grant of 12.00 and two recharges.
        Assert.Equal(
            [.. Enumerable.Repeat(15m, 14), 12m, 17m, 18m],
            (await story.GetAsync("/tollgate/v1/invoices?limit=100&customerId=ann")).EnumerateArray()
                .Select(invoice => invoice.GetProperty("total").GetDecimal())
                .OrderBy(total => total == 15m ? 0 : total));
        var audit = await story.GetAsync("/tollgate/v1/credits/audit");
        Assert.True(audit.GetProperty("isClean").GetBoolean(), audit.GetRawText());

        Task ToAsync(string instant) => story.AdvanceAsync(new { to = instant });

        // The last moment of the month, then the first of the next, and what the month means for the books.
        async Task EndsAsync(string before, string after, string ai)
        {
            var (from, to) = (Tenth(month), Tenth(++month));
            await ToAsync(Text(
                DateTime.Parse(to, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal).AddSeconds(-1)));
            Assert.Equal(before, await BalanceAsync(story));
            await ConsumeAsync(story, "img", 100);
            await ToAsync(to);
            Assert.Equal(after, await BalanceAsync(story));
            Assert.Equal($"{month}: {ai}", $"{month}: {await BooksAsync(story, "ai", from, to)}");
            // 500 for 5.00, of which 100 x 0.01 are burnt; what is left of the month before expires as it begins: 400 x 0.01.
            Assert.Equal(
                $"5 sold, 1 burnt, {(month == 1 ? 0 : 4)} expired, 0 reversed, 4 deferred", await BooksAsync(story, "img", from, to));
        }
    }

    /// <summary>Every movement of ai, the oldest first.</summary>
    private static readonly string[] ExpectedLedger =
    [
        // Month 1 and its end.
        "GRANTED 1000", "CONSUMED 400", "EXPIRED 600",
        // Month 2.
        "GRANTED 1000", "GRANTED 2000", "CONSUMED 1000", "CONSUMED 500",
        // Month 3, with the overdraft, which month 4 settles.
        "GRANTED 1000", "CONSUMED 1000", "CONSUMED 1500", "CONSUMED 500",
        "GRANTED 1000", "CONSUMPTION_TRANSFER_SOURCE 500", "CONSUMPTION_TRANSFER_TARGET 500", "VOIDED 0",
        // Month 4: the promotion, and what is left of the month.
        "GRANTED 300", "CONSUMED 100", "EXPIRED 200", "EXPIRED 500",
        // Month 5.
        "GRANTED 1000", "GRANTED 1000", "CONSUMED 1000", "CONSUMED 200", "VOIDED 800",
        // Month 6, the recharges of June and July.
        "GRANTED 1000", "CONSUMED 900", "GRANTED 900", "CONSUMED 100", "CONSUMED 750", "GRANTED 850",
        // Month 7: what was recharged ends, then the month.
        "GRANTED 1000", "EXPIRED 150", "EXPIRED 850", "EXPIRED 1000",
        // Month 8.
        "GRANTED 1000", "EXPIRED 1000",
        // Month 9.
        "GRANTED 1000", "CONSUMED 1000", "CONSUMED 100",
        "GRANTED 500", "CONSUMPTION_TRANSFER_SOURCE 100", "CONSUMPTION_TRANSFER_TARGET 100", "VOIDED 0",
        // Month 10.
        "GRANTED 1000", "CONSUMED 1000", "CONSUMED 200",
        // Months 11 and 12.
        "GRANTED 1000", "EXPIRED 1000", "GRANTED 1000", "EXPIRED 1000",
        // Month 13, and month 14 begins.
        "GRANTED 1000", "CONSUMED 1000", "CONSUMED 100", "GRANTED 1000",
    ];

    private static async Task AssertImagesAsync(Story story)
    {
        // 14 x 500 granted, 13 x 100 used, 13 x 400 expired.
        var ledger = await LedgerAsync(story, "img");
        Assert.Equal(
            [
                .. Enumerable.Repeat(new[] { "GRANTED 500", "CONSUMED 100", "EXPIRED 400" }, 13).SelectMany(month => month),
                "GRANTED 500",
            ],
            ledger);
        var grants = (await story.GetAsync("/api/v1/credits/grants?customerId=ann&currencyId=img&limit=100")).EnumerateArray().ToList();
        Assert.Equal(14, grants.Count);
        Assert.All(grants, grant => Assert.Equal(
            ("RECURRING", "PRICE", 5m),
            (grant.GetProperty("grantType").GetString(), grant.GetProperty("sourceType").GetString(),
                grant.GetProperty("cost").GetProperty("amount").GetDecimal())));
    }

    private static async Task AssertEventsAsync(Story story)
    {
        // Shares of what the live grants come to. Low: April 30: 700 of 3 300 (21 %) to 500 of 3 000 (17 %).
        // June 20: 1 000 of 3 000 to 100. June 25: 1 000 of 3 900 (26 %) to 150. October 20: 1 400 of 3 500 (40 %) to 200.
        // January 20: 1 200 of 3 500 to 100.
        // Depleted: March 20, June 5 (voided), September 20. No month's end is either, and img never falls below 80 %.
        Assert.Equal(
            [
                "2040-03-20 DEPLETED", "2040-04-30 LOW", "2040-06-05 DEPLETED", "2040-06-20 LOW", "2040-06-25 LOW",
                "2040-09-20 DEPLETED", "2040-10-20 LOW", "2041-01-20 LOW",
            ],
            (await EventsAsync(story, "CREDIT_BALANCE_LOW", "CREDIT_BALANCE_DEPLETED"))
                .Select(e => $"{DayOf(e)} {e.GetProperty("type").GetString()!["CREDIT_BALANCE_".Length..]}").Order());
        // 18 of 20 are 90 %; the purchase that the limit blocked is 100 %; 17 of 20 are 85 %.
        Assert.Equal(
            ["2040-06-20 80", "2040-06-20 90", "2040-06-25 100", "2040-07-01 80"],
            (await EventsAsync(story, "CREDITS_AUTOMATIC_RECHARGE_LIMIT_EXCEEDED"))
                .Select(e => $"{DayOf(e)} {e.GetProperty("facts").GetProperty("threshold").GetString()}").Order());
        Assert.Equal(
            ["2040-06-20 SUCCESS 900", "2040-07-01 SUCCESS 850"],
            (await EventsAsync(story, "AUTOMATIC_RECHARGE_OPERATION_ATTEMPTED"))
                .Select(e => (Day: DayOf(e), Facts: e.GetProperty("facts")))
                .Select(e => $"{e.Day} {e.Facts.GetProperty("status").GetString()} {e.Facts.GetProperty("amount").GetString()}")
                .Order());
    }

    private static async Task<IReadOnlyList<JsonElement>> EventsAsync(Story story, params string[] types)
    {
        var events = new List<JsonElement>();
        foreach (var type in types)
            events.AddRange((await story.GetAsync($"/tollgate/v1/events?limit=100&customerId=ann&type={type}")).EnumerateArray());
        return events;
    }

    private static string DayOf(JsonElement told) => told.GetProperty("occurredAt").GetString()![..10];

    private async Task<Story> StartAsync(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, Tenth(0));
        await story.PostAsync("/api/v1/credits/custom-currencies", new { id = "ai", displayName = "AI credits" });
        await story.PostAsync("/api/v1/credits/custom-currencies", new { id = "img", displayName = "Images" });
        await story.CustomerAsync("ann");
        await story.PayWithAsync("ann", "pm_ok");
        await story.PostAsync(
            "/api/v1/plans", new { id = "pro", displayName = "Pro", productId = "product-default", pricingType = "PAID" });
        await story.PostAsync("/api/v1/plans/pro/entitlements", new
        {
            entitlements = new[] { new { type = "CREDIT", id = "ai", amount = 1_000, cadence = "MONTH" } },
        });
        object[] models =
        [
            Price.Flat(10),
            new
            {
                billingModel = "PER_UNIT",
                topUpCustomCurrencyId = "img",
                minUnitQuantity = 500,
                pricePeriods = new[]
                {
                    new
                    {
                        billingPeriod = "MONTHLY", price = new { amount = 0.01m, currency = "usd" },
                        creditGrantCadence = "BEGINNING_OF_BILLING_PERIOD",
                    },
                },
            },
            new
            {
                billingModel = "PER_UNIT",
                topUpCustomCurrencyId = "ai",
                billingCadence = "ONE_OFF",
                minUnitQuantity = 100,
                pricePeriods = new[] { new { billingPeriod = "MONTHLY", price = new { amount = 0.02m, currency = "usd" } } },
            },
        ];
        await story.PatchAsync("/api/v1/plans/pro", new { charges = new { pricingType = "PAID", pricingModels = models } });
        await story.PublishAsync("plans", "pro");
        return story;
    }

    private static Task<JsonElement> GrantAsync(
        Story story, string type, int amount, string? expireAt = null, decimal? cost = null, string method = "NONE")
    {
        var request = new Dictionary<string, object?>
        {
            ["customerId"] = "ann",
            ["currencyId"] = "ai",
            ["amount"] = amount,
            ["displayName"] = type,
            ["grantType"] = type,
            ["paymentCollectionMethod"] = method,
        };
        if (expireAt is not null)
            request["expireAt"] = expireAt;
        if (cost is { } paid)
            request["cost"] = new { amount = paid, currency = "usd" };
        return story.PostAsync("/api/v1/credits/grants", request);
    }

    private static Task<JsonElement> ConsumeAsync(Story story, string currency, int amount) => story.PostAsync(
        "/api/v1/credits/consumption",
        new { customerId = "ann", currencyId = currency, amount, idempotencyKey = Guid.NewGuid().ToString() });

    private static Task<JsonElement> RechargeAsync(Story story, bool isEnabled) => story.PutAsync(
        "/tollgate/v1/credits/auto-recharge",
        new
        {
            customerId = "ann",
            currencyId = "ai",
            isEnabled,
            thresholdValue = 200,
            targetBalance = 1_000,
            maxSpendLimit = 20,
            grantExpirationPeriod = "1_MONTH",
        });

    private static async Task<string> RechargeStateAsync(Story story)
    {
        var state = await story.GetAsync("/tollgate/v1/credits/auto-recharge?customerId=ann&currencyId=ai");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{state.GetProperty("state").GetString()} {state.GetProperty("suspendedReason").GetString()} "
            + $"{state.GetProperty("currentMonthlySpend").GetDecimal():0.##} of {state.GetProperty("maxSpendLimit").GetDecimal():0.##} "
            + $"until {state.GetProperty("spendLimitResetsAt").GetString()![..10]}, "
            + $"{state.GetProperty("unitPrice").GetProperty("amount").GetDecimal():0.##} each, "
            + $"at least {state.GetProperty("validationConfig").GetProperty("minGrantAmount").GetDecimal():0}");
    }

    /// <summary>Which grants the balance comes from, in the order they are burnt: type, plan, consumed of amount.</summary>
    private static async Task<IReadOnlyList<string>> SourcesAsync(Story story)
    {
        var balance = (await story.GetAsync("/tollgate/v1/credits/balances?customerId=ann&currencyId=ai"))[0];
        return
        [
            .. balance.GetProperty("sources").EnumerateArray().Select(source => string.Create(
                CultureInfo.InvariantCulture,
                $"{source.GetProperty("grantType").GetString()} {source.GetProperty("planId").GetString()} "
                + $"{source.GetProperty("consumedAmount").GetDecimal():0.##}/{source.GetProperty("amount").GetDecimal():0.##}")),
        ];
    }

    private static async Task<string> BalanceAsync(Story story)
    {
        var answer = await story.GetAsync("/api/v1/customers/ann/entitlements/check?currencyId=ai");
        var (limit, used) = (answer.GetProperty("usageLimit").GetDecimal(), answer.GetProperty("currentUsage").GetDecimal());
        return string.Create(CultureInfo.InvariantCulture, $"{limit - used:0.##} of {limit:0.##}");
    }

    private static async Task<string?> CheckAsync(Story story) =>
        (await story.GetAsync("/api/v1/customers/ann/entitlements/check?currencyId=ai"))
            .GetProperty("accessDeniedReason").GetString();

    /// <summary>What a period means for the books, all grants of a currency together.</summary>
    private static async Task<string> BooksAsync(Story story, string currency, string from, string to)
    {
        var rows = (await story.GetAsync($"/tollgate/v1/credits/revenue?from={from}&to={to}")).EnumerateArray()
            .Where(row => row.GetProperty("currencyId").GetString() == currency).ToList();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Sum("sold"):0.##} sold, {Sum("recognized"):0.##} burnt, {Sum("breakage"):0.##} expired, "
            + $"{Sum("reversed"):0.##} reversed, {Sum("deferredAtEnd"):0.##} deferred");

        decimal Sum(string field) => rows.Sum(row => row.GetProperty(field).GetDecimal());
    }

    private static async Task<IReadOnlyList<string>> LedgerAsync(Story story, string currency) =>
    [
        .. (await story.GetAsync($"/api/v1/credits/ledger?customerId=ann&currencyId={currency}&limit=100")).EnumerateArray()
            .Reverse().Select(row => row.GetProperty("eventType").GetString()!["CREDITS_".Length..] + " "
                + row.GetProperty("amount").GetDecimal().ToString("0.##", CultureInfo.InvariantCulture)),
    ];
}
