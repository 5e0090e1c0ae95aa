using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Options;

/// <summary>First start, second process, stop and start again.</summary>
public sealed class LifeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task Generated_keys_are_printed_at_the_first_start_only_and_stay_valid(DatabaseKind database)
    {
        var options = new ServerOptions { Database = database, ServerKey = null, PublishableKey = null };
        await using var server = await ServerProcess.StartAsync(options, Cancellation);
        var keys = server.PrintedKeys;
        Assert.Equal(
            ["development publishable", "development server", "production publishable", "production server"],
            keys.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(4, keys.Values.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(0, await server.StopAsync(cancellationToken: Cancellation));

        await server.StartAgainAsync(Cancellation);
        foreach (var (name, key) in keys)
        {
            Assert.Single(server.Output.Split('\n'), line => line.Contains(key, StringComparison.Ordinal));
            using var client = server.CreateClient(key);
            var expected = name.EndsWith("publishable", StringComparison.Ordinal) ? 403 : 200;
            Assert.Equal(expected, (await client.ReadAsync("/api/v1/features", Cancellation)).Status);
        }

        if (database == DatabaseKind.Sqlite)
            Assert.All(keys.Values, key => Assert.False(FilesHold(server.DataDirectory, key), $"A file holds {key[..7]}..."));
    }

    [Fact]
    public async Task Second_process_on_the_same_data_ends_with_one_line_and_the_first_keeps_serving()
    {
        await using var first = await ServerProcess.StartAsync(DatabaseKind.Sqlite, Cancellation);
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => ServerProcess.StartAsync(
            new ServerOptions { DataDirectory = first.DataDirectory }, Cancellation));
        Assert.Contains("ended with code 2", failure.Message, StringComparison.Ordinal);
        Assert.Contains(first.DataDirectory, failure.Message, StringComparison.Ordinal);
        Assert.Equal(2, failure.Message.Split('\n').Length);
        Assert.Equal(200, (await first.Client.ReadAsync("/api/v1/features", Cancellation)).Status);
    }

    [Fact]
    public async Task Two_processes_share_one_postgresql_database()
    {
        await using var first = await ServerProcess.StartAsync(DatabaseKind.PostgreSql, Cancellation);
        await using var second = await ServerProcess.StartAsync(
            new ServerOptions { Database = DatabaseKind.PostgreSql, ConnectionString = first.ConnectionString }, Cancellation);
        var id = SharedServers.NewId("shared");
        var created = await first.Client.CallAsync(
            HttpMethod.Post, "/api/v1/features", new { id, displayName = "x", featureType = "BOOLEAN" }, Cancellation);
        Assert.Equal(201, created.Status);
        Assert.Equal(200, (await second.Client.ReadAsync($"/api/v1/features/{id}", Cancellation)).Status);
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task Sigterm_ends_with_code_0_and_keeps_what_was_answered(DatabaseKind database)
    {
        await using var server = await ServerProcess.StartAsync(database, Cancellation);
        var ids = Enumerable.Range(0, 8).Select(_ => SharedServers.NewId("kept")).ToList();
        var writes = ids.Select(id => server.Client.CallAsync(
            HttpMethod.Post, "/api/v1/features", new { id, displayName = "x", featureType = "BOOLEAN" }, Cancellation));
        Assert.All(await Task.WhenAll(writes), answer => Assert.Equal(201, answer.Status));

        Assert.Equal(0, await server.StopAsync(TimeSpan.FromSeconds(10), Cancellation));
        await server.StartAgainAsync(Cancellation);
        foreach (var id in ids)
            Assert.Equal(200, (await server.Client.ReadAsync($"/api/v1/features/{id}", Cancellation)).Status);
    }

    [Fact]
    public async Task Unreachable_database_at_the_start_is_one_line_and_no_stack_trace()
    {
        // Port 1 of 127.0.0.1 refuses: nothing of ours listens there.
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => ServerProcess.StartAsync(
            new ServerOptions
            {
                Database = DatabaseKind.PostgreSql,
                ConnectionString = "Host=127.0.0.1;Port=1;Database=none;Username=none;Timeout=5",
            },
            Cancellation));
        Assert.Contains("ended with code 1", failure.Message, StringComparison.Ordinal);
        Assert.Equal(2, failure.Message.Split('\n').Length);
        Assert.Contains("tollgate: cannot start", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Taken_port_is_one_line_and_no_stack_trace()
    {
        await using var first = await ServerProcess.StartAsync(DatabaseKind.Sqlite, Cancellation);
        var (exitCode, output) = await ServerProcess.RunToEndAsync(
            ["--urls", first.BaseAddress.GetLeftPart(UriPartial.Authority), "--server-key", "key-of-the-test-000", "--data", "own"],
            Cancellation);
        Assert.Equal(1, exitCode);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.Contains(first.BaseAddress.Port.ToString(), output, StringComparison.Ordinal);
    }

    private static bool FilesHold(string directory, string text)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        return Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)
            .Where(file => !file.EndsWith(".lock", StringComparison.Ordinal))
            .Any(file => Read(file).AsSpan().IndexOf(bytes) >= 0);
    }

    private static byte[] Read(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
