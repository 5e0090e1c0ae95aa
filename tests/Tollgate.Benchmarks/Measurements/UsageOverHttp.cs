using Tollgate.Benchmarks.Load;
using Tollgate.Benchmarks.Subjects;
using Tollgate.Storage;

namespace Tollgate.Benchmarks.Measurements;

/// <summary>Durable single usage reports a second, beside what the same database commits with nothing around it.</summary>
internal static class UsageOverHttp
{
    private static readonly int[] Connections = [1, 16, 64];

    public static async Task RunAsync(BenchmarkServer server, ILoadClient load, BenchmarkOptions options, Report report)
    {
        var database = await server.CreateDatabaseAsync();
        var rows = new List<IReadOnlyList<string>>();
        foreach (var connections in Connections)
        {
            var subjects = new List<(string Name, Func<int, Task<LoadResult>> Run)>
            {
                Raw(server.Database, database, connections),
                ($"reports, {BenchmarkServer.Customers:N0} customers", s => RunAsync(new(BenchmarkServer.Customers, false), s)),
                ("reports, one customer", s => RunAsync(new(1, false), s)),
                ($"reports with idempotencyKey, {BenchmarkServer.Customers:N0} customers",
                    s => RunAsync(new(BenchmarkServer.Customers, true), s)),
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

            Task<LoadResult> RunAsync(UsageLoad usage, int seconds) => load.RunAsync(server.Usage(usage), connections, seconds);
        }

        report.Line("### Durable single usage reports over HTTP");
        report.Line();
        report.Table(["subject", "connections", "per second", "p50 ms", "p99 ms", "of the raw commits"], rows);
    }

    private static (string Name, Func<int, Task<LoadResult>> Run) Raw(DatabaseKind kind, string? database, int connections) =>
        kind == DatabaseKind.Sqlite
            ? ("raw one-row upserts, one connection", seconds => Task.FromResult(RawCommits.Sqlite(seconds)))
            : ("raw one-row inserts", seconds => RawCommits.PostgreSqlAsync(database!, connections, seconds));
}
