using Tollgate.Server.Tests.Errors;
using Tollgate.Server.Tests.Faults;
using Tollgate.Storage;

namespace Tollgate.Server.Tests.Rest.Usage;

/// <summary>Questions about usage and credits that name what is not there are errors, not empty answers.</summary>
public sealed class UnknownPartyTests(SharedServers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Unknown_resources_and_currencies_are_refused(DatabaseKind kind)
    {
        using var client = await servers.NewEnvironmentAsync(kind, Cancellation);
        await client.SellCallsForCreditsAsync("c");

        foreach (var list in new[] { "grants", "ledger", "usage" })
        {
            var path = $"/api/v1/credits/{list}?customerId=c";
            Assert.Equal(200, (await client.ReadAsync($"{path}&currencyId=ai", Cancellation)).Status);
            ErrorAssert.IsError(await client.ReadAsync($"{path}&resourceId=none", Cancellation), 400, "CustomerResourceNotFound");
            ErrorAssert.IsError(await client.ReadAsync($"{path}&currencyId=none", Cancellation), 400, "CustomCurrencyNotFound");
        }

        var unknown = new { customerId = "c", resourceId = "none", eventName = "call" };
        ErrorAssert.IsError(
            await client.CallAsync(HttpMethod.Post, "/api/v1/events/estimate", unknown, Cancellation), 400, "CustomerResourceNotFound");
        ErrorAssert.IsError(
            await client.CallAsync(
                HttpMethod.Post, "/api/v1/usage/estimate",
                new { customerId = "c", resourceId = "none", featureId = "calls", value = 1 }, Cancellation),
            400,
            "CustomerResourceNotFound");
    }

    [Fact]
    public async Task Groups_of_a_history_have_at_most_255_characters()
    {
        using var client = await servers.NewEnvironmentAsync(DatabaseKind.Sqlite, Cancellation);
        await client.SellCallsForCreditsAsync("c");
        var path = "/api/v1/usage/c/history/calls?startDate=2020-01-01T00:00:00.000Z&groupBy=model,";

        // 6 characters are there already.
        Assert.Equal(200, (await client.ReadAsync(path + new string('x', 249), Cancellation)).Status);
        ErrorAssert.IsError(await client.ReadAsync(path + new string('x', 250), Cancellation), 400, "BadUserInput");
    }
}
