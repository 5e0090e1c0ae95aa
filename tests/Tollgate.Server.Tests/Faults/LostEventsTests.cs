using System.Collections.Concurrent;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Faults;

/// <summary>Raw events through a kill and through two nodes: none is lost, none counts twice.</summary>
public sealed class LostEventsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Every other one is dated, on an instant long before the running window.</summary>
    private const int PerBatch = 20;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Killed_while_events_come_in_it_counts_every_event_once_after_the_retries(DatabaseKind kind)
    {
        await using var server = await ServerProcess.StartAsync(kind, Cancellation);
        await server.Client.SetUpAsync("c");
        await server.Client.MeterCallsAsync();
        var accepted = new ConcurrentBag<string[]>();
        var killed = false;
        var clients = Enumerable.Range(0, 8)
            .Select(i => server.Client.SendUntilAsync("c", $"k{i}", () => Volatile.Read(ref killed), accepted.Add))
            .ToArray();
        await Eventually.TrueAsync(() => accepted.Count > 200, cancellationToken: Cancellation);
        server.Kill();
        Volatile.Write(ref killed, true);
        var open = (await Task.WhenAll(clients)).SelectMany(batches => batches).ToList();
        Assert.NotEmpty(open);

        await server.StartAgainAsync(Cancellation);
        // Every batch was stored whole or not at all; each dated event lies outside the running window, half of them.
        var before = await server.Client.UsageAsync("c");
        Assert.InRange(before, accepted.Count * PerBatch / 2, (accepted.Count + open.Count) * PerBatch / 2);
        await server.Client.ResendAsync("c", open.Concat(accepted.Take(50)));
        Assert.Equal((accepted.Count + open.Count) * PerBatch / 2, await server.Client.UsageAsync("c"));
    }

    [Fact]
    public async Task Two_nodes_that_get_the_same_events_count_each_once()
    {
        await using var a = await ServerProcess.StartAsync(DatabaseKind.PostgreSql, Cancellation);
        await using var b = await ServerProcess.StartAsync(
            new ServerOptions { Database = DatabaseKind.PostgreSql, ConnectionString = a.ConnectionString }, Cancellation);
        await a.Client.SetUpAsync("c");
        await a.Client.MeterCallsAsync();
        Assert.Equal(0, await b.Client.UsageAsync("c"));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async sender =>
        {
            for (var i = 0; i < 10; i++)
            {
                var keys = Enumerable.Range(0, PerBatch).Select(n => $"k{sender}-{i}-{n}").ToArray();
                var answers = await Task.WhenAll(a.Client.SendAsync("c", keys), b.Client.SendAsync("c", keys));
                Assert.All(answers, answer => Assert.Equal(200, answer.Status));
            }
        }));
        // 8 senders, 10 batches, half of 20 events in the running window.
        await Eventually.TrueAsync(async () => await a.Client.UsageAsync("c") == 800, cancellationToken: Cancellation);
        await Eventually.TrueAsync(async () => await b.Client.UsageAsync("c") == 800, cancellationToken: Cancellation);
    }
}
