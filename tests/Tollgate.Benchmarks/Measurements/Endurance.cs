using System.Diagnostics;
using Tollgate.Benchmarks.Subjects;
using Tollgate.Storage;

namespace Tollgate.Benchmarks.Measurements;

/// <summary>
/// Events at full rate for minutes: what memory does, and what they wait for while a month that is no longer kept is removed.
/// </summary>
internal static class Endurance
{
    /// <summary>Events of the month that goes.</summary>
    private const int Removed = 2_000_000;

    private static readonly TimeSpan Step = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(DatabaseKind kind, BenchmarkOptions options, Report report)
    {
        await using var server = await EventServer.StartAsync(kind);
        while (server.Sent < Removed)
            await SendAsync(server, 1);
        // Usage is kept for 400 days and goes by whole months: now it is not old enough, two months later it is.
        await server.AdvanceAsync(13);
        await server.FollowClockAsync();
        await MemoryAsync(server, TimeSpan.FromMinutes(options.Minutes), report);
        await RemovalAsync(server, options.Seconds, report);
    }

    private static Task<Load.LoadResult> SendAsync(EventServer server, int seconds) =>
        server.SendAsync("one", EventServer.Customers, EventServer.Batch, seconds);

    private static async Task MemoryAsync(EventServer server, TimeSpan length, Report report)
    {
        var rows = new List<string[]>();
        var (started, last) = (Stopwatch.GetTimestamp(), server.Sent);
        while (Stopwatch.GetElapsedTime(started) < length)
        {
            await SendAsync(server, (int)Step.TotalSeconds);
            rows.Add(
            [
                $"{Stopwatch.GetElapsedTime(started).TotalSeconds:0}",
                Report.Rate((server.Sent - last) / Step.TotalSeconds),
                Report.Megabytes(server.ResidentMemory),
            ]);
            last = server.Sent;
        }

        report.Line($"### {length.TotalMinutes:0} minutes of events at full rate, 1 meter, {EventServer.Customers:N0} customers");
        report.Line();
        report.Table(["seconds", "events per second", "resident MB"], rows);
    }

    private static async Task RemovalAsync(EventServer server, int seconds, Report report)
    {
        var before = await SendAsync(server, seconds);
        var removal = server.AdvanceAsync(2);
        var during = new List<Load.LoadResult>();
        do
            during.Add(await SendAsync(server, 1));
        while (!removal.IsCompleted);
        report.Table(
            [$"while a month of {Removed:N0} events is removed ({(await removal).TotalSeconds:0.0} s)", "events per second", "worst p99 ms"],
            [
                ["before", Report.Rate(before.PerSecond), Report.Milliseconds(before.P99)],
                ["meanwhile", Report.Rate(during.Average(r => r.PerSecond)), Report.Milliseconds(during.Max(r => r.P99))],
            ]);
    }
}
