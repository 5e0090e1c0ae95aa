using System.Text.Json;
using Tollgate.Server.Tests.Errors;
using Tollgate.Storage;

namespace Tollgate.Server.Tests.Rest.Catalog;

/// <summary>The trial of a plan, which the public contract knows only with a duration (spec catalog 11).</summary>
public sealed class PlanTrialTests(SharedServers servers)
{
    private const string Route = "/tollgate/v1/plans/tried/trial";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Spend_only_trial_is_on_the_draft_and_shown_by_our_routes_alone()
    {
        var client = await StartAsync();
        await PublishAsync(client);

        var draft = await OkAsync(client, HttpMethod.Put, Route, new { budget = new { limit = 12.5m, hasSoftLimit = true } });

        Assert.Equal(("DRAFT", 2), (draft.GetProperty("status").GetString(), draft.GetProperty("versionNumber").GetInt32()));
        const string trial =
            """{"duration":null,"units":null,"budget":{"hasSoftLimit":true,"limit":12.5},"trialEndBehavior":null}""";
        Assert.Equal(trial, draft.GetProperty("defaultTrialConfig").GetRawText());
        var changes = await OkAsync(client, HttpMethod.Get, "/tollgate/v1/plans/tried/draft/changes", null);
        Assert.Equal(trial, changes.GetProperty("defaultTrialConfig").GetProperty("after").GetRawText());
        await PublishAsync(client);
        Assert.Equal(trial, await TrialAsync(client));
        var plan = await OkAsync(client, HttpMethod.Get, "/api/v1/plans/tried", null);
        Assert.Equal(JsonValueKind.Null, plan.GetProperty("defaultTrialConfig").ValueKind);
        // An update that says nothing about it leaves it; the compatible one sets and removes it.
        await OkAsync(client, HttpMethod.Patch, "/api/v1/plans/tried", new { displayName = "Tried" });
        await PublishAsync(client);
        Assert.Equal(trial, await TrialAsync(client));
        await OkAsync(
            client, HttpMethod.Patch, "/api/v1/plans/tried", new { defaultTrialConfig = new { duration = 7, units = "DAY" } });
        await PublishAsync(client);
        Assert.Equal(
            """{"duration":7,"units":"DAY","budget":null,"trialEndBehavior":null}""", await TrialAsync(client));
        await OkAsync(client, HttpMethod.Delete, Route, null);
        await PublishAsync(client);
        Assert.Equal("null", await TrialAsync(client));
    }

    [Theory]
    [InlineData("{}", "defaultTrialConfig")]
    [InlineData("""{"duration": null, "units": null, "budget": null}""", "defaultTrialConfig")]
    [InlineData("""{"units": "DAY", "budget": {"limit": 1, "hasSoftLimit": false}}""", "defaultTrialConfig.duration")]
    [InlineData("""{"duration": 7}""", "defaultTrialConfig.units")]
    [InlineData("""{"duration": 0, "units": "MONTH"}""", "defaultTrialConfig.duration")]
    [InlineData("""{"budget": {"limit": -1, "hasSoftLimit": false}}""", "defaultTrialConfig.budget.limit")]
    public async Task Trial_that_nothing_bounds_or_half_of_one_is_refused(string body, string field)
    {
        var client = await StartAsync();

        var answer = await client.CallAsync(HttpMethod.Put, Route, JsonDocument.Parse(body).RootElement, Cancellation);

        ErrorAssert.IsError(answer, 400, "InvalidArgumentError");
        Assert.Equal([field], answer.FaultyFields);
        Assert.Equal("null", await TrialAsync(client));
    }

    [Fact]
    public async Task Budget_is_for_paid_plans_and_the_plan_has_to_exist()
    {
        var client = await StartAsync("CUSTOM");
        var budget = new { budget = new { limit = 1, hasSoftLimit = false } };

        ErrorAssert.IsError(await client.CallAsync(HttpMethod.Put, Route, budget, Cancellation), 400, "InvalidArgumentError");
        ErrorAssert.IsError(
            await client.CallAsync(HttpMethod.Put, "/tollgate/v1/plans/none/trial", budget, Cancellation), 404, "PlanNotFound");
        ErrorAssert.IsError(
            await client.CallAsync(HttpMethod.Delete, "/tollgate/v1/plans/none/trial", null, Cancellation), 404, "PlanNotFound");
        ErrorAssert.IsError(
            await client.CallAsync(HttpMethod.Put, Route, new { units = "WEEK" }, Cancellation), 400, "BadUserInput");
    }

    private async Task<HttpClient> StartAsync(string pricingType = "PAID")
    {
        var client = await servers.NewEnvironmentAsync(DatabaseKind.Sqlite, Cancellation);
        await OkAsync(
            client, HttpMethod.Post, "/api/v1/plans",
            new { id = "tried", displayName = "tried", productId = "product-default", pricingType });
        if (pricingType == "PAID")
        {
            object[] models =
            [
                new
                {
                    billingModel = "FLAT_FEE",
                    pricePeriods = new[] { new { billingPeriod = "MONTHLY", price = new { amount = 30, currency = "usd" } } },
                },
            ];
            await OkAsync(
                client, HttpMethod.Patch, "/api/v1/plans/tried", new { charges = new { pricingType, pricingModels = models } });
        }

        return client;
    }

    private static Task<JsonElement> PublishAsync(HttpClient client) => OkAsync(
        client, HttpMethod.Post, "/api/v1/plans/tried/publish", new { migrationType = "NEW_CUSTOMERS" });

    private static async Task<string> TrialAsync(HttpClient client) =>
        (await OkAsync(client, HttpMethod.Get, "/tollgate/v1/plans/tried", null))
            .GetProperty("version").GetProperty("defaultTrialConfig").GetRawText();

    private static async Task<JsonElement> OkAsync(HttpClient client, HttpMethod method, string path, object? body)
    {
        var answer = await client.CallAsync(method, path, body, Cancellation);
        Assert.True(answer.Status is 200 or 201, $"{method} {path}: {answer.Text}");
        return answer.Data;
    }
}
