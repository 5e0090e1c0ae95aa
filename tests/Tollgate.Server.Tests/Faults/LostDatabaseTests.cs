using System.Collections.Concurrent;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Faults;

/// <summary>PostgreSQL goes away and comes back while the server runs.</summary>
public sealed class LostDatabaseTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(false), InlineData(true)]
    public async Task Without_postgresql_warm_checks_go_on_and_writes_say_come_again(bool crash)
    {
        await using var cluster = await PostgreSqlServer.StartOwnAsync(Cancellation);
        await using var server = await ServerProcess.StartAsync(
            new ServerOptions
            {
                Database = DatabaseKind.PostgreSql,
                ConnectionString = await cluster.CreateDatabaseAsync(Cancellation),
            },
            Cancellation);
        await server.Client.SetUpAsync("c", "cold");
        await server.Client.ReportAsync("c", "first");
        Assert.Equal(1, await server.Client.UsageAsync("c"));

        if (crash)
            await cluster.CrashAsync(Cancellation);
        else
            await cluster.StopAsync(Cancellation);

        (await server.Client.ReportAsync("c", "second")).AssertUnavailable();
        (await server.Client.CallAsync(
            HttpMethod.Post, "/api/v1/customers", new { id = "new" }, Cancellation)).AssertUnavailable();
        // More than the second for which the last look is trusted.
        var until = DateTimeOffset.UtcNow.AddSeconds(2.5);
        while (DateTimeOffset.UtcNow < until)
        {
            var entitlement = await server.Client.EntitlementAsync("c");
            Assert.True(entitlement.GetProperty("isGranted").GetBoolean());
            Assert.Equal(1, entitlement.GetProperty("currentUsage").GetDecimal());
        }

        (await server.Client.ReportAsync("c", "third")).AssertUnavailable();
        Assert.Equal(1, await server.Client.UsageAsync("c"));
        (await server.Client.ReadAsync(
            "/api/v1/customers/cold/entitlements/check?featureId=calls", Cancellation)).AssertUnavailable();
        Assert.Equal(503, (await server.Client.ReadAsync("/health/ready", Cancellation)).Status);
        Assert.Equal(200, (await server.Client.ReadAsync("/health/live", Cancellation)).Status);

        await cluster.StartAsync(Cancellation);
        await Eventually.TrueAsync(
            async () => (await server.Client.ReadAsync("/health/ready", Cancellation)).Status == 200, cancellationToken: Cancellation);
        await server.Client.RetryAsync("c", ["first", "second", "third"]);
        Assert.Equal(3, await server.Client.UsageAsync("c"));
        Assert.Equal(3, await server.Client.UsageByHistoryAsync("c"));
        Assert.Equal(0, await server.Client.UsageAsync("cold"));
    }

    [Fact]
    public async Task Postgresql_lost_under_load_loses_and_doubles_nothing()
    {
        await using var cluster = await PostgreSqlServer.StartOwnAsync(Cancellation);
        await using var server = await ServerProcess.StartAsync(
            new ServerOptions
            {
                Database = DatabaseKind.PostgreSql,
                ConnectionString = await cluster.CreateDatabaseAsync(Cancellation),
            },
            Cancellation);
        await server.Client.SetUpAsync("c");
        var accepted = new ConcurrentBag<string>();
        var over = false;
        var clients = Enumerable.Range(0, 16)
            .Select(i => server.Client.ReportUntilAsync("c", $"k{i}", () => Volatile.Read(ref over), accepted.Add))
            .ToArray();
        await Eventually.TrueAsync(() => accepted.Count > 200, cancellationToken: Cancellation);
        await cluster.CrashAsync(Cancellation);
        var atCrash = accepted.Count;
        await cluster.StartAsync(Cancellation);
        await Eventually.TrueAsync(() => accepted.Count > atCrash + 200, cancellationToken: Cancellation);
        Volatile.Write(ref over, true);
        var open = (await Task.WhenAll(clients)).SelectMany(keys => keys).ToList();
        Assert.NotEmpty(open);

        await server.Client.RetryAsync("c", open);
        Assert.Equal(accepted.Count + open.Count, await server.Client.UsageAsync("c"));
        Assert.Equal(accepted.Count + open.Count, await server.Client.UsageByHistoryAsync("c"));
    }
}
