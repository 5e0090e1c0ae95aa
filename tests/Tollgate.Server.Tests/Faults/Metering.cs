using System.Globalization;
using System.Text.Json;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Faults;

/// <summary>A catalog with usage to count, and requests that may meet a server in trouble.</summary>
internal static class Metering
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Feature "calls" on the free plan "free" (a million a month), and customers on it.</summary>
    public static async Task SetUpAsync(this HttpClient client, params string[] customers)
    {
        await client.DoAsync("/api/v1/features", new
        {
            id = "calls",
            displayName = "Calls",
            featureType = "NUMBER",
            meterType = "INCREMENTAL",
            featureUnits = "call",
            featureUnitsPlural = "calls",
        });
        await client.DoAsync("/api/v1/plans", new
        {
            id = "free",
            displayName = "Free",
            productId = "product-default",
            pricingType = "FREE",
        });
        await client.GrantAsync("free", 1_000_000);
        foreach (var customer in customers)
        {
            await client.DoAsync("/api/v1/customers", new { id = customer });
            await client.DoAsync("/api/v1/subscriptions", new { customerId = customer, planId = "free" });
        }
    }

    /// <summary>Publishes the draft with a limit of calls.</summary>
    public static async Task GrantAsync(this HttpClient client, string plan, int limit)
    {
        await client.DoAsync($"/api/v1/plans/{plan}/entitlements", new
        {
            entitlements = new[] { new { id = "calls", type = "FEATURE", usageLimit = limit, resetPeriod = "YEAR" } },
        });
        await client.DoAsync($"/api/v1/plans/{plan}/publish", new { migrationType = "ALL_CUSTOMERS" });
    }

    /// <summary>Publishes another limit of calls for everybody on the plan.</summary>
    public static async Task ChangeLimitAsync(this HttpClient client, string plan, int limit)
    {
        await client.DoAsync($"/api/v1/plans/{plan}/draft", new { });
        var changed = await client.CallAsync(
            HttpMethod.Patch,
            $"/api/v1/plans/{plan}/entitlements/calls",
            new { type = "FEATURE", usageLimit = limit },
            Cancellation);
        Assert.True(changed.Status == 200, changed.Text);
        await client.DoAsync($"/api/v1/plans/{plan}/publish", new { migrationType = "ALL_CUSTOMERS" });
    }

    public static async Task<JsonElement> DoAsync(this HttpClient client, string path, object body)
    {
        var answer = await client.CallAsync(HttpMethod.Post, path, body, Cancellation);
        Assert.True(answer.Status is 200 or 201, $"{path}: {answer.Status} {answer.Text}");
        return answer.Data;
    }

    public static Task<Answer> ReportAsync(this HttpClient client, string customer, string? key = null) =>
        client.CallAsync(HttpMethod.Post, "/api/v1/usage", Usage(customer, key), Cancellation);

    /// <summary>Sends the reports of these keys until each is accepted, a hundred at once.</summary>
    public static async Task RetryAsync(this HttpClient client, string customer, IEnumerable<string> keys)
    {
        foreach (var batch in keys.Chunk(100))
        {
            var usages = batch.Select(key => new { customerId = customer, featureId = "calls", value = 1, idempotencyKey = key });
            var body = new { usages = usages.ToArray() };
            await Eventually.TrueAsync(
                async () => (await client.CallAsync(HttpMethod.Post, "/api/v1/usage", body, Cancellation)).Status == 201,
                cancellationToken: Cancellation);
        }
    }

    public static async Task<decimal> UsageAsync(this HttpClient client, string customer) =>
        (await client.EntitlementAsync(customer)).GetProperty("currentUsage").GetDecimal();

    public static async Task<JsonElement> EntitlementAsync(this HttpClient client, string customer)
    {
        var answer = await client.ReadAsync($"/api/v1/customers/{customer}/entitlements/check?featureId=calls", Cancellation);
        Assert.True(answer.Status == 200, $"{answer.Status} {answer.Text}");
        return answer.Data;
    }

    /// <summary>The last value of the history since yesterday.</summary>
    public static async Task<decimal> UsageByHistoryAsync(this HttpClient client, string customer)
    {
        var start = DateTimeOffset.UtcNow.AddDays(-1).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
        var answer = await client.ReadAsync($"/api/v1/usage/{customer}/history/calls?startDate={start}", Cancellation);
        Assert.True(answer.Status == 200, $"{answer.Status} {answer.Text}");
        return answer.Data.GetProperty("series")[0].GetProperty("points").EnumerateArray().Last().GetProperty("value").GetDecimal();
    }

    /// <summary>The usage that the explanation shows.</summary>
    public static async Task<decimal> UsageByExplanationAsync(this HttpClient client, string customer)
    {
        var answer = await client.ReadAsync($"/tollgate/v1/customers/{customer}/entitlements/calls/explain", Cancellation);
        Assert.True(answer.Status == 200, $"{answer.Status} {answer.Text}");
        return answer.Data.GetProperty("usage").GetProperty("currentUsage").GetDecimal();
    }

    /// <summary>The writes that were not answered with success until <paramref name="isOver"/>, by key.</summary>
    public static async Task<List<string>> ReportUntilAsync(
        this HttpClient client, string customer, string prefix, Func<bool> isOver, Action<string> accepted)
    {
        var open = new List<string>();
        for (var i = 0; !isOver(); i++)
        {
            var key = $"{prefix}-{i}";
            try
            {
                var answer = await client.ReportAsync(customer, key);
                if (answer.Status == 201)
                {
                    accepted(key);
                    continue;
                }

                Assert.Equal(503, answer.Status);
                open.Add(key);
            }
            catch (HttpRequestException)
            {
                open.Add(key);
            }
        }

        return open;
    }

    /// <summary>A refusal for want of a database, in the shape of every error, that asks to come again.</summary>
    public static void AssertUnavailable(this Answer answer)
    {
        Assert.True(answer.Status == 503, $"{answer.Status} {answer.Text}");
        Assert.NotNull(answer.Header("Retry-After"));
        Assert.Equal("application/json", answer.MediaType);
        Assert.Equal("ServiceUnavailable", answer.Code);
        Assert.False(string.IsNullOrEmpty(answer.Json.GetProperty("message").GetString()));
    }

    private static object Usage(string customer, string? key) => key is null
        ? new { usages = new[] { new { customerId = customer, featureId = "calls", value = 1 } } }
        : new { usages = new[] { new { customerId = customer, featureId = "calls", value = 1, idempotencyKey = key } } };
}
