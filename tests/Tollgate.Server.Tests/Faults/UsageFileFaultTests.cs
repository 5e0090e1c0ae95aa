using System.Globalization;
using System.Text;
using System.Text.Json;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Faults;

/// <summary>A file of events through a kill amid its reading.</summary>
public sealed class UsageFileFaultTests
{
    private const int Rows = 40_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Killed_amid_a_file_the_server_reads_on_and_counts_every_row_once(DatabaseKind kind)
    {
        await using var server = await ServerProcess.StartAsync(kind, Cancellation);
        await server.Client.SetUpAsync("c");
        await server.Client.MeterCallsAsync();
        var text = new StringBuilder("customerId,eventName,idempotencyKey,timestamp,dimensions.tokens\n");
        var now = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        for (var i = 0; i < Rows; i++)
            text.Append("c,call,k").Append(i).Append(',').Append(now).Append(",1\n");
        using var content = new StringContent(text.ToString(), Encoding.UTF8, "text/csv");
        using var uploaded = await server.Client.PostAsync(new Uri("/tollgate/v1/usage/files", UriKind.Relative), content, Cancellation);
        using var answer = JsonDocument.Parse(await uploaded.Content.ReadAsStringAsync(Cancellation));
        var path = $"/tollgate/v1/usage/files/{answer.RootElement.GetProperty("data").GetProperty("id").GetString()}";
        await Eventually.TrueAsync(
            async () => (await FileAsync(server, path)).GetProperty("rows").GetInt32() > 0, cancellationToken: Cancellation);
        server.Kill();

        await server.StartAgainAsync(Cancellation);
        // The task is claimed again when the lease of the process that died is over.
        await Eventually.TrueAsync(
            async () => (await FileAsync(server, path)).GetProperty("status").GetString() == "COMPLETED",
            TimeSpan.FromMinutes(2), Cancellation);
        Assert.Equal(Rows, await server.Client.UsageAsync("c"));
        var file = await FileAsync(server, path);
        Assert.Equal(Rows, file.GetProperty("rows").GetInt32());
        Assert.Equal(Rows, file.GetProperty("accepted").GetInt32() + file.GetProperty("duplicates").GetInt32());
    }

    private static async Task<JsonElement> FileAsync(ServerProcess server, string path)
    {
        var answer = await server.Client.CallAsync(HttpMethod.Get, path, null, Cancellation);
        Assert.True(answer.Status == 200, answer.Text);
        return answer.Json.GetProperty("data");
    }
}
