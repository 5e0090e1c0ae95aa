using System.Text;
using Tollgate.Server.Tests.Faults;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Rest.Usage;

/// <summary>Files of events over HTTP: the bytes are the body.</summary>
public sealed class UsageFileRestTests(SharedServers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Uploaded_file_counts_when_its_task_is_done_and_its_report_can_be_downloaded(DatabaseKind kind)
    {
        using var client = await servers.NewEnvironmentAsync(kind, Cancellation);
        await client.SetUpAsync("c");
        await client.MeterCallsAsync();
        var text = new StringBuilder("customerId,eventName,idempotencyKey,dimensions.tokens\n");
        for (var i = 0; i < 2_000; i++)
            text.Append("c,call,file-").Append(i).Append(",2\n");
        text.Append("\"=1+1,\"\"x\",call,file-x,2\n");
        using var content = new StringContent(text.ToString(), Encoding.UTF8, "text/csv");
        using var uploaded = await client.PostAsync(new Uri("/tollgate/v1/usage/files", UriKind.Relative), content, Cancellation);
        Assert.Equal(202, (int)uploaded.StatusCode);
        using var answer = System.Text.Json.JsonDocument.Parse(await uploaded.Content.ReadAsStringAsync(Cancellation));
        var path = $"/tollgate/v1/usage/files/{answer.RootElement.GetProperty("data").GetProperty("id").GetString()}";
        await Eventually.TrueAsync(
            async () => (await client.CallAsync(HttpMethod.Get, path, null, Cancellation)).Json.GetProperty("data")
                .GetProperty("status").GetString() == "COMPLETED",
            cancellationToken: Cancellation);
        // 2,000 events of 2 tokens.
        Assert.Equal(4_000, await client.UsageAsync("c"));
        var file = (await client.CallAsync(HttpMethod.Get, path, null, Cancellation)).Json.GetProperty("data");
        Assert.Equal(
            (2_001, 2_000, 1),
            (file.GetProperty("rows").GetInt32(), file.GetProperty("accepted").GetInt32(), file.GetProperty("refused").GetInt32()));

        using var download = new HttpRequestMessage(HttpMethod.Get, path + "/faults");
        download.Headers.Add("Accept", "text/csv");
        using var report = await client.SendAsync(download, Cancellation);
        Assert.Equal("text/csv", report.Content.Headers.ContentType!.MediaType);
        var lines = (await report.Content.ReadAsStringAsync(Cancellation)).Split("\r\n");
        Assert.Equal("row,field,value,message", lines[0]);
        // What a spreadsheet would take for a formula is quoted.
        Assert.StartsWith("2001,customerId,\"'=1+1,\"\"x\",", lines[1], StringComparison.Ordinal);
        using var unknown = new HttpRequestMessage(HttpMethod.Get, $"/tollgate/v1/usage/files/{Guid.NewGuid()}/faults");
        unknown.Headers.Add("Accept", "text/csv");
        Assert.Equal("InvalidArgumentError", (await client.CallAsync(unknown, Cancellation)).Code);
    }

    [Fact]
    public async Task Upload_needs_a_key()
    {
        using var client = await servers.NewEnvironmentAsync(DatabaseKind.Sqlite, Cancellation);
        client.DefaultRequestHeaders.Clear();
        using var content = new StringContent("{}", Encoding.UTF8, "application/x-ndjson");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/tollgate/v1/usage/files") { Content = content };
        Assert.Equal(401, (await client.CallAsync(request, Cancellation)).Status);
    }
}
