namespace Tollgate.Server.Tests.Faults;

/// <summary>A plan on which events named "call" cost credits.</summary>
internal static class EventCredits
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>
    /// Customer on the plan "credited": 0.5 credits a token (feature "calls", the sum), 2 a call ("visits", their number) and
    /// nothing by "mean", the average; 25 credits are there.
    /// </summary>
    public static async Task SellCallsForCreditsAsync(this HttpClient client, string customer)
    {
        await client.DoAsync("/api/v1/credits/custom-currencies", new { id = "ai", displayName = "AI" });
        await client.MeterAsync("calls", new { function = "SUM", field = "tokens" });
        await client.MeterAsync("visits", new { function = "COUNT" });
        await client.MeterAsync("mean", new { function = "AVG", field = "tokens" });
        await client.DoAsync("/api/v1/plans", new
        {
            id = "credited",
            displayName = "Credited",
            productId = "product-default",
            pricingType = "PAID",
        });
        var priced = await client.CallAsync(
            HttpMethod.Patch,
            "/api/v1/plans/credited",
            new
            {
                charges = new
                {
                    pricingType = "PAID",
                    pricingModels = new[] { Fee(10), Mapping("calls", 0.5m), Mapping("visits", 2), Mapping("mean", 1) },
                },
            },
            Cancellation);
        Assert.True(priced.Status == 200, priced.Text);
        await client.DoAsync("/api/v1/plans/credited/publish", new { migrationType = "NEW_CUSTOMERS" });
        await client.DoAsync("/api/v1/customers", new { id = customer });
        await client.DoAsync("/api/v1/subscriptions", new { customerId = customer, planId = "credited", billingPeriod = "MONTHLY" });
        await client.DoAsync(
            "/api/v1/credits/grants",
            new { customerId = customer, currencyId = "ai", amount = 25, displayName = "Given", grantType = "PROMOTIONAL" });
    }

    /// <summary>What the customer's own pool holds.</summary>
    public static async Task<decimal> BalanceAsync(this HttpClient client, string customer)
    {
        var answer = await client.ReadAsync($"/tollgate/v1/credits/balances?customerId={customer}", Cancellation);
        Assert.True(answer.Status == 200, answer.Text);
        return answer.Data[0].GetProperty("currentBalance").GetDecimal();
    }

    /// <summary>
    /// The ledger holds what so many events burnt, each once: half a credit for its token and 2 for the call.
    /// </summary>
    public static async Task AssertLedgerAsync(this HttpClient client, string customer, int events)
    {
        var burnt = new Dictionary<(string? Event, string? Feature), decimal>();
        string? after = null;
        do
        {
            var page = await client.ReadAsync(
                $"/api/v1/credits/ledger?customerId={customer}&eventType=CREDITS_CONSUMED&limit=100"
                    + (after is null ? "" : $"&after={after}"),
                Cancellation);
            Assert.True(page.Status == 200, page.Text);
            foreach (var row in page.Data.EnumerateArray())
            {
                // What the last credits and the overdraft share is two rows.
                var key = (row.GetProperty("eventId").GetString(), row.GetProperty("featureId").GetString());
                burnt[key] = burnt.GetValueOrDefault(key) + row.GetProperty("amount").GetDecimal();
            }

            after = page.Json.GetProperty("pagination").GetProperty("next").GetString();
        }
        while (after is not null);
        Assert.Equal(events, burnt.Count(pair => pair.Key.Feature == "calls"));
        Assert.Equal(events, burnt.Count(pair => pair.Key.Feature == "visits"));
        Assert.All(burnt, pair => Assert.Equal(pair.Key.Feature == "calls" ? 0.5m : 2, pair.Value));
    }

    /// <summary>The ledger says what the grants say.</summary>
    public static async Task AssertBooksAsync(this HttpClient client)
    {
        var audit = await client.ReadAsync("/tollgate/v1/credits/audit", Cancellation);
        Assert.True(audit.Data.GetProperty("isClean").GetBoolean(), audit.Text);
    }

    private static async Task MeterAsync(this HttpClient client, string feature, object aggregation)
    {
        await client.DoAsync("/api/v1/features", new
        {
            id = feature,
            displayName = feature,
            featureType = "NUMBER",
            meterType = "INCREMENTAL",
            featureUnits = "unit",
            featureUnitsPlural = "units",
        });
        var conditions = new[] { new { field = "eventName", operation = "EQUALS", value = "call" } };
        var metered = await client.CallAsync(
            HttpMethod.Patch,
            $"/api/v1/features/{feature}",
            new { meter = new { aggregation, filters = new[] { new { conditions } } } },
            Cancellation);
        Assert.True(metered.Status == 200, metered.Text);
    }

    private static object Fee(decimal amount) => new
    {
        billingModel = "FLAT_FEE",
        pricePeriods = new[] { new { billingPeriod = "MONTHLY", price = new { amount, currency = "usd" } } },
    };

    private static object Mapping(string feature, decimal rate) => new
    {
        billingModel = "CREDIT_BASED",
        featureId = feature,
        pricePeriods = new[] { new { billingPeriod = "MONTHLY", creditRate = new { currencyId = "ai", amount = rate } } },
    };
}
