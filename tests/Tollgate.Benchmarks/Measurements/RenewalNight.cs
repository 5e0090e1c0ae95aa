using System.Diagnostics;
using System.Text.Json.Nodes;
using NodaTime;
using Tollgate.Benchmarks.Load;
using Tollgate.Benchmarks.Subjects;

namespace Tollgate.Benchmarks.Measurements;

/// <summary>Every subscription renews at one instant: how long it takes, how much memory, and how late health says it is.</summary>
internal static class RenewalNight
{
    public static async Task RunAsync(BillingServer server, int subscriptions, Report report)
    {
        using var loop = new RequestLoop(server.Process, 1);
        // The clock ticks again three seconds before midnight, so that the server's own worker finds the work.
        var noticed = Stopwatch.GetTimestamp();
        await AdvanceAsync(BillingServer.Renewal - Duration.FromSeconds(3), frozen: false);
        var notices = Stopwatch.GetElapsedTime(noticed);
        var before = server.ResidentMemory;
        var (highest, latest) = (before, 0L);
        await Task.Delay(TimeSpan.FromSeconds(3));
        var started = Stopwatch.GetTimestamp();
        do
        {
            await Task.Delay(200);
            highest = Math.Max(highest, server.ResidentMemory);
            latest = Math.Max(latest, await server.DueLagMillisecondsAsync());
        }
        while (await server.DueLagMillisecondsAsync() > 0 || Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(2));

        var elapsed = Stopwatch.GetElapsedTime(started);
        report.Line("### Renewal night");
        report.Line();
        report.Table(
            ["subscriptions due at one instant", "s for the notices an hour before", "s for the renewals", "per second", "MB before", "MB at most", "largest lag in health, s"],
            [
                [
                    $"{subscriptions:N0}",
                    $"{notices.TotalSeconds:N1}",
                    $"{elapsed.TotalSeconds:N1}",
                    Report.Rate(subscriptions / elapsed.TotalSeconds),
                    Report.Megabytes(before),
                    Report.Megabytes(highest),
                    $"{latest / 1000.0:N1}",
                ],
            ]);

        Task AdvanceAsync(Instant to, bool frozen) => loop.RunAsync(
            "/tollgate/v1/test-clock/advance", 1, _ => new JsonObject { ["to"] = to.ToString(), ["frozen"] = frozen });
    }
}
