using Tollgate.Benchmarks.Load;
using Tollgate.Benchmarks.Subjects;
using Tollgate.Storage;

namespace Tollgate.Benchmarks.Measurements;

/// <summary>Durable raw events a second, counted as they come, beside the same rows stored with nothing around them.</summary>
internal static class EventsOverHttp
{
    private const int Distinct = 1_000_000;

    public static async Task RunAsync(DatabaseKind kind, BenchmarkOptions options, Report report)
    {
        await using var server = await EventServer.StartAsync(kind);
        var database = await server.CreateDatabaseAsync();
        var subjects = new List<(string Name, Func<int, Task<LoadResult>> Run)>
        {
            ($"raw batches of {EventServer.Batch:N0}, one connection", s => RawEvents.RunAsync(kind, database, s)),
            ("1 meter, one customer", s => server.SendAsync("one", 1, EventServer.Batch, s)),
            ($"1 meter, {EventServer.Customers:N0} customers", s => server.SendAsync("one", EventServer.Customers, EventServer.Batch, s)),
            ("5 meters, one customer", s => server.SendAsync("five", 1, EventServer.Batch, s)),
            ($"5 meters, {EventServer.Customers:N0} customers", s => server.SendAsync("five", EventServer.Customers, EventServer.Batch, s)),
            ($"1 UNIQUE meter, one customer, beyond {Distinct:N0} distinct values", s => server.SendAsync("unique", 1, EventServer.Batch, s)),
            ("no meter, one customer", s => server.SendAsync("none", 1, EventServer.Batch, s)),
            ("1 meter, single events", s => server.SendAsync("one", EventServer.Customers, 1, s)),
        };
        subjects.RemoveAll(subject => subject != subjects[0] && !subject.Name.Contains(options.Subject, StringComparison.Ordinal));
        if (subjects.Any(subject => subject.Name.Contains("UNIQUE", StringComparison.Ordinal)))
            await server.FillDistinctAsync(Distinct);
        var before = server.ResidentMemory;
        var results = await Rounds.RunAsync(subjects, options, warmUp: true);
        report.Line($"### Durable raw events over HTTP, batches of {EventServer.Batch:N0} unless said otherwise, {EventServer.Senders} senders");
        report.Line();
        report.Table(
            ["subject", "events per second", "p50 ms", "p99 ms", "of the raw batches"],
            subjects.Select((subject, i) => (string[])
            [
                subject.Name,
                Report.Rate(results[i].PerSecond),
                Report.Milliseconds(results[i].P50),
                Report.Milliseconds(results[i].P99),
                Report.Ratio(results[i].PerSecond / results[0].PerSecond),
            ]));
        var alone = await server.CheckAsync(options.Seconds);
        var sending = server.SendAsync("one", EventServer.Customers, EventServer.Batch, options.Seconds + 1);
        var beside = await server.CheckAsync(options.Seconds);
        await sending;
        report.Table(
            ["checks of a metered feature, one connection", "p50 ms", "p99 ms"],
            [
                ["alone", Report.Milliseconds(alone.P50), Report.Milliseconds(alone.P99)],
                ["while events come in", Report.Milliseconds(beside.P50), Report.Milliseconds(beside.P99)],
            ]);
        report.Line($"Resident memory of the server: {Report.Megabytes(before)} MB before the rounds, {Report.Megabytes(server.ResidentMemory)} MB after.");
        var coming = $"Stored bytes an event, indexes included: {await server.BytesAnEventAsync():0}";
        report.Line(kind == DatabaseKind.Sqlite
            ? $"{coming}."
            : $"{coming}; {await server.BytesAnEventAsync(isPacked: true):0} when its month is over.");
        report.Line();
    }
}
