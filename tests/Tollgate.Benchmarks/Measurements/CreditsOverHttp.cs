using Tollgate.Benchmarks.Load;
using Tollgate.Benchmarks.Subjects;
using Tollgate.Storage;

namespace Tollgate.Benchmarks.Measurements;

/// <summary>Durable consumptions of credits a second, of one wallet and of ten thousand, beside what the database commits alone.</summary>
internal static class CreditsOverHttp
{
    private const int Wallets = 10_000;
    private static readonly int[] Connections = [1, 64, 256];

    public static async Task RunAsync(BenchmarkServer server, ILoadClient load, BenchmarkOptions options, Report report)
    {
        await server.FillWalletsAsync(Wallets);
        var database = await server.CreateDatabaseAsync();
        var rows = new List<IReadOnlyList<string>>();
        foreach (var connections in Connections)
        {
            var raw = server.Database == DatabaseKind.Sqlite
                ? ("raw one-row upserts, one connection", seconds => Task.FromResult(RawCommits.Sqlite(seconds)))
                : ("raw one-row inserts", (Func<int, Task<LoadResult>>)(s => RawCommits.PostgreSqlAsync(database!, Math.Min(connections, 64), s)));
            var subjects = new List<(string Name, Func<int, Task<LoadResult>> Run)>
            {
                raw,
                ("consumptions, one wallet", s => load.RunAsync(server.Credits(new(1, true, true)), connections, s)),
                ($"consumptions, {Wallets:N0} wallets", s => load.RunAsync(server.Credits(new(Wallets, true, true)), connections, s)),
            };
            var results = await Rounds.RunAsync(subjects, options, warmUp: connections == Connections[0]);
            rows.AddRange(subjects.Select((subject, i) => (string[])
            [
                subject.Name,
                $"{connections}",
                Report.Rate(results[i].PerSecond),
                Report.Milliseconds(results[i].P50),
                Report.Milliseconds(results[i].P99),
                Report.Ratio(results[i].PerSecond / results[0].PerSecond),
            ]));
        }

        report.Line("### Durable consumptions of credits over HTTP");
        report.Line();
        report.Table(["subject", "connections", "per second", "p50 ms", "p99 ms", "of the raw commits"], rows);
        var batched = await server.ConsumeInBatchesAsync(connections: 16, options.Seconds);
        report.Line($"One wallet in batches of 100, 16 connections: {Report.Rate(batched)} a second.");
        report.Line();
    }
}
