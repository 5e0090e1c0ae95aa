using Tollgate.Server.Tests.Errors;
using Tollgate.Storage;

namespace Tollgate.Server.Tests.Rest.Billing;

/// <summary>The billing settings of an environment over HTTP.</summary>
public sealed class BillingSettingsTests(SharedServers servers)
{
    private const string Path = "/tollgate/v1/billing";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Hours_of_drafts_are_kept_and_shown()
    {
        var client = await servers.NewEnvironmentAsync(DatabaseKind.Sqlite, Cancellation);

        Assert.Equal(72, await HoursAsync(client));
        foreach (var hours in (int[])[0, 720])
        {
            await client.CallAsync(HttpMethod.Patch, Path, $$"""{"usageDraftHours": {{hours}}}""", Cancellation);
            Assert.Equal(hours, await HoursAsync(client));
        }

        await client.CallAsync(HttpMethod.Patch, Path, """{"invoiceDueDays": 7}""", Cancellation);
        Assert.Equal(720, await HoursAsync(client));
    }

    [Theory]
    [InlineData("-1", "usageDraftHours is -1; ", "0")]
    [InlineData("721", "usageDraftHours is 721; ", "720")]
    [InlineData("1.5", "usageDraftHours is 1.5; ", "give a whole number")]
    [InlineData("\"x\"", "usageDraftHours is 'x'; ", "give a whole number")]
    public async Task Bad_hours_are_named_with_their_value_and_change_nothing(string sent, string named, string remedy)
    {
        var client = await servers.NewEnvironmentAsync(DatabaseKind.Sqlite, Cancellation);

        var answer = await client.CallAsync(
            HttpMethod.Patch, Path, $$"""{"invoiceDueDays": 7, "usageDraftHours": {{sent}}}""", Cancellation);

        ErrorAssert.IsBadInput(answer, "usageDraftHours");
        var message = answer.Json.GetProperty("fields")[0].GetProperty("message").GetString()!;
        Assert.StartsWith(named, message, StringComparison.Ordinal);
        Assert.Contains(remedy, message[named.Length..], StringComparison.Ordinal);
        Assert.Equal(72, await HoursAsync(client));
    }

    private static async Task<int> HoursAsync(HttpClient client) =>
        (await client.ReadAsync(Path, Cancellation)).Data.GetProperty("usageDraftHours").GetInt32();
}
