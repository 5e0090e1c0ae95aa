using System.Collections.Concurrent;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Faults;

/// <summary>What was acknowledged stays, what was not may be sent again: nothing is lost or doubled.</summary>
public sealed class LostProcessTests
{
    private const int Clients = 16;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Killed_under_load_it_counts_every_key_once_after_the_retries(DatabaseKind kind)
    {
        await using var server = await ServerProcess.StartAsync(kind, Cancellation);
        await server.Client.SetUpAsync("c", "d");
        var accepted = new ConcurrentBag<string>();
        var killed = false;
        var clients = Enumerable.Range(0, Clients)
            .Select(i => server.Client.ReportUntilAsync("c", $"k{i}", () => Volatile.Read(ref killed), accepted.Add))
            .ToArray();
        await Eventually.TrueAsync(() => accepted.Count > 500, cancellationToken: Cancellation);
        server.Kill();
        Volatile.Write(ref killed, true);
        var open = (await Task.WhenAll(clients)).SelectMany(keys => keys).ToList();
        Assert.NotEmpty(open);

        await server.StartAgainAsync(Cancellation);
        var before = await server.Client.UsageAsync("c");
        Assert.InRange(before, accepted.Count, accepted.Count + open.Count);
        await server.Client.RetryAsync("c", open.Concat(accepted.Take(100)));

        Assert.Equal(accepted.Count + open.Count, await server.Client.UsageAsync("c"));
        Assert.Equal(accepted.Count + open.Count, await server.Client.UsageByHistoryAsync("c"));
        Assert.Equal(accepted.Count + open.Count, await server.Client.UsageByExplanationAsync("c"));
        Assert.Equal(0, await server.Client.UsageAsync("d"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Stopped_under_load_it_ends_with_code_0_and_keeps_every_report_it_accepted(DatabaseKind kind)
    {
        await using var server = await ServerProcess.StartAsync(kind, Cancellation);
        await server.Client.SetUpAsync("c");
        var accepted = new ConcurrentBag<string>();
        var stopped = false;
        var clients = Enumerable.Range(0, 64)
            .Select(i => server.Client.ReportUntilAsync("c", $"k{i}", () => Volatile.Read(ref stopped), accepted.Add))
            .ToArray();
        await Eventually.TrueAsync(() => accepted.Count > 500, cancellationToken: Cancellation);
        var code = await server.StopAsync(TimeSpan.FromSeconds(10), Cancellation);
        Volatile.Write(ref stopped, true);
        var open = (await Task.WhenAll(clients)).SelectMany(keys => keys).ToHashSet(StringComparer.Ordinal);

        Assert.Equal(0, code);
        await server.StartAgainAsync(Cancellation);
        // A connection that closed before its answer may have been counted; every answered one was.
        Assert.InRange(await server.Client.UsageAsync("c"), accepted.Count, accepted.Count + open.Count);
        await server.Client.RetryAsync("c", accepted.Concat(open));
        Assert.Equal(accepted.Count + open.Count, await server.Client.UsageAsync("c"));
    }
}
