using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Tollgate.Testing;

namespace Tollgate.Stories.Tests;

/// <summary>What happens to customers over months, told through the public API and the test clock.</summary>
/// <param name="client">Has the key of the story's environment.</param>
/// <param name="serverLog">What the server has written, to explain what it could not answer.</param>
public sealed class Story(HttpClient client, Func<string>? serverLog = null)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public Task<JsonElement> PostAsync(string path, object body) => SendAsync(HttpMethod.Post, path, body);

    public Task<JsonElement> PatchAsync(string path, object body) => SendAsync(HttpMethod.Patch, path, body);

    public Task<JsonElement> PutAsync(string path, object body) => SendAsync(HttpMethod.Put, path, body);

    public Task<JsonElement> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path, null);

    public Task<JsonElement> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null);

    /// <summary>The whole answer of a list: data and pagination.</summary>
    public Task<JsonElement> PageAsync(string path) => RawAsync(HttpMethod.Get, path, null);

    /// <summary>A call that must be refused: status and code, for example <c>400 BillingPeriodMissingError</c>.</summary>
    public async Task<string> RefusedAsync(HttpMethod method, string path, object? body = null)
    {
        var (status, text) = await AnswerAsync(method, path, body);
        Assert.True((int)status >= 400, $"{method} {path} was not refused: {(int)status} {text}");
        return $"{(int)status} {JsonDocument.Parse(text).RootElement.GetProperty("code").GetString()}";
    }

    /// <summary>Fills in a page for payers, as a browser does, and says what it shows then.</summary>
    public async Task<string> FillInAsync(string url, Dictionary<string, string> form)
    {
        using var content = new FormUrlEncodedContent(form);
        using var response = await client.PostAsync(new Uri(new Uri(url).PathAndQuery, UriKind.Relative), content, Cancellation);
        return await response.Content.ReadAsStringAsync(Cancellation);
    }

    /// <summary>Moves the clock: <c>new { to = ... }</c> or <c>new { by = ... }</c>.</summary>
    public Task AdvanceAsync(object target) => PostAsync("/tollgate/v1/test-clock/advance", target);

    public async Task<string> ProvisionAsync(object request) =>
        (await PostAsync("/api/v1/subscriptions", request)).GetProperty("id").GetString()!;

    public async Task<JsonElement> ReportAsync(
        string customer, string feature, long value, string? createdAt = null, string behavior = "DELTA", string? resource = null)
    {
        var usage = new Dictionary<string, object?>
        {
            ["customerId"] = customer,
            ["featureId"] = feature,
            ["value"] = value,
            ["updateBehavior"] = behavior,
        };
        if (createdAt is not null)
            usage["createdAt"] = createdAt;
        if (resource is not null)
            usage["resourceId"] = resource;
        return (await PostAsync("/api/v1/usage", new { usages = new[] { usage } }))[0];
    }

    public Task<JsonElement> CheckAsync(string customer, string feature, long requested = 0, string? resource = null) => GetAsync(
        $"/api/v1/customers/{customer}/entitlements/check?featureId={feature}&requestedUsage={requested}"
        + (resource is null ? "" : $"&resourceId={resource}"));

    /// <summary>A check in one line: <c>granted 7/100 2040-01-31..2040-02-29</c>, or the reason it was denied for.</summary>
    public async Task<string> SayAsync(string customer, string feature, long requested = 0, string? resource = null)
    {
        var answer = await CheckAsync(customer, feature, requested, resource);
        var verdict = answer.GetProperty("isGranted").GetBoolean()
            ? "granted"
            : answer.GetProperty("accessDeniedReason").GetString();
        var usage = answer.TryGetProperty("currentUsage", out var used)
            ? $" {used}/{(answer.TryGetProperty("usageLimit", out var limit) ? limit.ToString() : "unlimited")}"
            : "";
        var window = answer.TryGetProperty("usagePeriodStart", out var start)
            ? $" {start.GetString()![..10]}..{answer.GetProperty("usagePeriodEnd").GetString()![..10]}"
            : "";
        return verdict + usage + window;
    }

    /// <summary>A metered feature and the plans free, basic (5 a month, 50 a year) and pro (20, 200; 14 days of trial).</summary>
    public async Task CatalogAsync(string product = "product-default")
    {
        await PostAsync("/api/v1/features", new
        {
            id = "calls",
            displayName = "Calls",
            featureType = "NUMBER",
            meterType = "INCREMENTAL",
            featureUnits = "call",
            featureUnitsPlural = "calls",
        });
        await PlanAsync(product, "free", "FREE", 10, null, null);
        await PlanAsync(product, "basic", "PAID", 100, 5, null);
        await PlanAsync(product, "pro", "PAID", 1000, 20, new { duration = 14, units = "DAY" });
    }

    /// <summary>
    /// Every event of the customer, the oldest first: its type and instant. What is on the books has stories of its own
    /// and is told only when it is asked for.
    /// </summary>
    public async Task<IReadOnlyList<string>> EventsAsync(string customer, string? type = null)
    {
        var events = new List<string>();
        string? after = null;
        do
        {
            var page = await RawAsync(HttpMethod.Get, $"/tollgate/v1/events?limit=100&customerId={customer}"
                + (type is null ? "" : $"&type={type}") + (after is null ? "" : $"&after={after}"), null);
            events.AddRange(page.GetProperty("data").EnumerateArray().Where(e => type is not null
                || !e.GetProperty("type").GetString()!.StartsWith("INVOICE_", StringComparison.Ordinal)).Select(e =>
                $"{e.GetProperty("occurredAt").GetString()!.Replace(".000Z", "Z", StringComparison.Ordinal)} "
                + e.GetProperty("type").GetString()));
            after = page.GetProperty("pagination").GetProperty("next").GetString();
        }
        while (after is not null);
        events.Reverse();
        return events;
    }

    /// <summary>A PAID plan of these pricing models, published.</summary>
    public async Task PaidPlanAsync(
        string id, object[] models, object[]? overages = null, decimal? minimumSpend = null, object[]? entitlements = null)
    {
        await PostAsync("/api/v1/plans", new
        {
            id,
            displayName = id,
            productId = "product-default",
            pricingType = "PAID",
        });
        if (entitlements is not null)
            await PostAsync($"/api/v1/plans/{id}/entitlements", new { entitlements });
        var charges = new Dictionary<string, object> { ["pricingType"] = "PAID", ["pricingModels"] = models };
        if (overages is not null)
            charges["overagePricingModels"] = overages;
        if (minimumSpend is { } minimum)
        {
            charges["minimumSpend"] = new[]
            {
                new { billingPeriod = "MONTHLY", minimum = new { amount = minimum, currency = "usd" } },
            };
        }

        await PatchAsync($"/api/v1/plans/{id}", new { charges });
        await PostAsync($"/api/v1/plans/{id}/publish", new { migrationType = "NEW_CUSTOMERS" });
    }

    /// <summary>The model of a flat fee, or of a price per unit of a feature, each month (and year).</summary>
    public static object Model(string billingModel, decimal price, string? featureId = null, decimal? annually = null)
    {
        var periods = new List<object>
        {
            new { billingPeriod = "MONTHLY", price = new { amount = price, currency = "usd" } },
        };
        if (annually is { } yearly)
            periods.Add(new { billingPeriod = "ANNUALLY", price = new { amount = yearly, currency = "usd" } });
        return featureId is null
            ? new { billingModel, pricePeriods = periods }
            : new { billingModel, featureId, pricePeriods = periods };
    }

    public Task FeatureAsync(string id, string meterType = "INCREMENTAL") => PostAsync("/api/v1/features", new
    {
        id,
        displayName = id,
        featureType = "NUMBER",
        meterType,
        featureUnits = "unit",
        featureUnitsPlural = "units",
    });

    /// <summary>The customer's invoices and credit notes, the oldest first: what each came to, in total and line by line.</summary>
    public async Task<IReadOnlyList<string>> InvoicesAsync(string customer)
    {
        var page = await RawAsync(HttpMethod.Get, $"/tollgate/v1/invoices?limit=100&customerId={customer}", null);
        return
        [
            .. page.GetProperty("data").EnumerateArray().Reverse().Select(invoice =>
                $"{invoice.GetProperty("issuedAt").GetString()![..10]} {invoice.GetProperty("status").GetString()} "
                + $"{invoice.GetProperty("total").GetDecimal():0.00}: " + string.Join(" ", invoice.GetProperty("lines")
                    .EnumerateArray().Select(line => line.GetProperty("amount").GetDecimal().ToString(
                        "0.00", System.Globalization.CultureInfo.InvariantCulture)))),
        ];
    }

    private async Task PlanAsync(string product, string id, string type, int limit, int? price, object? trial)
    {
        var plan = new Dictionary<string, object?>
        {
            ["id"] = id,
            ["displayName"] = id,
            ["productId"] = product,
            ["pricingType"] = type,
        };
        if (trial is not null)
            plan["defaultTrialConfig"] = trial;
        await PostAsync("/api/v1/plans", plan);
        await PostAsync($"/api/v1/plans/{id}/entitlements", new
        {
            entitlements = new[] { new { id = "calls", type = "FEATURE", usageLimit = limit, resetPeriod = "MONTH" } },
        });
        if (price is { } monthly)
        {
            object[] periods =
            [
                new { billingPeriod = "MONTHLY", price = new { amount = monthly, currency = "usd" } },
                new { billingPeriod = "ANNUALLY", price = new { amount = monthly * 10, currency = "usd" } },
            ];
            await PatchAsync($"/api/v1/plans/{id}", new
            {
                charges = new
                {
                    pricingType = "PAID",
                    pricingModels = new[] { new { billingModel = "FLAT_FEE", pricePeriods = periods } },
                },
            });
        }

        await PostAsync($"/api/v1/plans/{id}/publish", new { migrationType = "NEW_CUSTOMERS" });
    }

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, object? body) =>
        (await RawAsync(method, path, body)).GetProperty("data");

    private async Task<JsonElement> RawAsync(HttpMethod method, string path, object? body)
    {
        var (status, text) = await AnswerAsync(method, path, body);
        if ((int)status >= 300)
            Assert.Fail($"{method} {path}: {(int)status} {text}{await LogAsync(status, text)}");
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>What the server logged about a failure; logs are written in the background.</summary>
    private async Task<string> LogAsync(HttpStatusCode status, string answer)
    {
        if (status != HttpStatusCode.InternalServerError || serverLog is null)
            return "";
        var trace = JsonDocument.Parse(answer).RootElement.GetProperty("traceId").GetString()!;
        await Eventually.TrueAsync(() => serverLog().Contains(trace, StringComparison.Ordinal), TimeSpan.FromSeconds(5), Cancellation);
        var log = serverLog();
        return "\n" + log[Math.Max(0, log.IndexOf(trace, StringComparison.Ordinal) - 3000)..];
    }

    private async Task<(HttpStatusCode Status, string Text)> AnswerAsync(HttpMethod method, string path, object? body)
    {
        using var request = new HttpRequestMessage(method, path)
        {
            Content = body is null ? null : JsonContent.Create(body),
        };
        using var response = await client.SendAsync(request, Cancellation);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(Cancellation));
    }
}
