using System.Globalization;
using System.Text.Json;
using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Credits;

/// <summary>Credits of plans over months (spec credits 8 and 17).</summary>
public sealed class RecurringCreditStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task The_worked_scenario_of_a_pool(DatabaseKind database)
    {
        var story = await StartAsync(database, "2040-01-10T10:00:00Z");
        await TokensAsync(story);
        await PlanAsync(story, "pro", 5_000, mapping: ("tokens", 0.01m));
        await story.SubscribeAsync("ann", "pro");
        Assert.Equal("5000 of 5000", await BalanceAsync(story));

        await story.AdvanceAsync(new { to = "2040-01-12T10:00:00Z" });
        await GrantAsync(story, "PROMOTIONAL", 500, expireAt: "2040-01-31T00:00:00Z");
        Assert.Equal("5500 of 5500", await BalanceAsync(story));

        // 60 000 tokens at 0.01 = 600: the promotion, which ends first, gives 500 and the plan's grant 100.
        await story.AdvanceAsync(new { to = "2040-01-15T10:00:00Z" });
        var report = await story.ReportAsync("ann", "tokens", 60_000);
        var credit = report.GetProperty("credit");
        Assert.Equal(
            ("ai", 600m, 600m, 5_500m),
            (credit.GetProperty("currencyId").GetString(), credit.GetProperty("consumed").GetDecimal(),
                credit.GetProperty("currentUsage").GetDecimal(), credit.GetProperty("usageLimit").GetDecimal()));
        Assert.Equal("4900 of 5500", await BalanceAsync(story));

        await story.AdvanceAsync(new { to = "2040-01-20T10:00:00Z" });
        await GrantAsync(story, "PAID", 1_000, cost: 12);
        Assert.Equal("5900 of 6500", await BalanceAsync(story));

        // 610 000 tokens = 6 100: 4 900 + 1 000, and a deficit of 200. The promotion is over by then.
        await story.AdvanceAsync(new { to = "2040-02-05T10:00:00Z" });
        await story.ReportAsync("ann", "tokens", 610_000);
        Assert.Equal("-200 of 6000", await BalanceAsync(story));
        Assert.Equal("InsufficientCredits", await CheckAsync(story));

        await story.AdvanceAsync(new { to = "2040-02-10T10:00:00Z" });
        Assert.Equal("4800 of 6000", await BalanceAsync(story));
        Assert.Equal("granted", await CheckAsync(story));

        await story.AdvanceAsync(new { to = "2040-03-10T10:00:00Z" });
        Assert.Equal("5000 of 6000", await BalanceAsync(story));
        Assert.Equal(
            [
                "CREDITS_GRANTED 5000", "CREDITS_GRANTED 500", "CREDITS_CONSUMED 500", "CREDITS_CONSUMED 100",
                "CREDITS_GRANTED 1000", "CREDITS_CONSUMED 4900", "CREDITS_CONSUMED 1000", "CREDITS_CONSUMED 200",
                "CREDITS_GRANTED 5000", "CREDITS_CONSUMPTION_TRANSFER_SOURCE 200",
                "CREDITS_CONSUMPTION_TRANSFER_TARGET 200", "CREDITS_VOIDED 0", "CREDITS_EXPIRED 4800", "CREDITS_GRANTED 5000",
            ],
            await LedgerAsync(story));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Changes_in_the_life_of_a_subscription(DatabaseKind database)
    {
        var story = await StartAsync(database, "2040-01-31T10:00:00Z");
        await PlanAsync(story, "pro", 1_000);
        await PlanAsync(story, "team", 5_000, price: 40);
        await story.SubscribeAsync("ann", "pro");
        await ConsumeAsync(story, 600);

        // An upgrade carries the 600: 5 000 - 600.
        var id = await story.SubscribeAsync("ann", "team");
        Assert.Equal("4400 of 5000", await BalanceAsync(story));

        // The next cycle begins on the last of February, where the invoice is made too.
        await story.AdvanceAsync(new { to = "2040-02-29T10:00:00Z" });
        Assert.Equal("5000 of 5000", await BalanceAsync(story));

        // A downgrade at the period end: nothing until then.
        await ConsumeAsync(story, 4_200);
        await story.SubscribeAsync("ann", "pro", with: new { scheduleStrategy = "END_OF_BILLING_PERIOD" });
        Assert.Equal("800 of 5000", await BalanceAsync(story));
        await story.AdvanceAsync(new { to = "2040-03-31T10:00:00Z" });
        Assert.Equal("1000 of 1000", await BalanceAsync(story));

        // A cycle that starts anew carries nothing.
        await ConsumeAsync(story, 600);
        await story.AdvanceAsync(new { to = "2040-04-10T10:00:00Z" });
        await story.SubscribeAsync("ann", "team", with: new { billingCycleAnchor = "NOW" });
        Assert.Equal("5000 of 5000", await BalanceAsync(story));

        await GrantAsync(story, "PROMOTIONAL", 70);
        await story.CancelAsync(id);
        Assert.Equal("70 of 70", await BalanceAsync(story));
        Assert.Contains("2040-04-10T10:00:00Z CREDIT_GRANT_VOIDED", await story.EventsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Seats_multiply_credits_and_add_ons_add_to_them(DatabaseKind database)
    {
        var story = await StartAsync(database, "2040-01-10T10:00:00Z");
        await story.MeterAsync("seats", "FLUCTUATING");
        await story.PostAsync("/api/v1/plans", new
        {
            id = "team",
            displayName = "Team",
            productId = "product-default",
            pricingType = "PAID",
        });
        await story.PatchAsync("/api/v1/plans/team", new
        {
            charges = new { pricingType = "PAID", pricingModels = new[] { Price.PerUnit("seats", 10) } },
        });
        await story.PostAsync("/api/v1/plans/team/entitlements", new
        {
            entitlements = new[] { new { type = "CREDIT", id = "ai", amount = 1_000, cadence = "MONTH", dependencyFeatureId = "seats" } },
        });
        await story.PublishAsync("plans", "team");
        var id = await story.SubscribeAsync(
            "ann", "team", with: new { charges = new[] { new { type = "FEATURE", id = "seats", quantity = 5 } } });
        Assert.Equal("5000 of 5000", await BalanceAsync(story));

        await story.AdvanceAsync(new { to = "2040-01-20T10:00:00Z" });
        await SeatsAsync(6);
        Assert.Equal("6000 of 6000", await BalanceAsync(story));
        await SeatsAsync(4);
        Assert.Equal("6000 of 6000", await BalanceAsync(story));
        await SeatsAsync(6);
        Assert.Equal("6000 of 6000", await BalanceAsync(story));
        await SeatsAsync(4);
        await story.AdvanceAsync(new { to = "2040-02-10T10:00:00Z" });
        Assert.Equal("4000 of 4000", await BalanceAsync(story));

        Task<JsonElement> SeatsAsync(int quantity) => story.UpdateAsync(
            id, new { charges = new[] { new { type = "FEATURE", id = "seats", quantity } } });
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_trial_grants_and_its_conversion_starts_over(DatabaseKind database)
    {
        var story = await StartAsync(database, "2040-01-10T10:00:00Z");
        await PlanAsync(
            story, "pro", 1_000, trial: new { duration = 14, units = "DAY", trialEndBehavior = "CONVERT_TO_PAID" });
        await story.SubscribeAsync("ann", "pro");
        await ConsumeAsync(story, 300);
        Assert.Equal("700 of 1000", await BalanceAsync(story));

        await story.AdvanceAsync(new { to = "2040-01-24T10:00:00Z" });
        Assert.Equal("1000 of 1000", await BalanceAsync(story));
        await ConsumeAsync(story, 100);
        await story.AdvanceAsync(new { to = "2040-02-10T10:00:00Z" });
        Assert.Equal("900 of 1000", await BalanceAsync(story));
        await story.AdvanceAsync(new { to = "2040-02-24T10:00:00Z" });
        Assert.Equal("1000 of 1000", await BalanceAsync(story));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Estimates_tell_what_a_report_would_cost(DatabaseKind database)
    {
        var story = await StartAsync(database, "2040-01-10T10:00:00Z");
        await TokensAsync(story);
        await story.MeterAsync("seats", "FLUCTUATING");
        await PlanAsync(story, "pro", 1_000, mapping: ("tokens", 0.01m));
        await story.SubscribeAsync("ann", "pro");

        var estimate = await EstimateAsync("tokens", 150_000);
        var pool = estimate.GetProperty("estimates")[0];
        Assert.Equal(
            (1_000m, 1_500m, -500m, true),
            (pool.GetProperty("currentBalance").GetDecimal(), pool.GetProperty("estimatedCost").GetDecimal(),
                pool.GetProperty("balanceAfterEstimate").GetDecimal(), pool.GetProperty("wouldOverdraft").GetBoolean()));
        Assert.Equal("tokens", pool.GetProperty("breakdown")[0].GetProperty("featureId").GetString());
        Assert.Equal("FEATURE_NOT_CREDIT_BASED", (await EstimateAsync("seats", 1)).GetProperty("warnings")[0].GetString());
        Assert.Equal("FEATURE_NOT_FOUND", (await EstimateAsync("none", 1)).GetProperty("warnings")[0].GetString());
        Assert.Equal("400 CustomerNotFound", await story.RefusedAsync(
            HttpMethod.Post, "/api/v1/usage/estimate", new { customerId = "none", featureId = "tokens", value = 1 }));
        Assert.Equal("1000 of 1000", await BalanceAsync(story));

        Task<JsonElement> EstimateAsync(string feature, int value) =>
            story.PostAsync("/api/v1/usage/estimate", new { customerId = "ann", featureId = feature, value });
    }

    /// <summary>Counted from events named chat.</summary>
    private static async Task TokensAsync(Story story)
    {
        await story.MeterAsync("tokens", "INCREMENTAL");
        await story.PatchAsync("/api/v1/features/tokens", new
        {
            meter = new
            {
                filters = new[] { new { conditions = new[] { new { field = "eventName", operation = "EQUALS", value = "chat" } } } },
                aggregation = new { function = "SUM", field = "tokens" },
            },
        });
    }

    private async Task<Story> StartAsync(DatabaseKind database, string now)
    {
        var story = await servers.NewStoryAsync(database, now);
        await story.PostAsync("/api/v1/credits/custom-currencies", new { id = "ai", displayName = "AI credits" });
        await story.CustomerAsync("ann");
        return story;
    }

    /// <summary>A plan at 10 a month that grants credits every month.</summary>
    private static async Task PlanAsync(
        Story story, string id, int credits, decimal price = 10, (string Feature, decimal Rate)? mapping = null,
        object? trial = null)
    {
        var request = new Dictionary<string, object?>
        {
            ["id"] = id,
            ["displayName"] = PackageTale.Name(id),
            ["productId"] = "product-default",
            ["pricingType"] = "PAID",
        };
        if (trial is not null)
            request["defaultTrialConfig"] = trial;
        await story.PostAsync("/api/v1/plans", request);
        await story.PostAsync($"/api/v1/plans/{id}/entitlements", new
        {
            entitlements = new[] { new { type = "CREDIT", id = "ai", amount = credits, cadence = "MONTH" } },
        });
        List<object> models = [Price.Flat(price)];
        if (mapping is var (feature, rate))
        {
            models.Add(new
            {
                billingModel = "CREDIT_BASED",
                featureId = feature,
                pricePeriods = new[] { new { billingPeriod = "MONTHLY", creditRate = new { currencyId = "ai", amount = rate } } },
            });
        }

        await story.PatchAsync($"/api/v1/plans/{id}", new { charges = new { pricingType = "PAID", pricingModels = models } });
        await story.PublishAsync("plans", id);
    }

    private static Task<JsonElement> GrantAsync(
        Story story, string type, int amount, string? expireAt = null, decimal? cost = null)
    {
        var request = new Dictionary<string, object?>
        {
            ["customerId"] = "ann",
            ["currencyId"] = "ai",
            ["amount"] = amount,
            ["displayName"] = type,
            ["grantType"] = type,
            ["paymentCollectionMethod"] = "NONE",
        };
        if (expireAt is not null)
            request["expireAt"] = expireAt;
        if (cost is { } paid)
            request["cost"] = new { amount = paid, currency = "usd" };
        return story.PostAsync("/api/v1/credits/grants", request);
    }

    private static Task<JsonElement> ConsumeAsync(Story story, int amount) => story.PostAsync("/api/v1/credits/consumption", new
    {
        customerId = "ann",
        currencyId = "ai",
        amount,
        idempotencyKey = Guid.NewGuid().ToString(),
    });

    /// <summary>What is left of what was granted.</summary>
    private static async Task<string> BalanceAsync(Story story)
    {
        var answer = await story.GetAsync("/api/v1/customers/ann/entitlements/check?currencyId=ai");
        var (limit, used) = (answer.GetProperty("usageLimit").GetDecimal(), answer.GetProperty("currentUsage").GetDecimal());
        return string.Create(CultureInfo.InvariantCulture, $"{limit - used:0.##} of {limit:0.##}");
    }

    private static async Task<string?> CheckAsync(Story story)
    {
        var answer = await story.GetAsync("/api/v1/customers/ann/entitlements/check?currencyId=ai");
        return answer.GetProperty("isGranted").GetBoolean() ? "granted" : answer.GetProperty("accessDeniedReason").GetString();
    }

    private static async Task<IReadOnlyList<string>> LedgerAsync(Story story) =>
    [
        .. (await story.GetAsync("/api/v1/credits/ledger?customerId=ann&limit=100")).EnumerateArray().Reverse().Select(row =>
            row.GetProperty("eventType").GetString() + " "
            + row.GetProperty("amount").GetDecimal().ToString("0.##", CultureInfo.InvariantCulture)),
    ];
}
