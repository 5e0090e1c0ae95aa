using System.Text.Json;
using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Errors;
using Tollgate.Server.Tests.Faults;
using Tollgate.Storage;

namespace Tollgate.Server.Tests.Rest.Usage;

/// <summary>Events that cost credits, over HTTP: what they would cost, and what they do.</summary>
public sealed class EventCreditTests(SharedServers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task An_estimate_is_what_the_event_then_costs(DatabaseKind kind)
    {
        using var client = await servers.NewEnvironmentAsync(kind, Cancellation);
        await client.SellCallsForCreditsAsync("c");
        var call = new { customerId = "c", eventName = "call", dimensions = new { tokens = 60 } };

        // 0.5 a token by the sum, 2 a call; the mean tells nothing about one event.
        var estimate = (await EstimateAsync(client, call)).Data;
        Assert.Equal(
            """[{"balanceAfterEstimate":-7,"breakdown":[{"cost":30,"featureId":"calls","warningCode":null},"""
            + """{"cost":0,"featureId":"mean","warningCode":"UNSUPPORTED_AGGREGATION"},{"cost":2,"featureId":"visits","warningCode":null}]"""
            + ""","currencyId":"ai","currentBalance":25,"estimatedCost":32,"wouldOverdraft":true}]""",
            Sorted(estimate.GetProperty("estimates")));
        Assert.Empty(estimate.GetProperty("warnings").EnumerateArray());
        Assert.Equal(25, await client.BalanceAsync("c"));

        await client.DoAsync("/api/v1/events", new
        {
            events = new[] { new { call.customerId, call.eventName, call.dimensions, idempotencyKey = "k" } },
        });
        Assert.Equal(-7, await client.BalanceAsync("c"));
    }

    [Fact]
    public async Task Estimates_warn_of_what_costs_nothing_and_refuse_who_is_not_known()
    {
        using var client = await servers.NewEnvironmentAsync(DatabaseKind.Sqlite, Cancellation);
        await client.SellCallsForCreditsAsync("c");
        await client.DoAsync("/api/v1/customers", new { id = "other" });

        Assert.Equal("FEATURE_NOT_FOUND", await WarningAsync(client, new { customerId = "c", eventName = "login" }));
        Assert.Equal("FEATURE_NOT_CREDIT_BASED", await WarningAsync(client, new { customerId = "other", eventName = "call" }));
        ErrorAssert.IsError(
            await EstimateAsync(client, new { customerId = "nobody", eventName = "call" }), 400, "CustomerNotFound");
        var refused = await EstimateAsync(
            client,
            new
            {
                customerId = "c",
                eventName = "call",
                dimensions = new { tokens = JsonNode.Parse("1.23456789012345678901234567890123") },
            });
        ErrorAssert.IsError(refused, 400, "BadUserInput");
        Assert.Contains("dimensions.tokens", refused.Text);
        await client.CallAsync(HttpMethod.Post, "/api/v1/customers/other/archive", new { }, Cancellation);
        ErrorAssert.IsError(
            await EstimateAsync(client, new { customerId = "other", eventName = "call" }), 409, "EntityIsArchivedError");
    }

    private static Task<Answer> EstimateAsync(HttpClient client, object body) =>
        client.CallAsync(HttpMethod.Post, "/api/v1/events/estimate", body, Cancellation);

    private static async Task<string?> WarningAsync(HttpClient client, object body) =>
        (await EstimateAsync(client, body)).Data.GetProperty("warnings").EnumerateArray().Single().GetString();

    /// <summary>Members in the order of their names.</summary>
    private static string Sorted(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "{" + string.Join(',', element.EnumerateObject().OrderBy(m => m.Name, StringComparer.Ordinal)
            .Select(m => $"\"{m.Name}\":{Sorted(m.Value)}")) + "}",
        JsonValueKind.Array => "[" + string.Join(',', element.EnumerateArray().Select(Sorted)) + "]",
        _ => element.GetRawText(),
    };
}
