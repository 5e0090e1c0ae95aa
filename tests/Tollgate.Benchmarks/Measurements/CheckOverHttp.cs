using Tollgate.Benchmarks.Load;
using Tollgate.Benchmarks.Subjects;

namespace Tollgate.Benchmarks.Measurements;

/// <summary>Checks a second over HTTP, beside a bare endpoint that sends as many bytes and beside Redis GET.</summary>
internal static class CheckOverHttp
{
    private const int Connections = 64;

    public static async Task RunAsync(BenchmarkServer server, ILoadClient load, BenchmarkOptions options, Report report)
    {
        var (flag, meter) = (server.Check(BenchmarkServer.Flag), server.Check(BenchmarkServer.Meter));
        var (flagBody, meterBody) = (await server.GetAsync(flag.Url), await server.GetAsync(meter.Url));
        await using var bare = await BareEndpoint.StartAsync(meterBody);
        await using var redis = await RedisServer.StartAsync();
        var subjects = new List<(string Name, Func<int, Task<LoadResult>> Run)>
        {
            ($"bare endpoint, {meterBody.Length} bytes", s => load.RunAsync(flag with { Url = bare.Url }, Connections, s)),
            ($"check, boolean feature, {flagBody.Length} bytes", s => load.RunAsync(flag, Connections, s)),
            ($"check, monthly metered feature, {meterBody.Length} bytes", s => load.RunAsync(meter, Connections, s)),
        };
        if (redis is not null)
            subjects.Add(($"Redis GET, {meterBody.Length} bytes", s => redis.GetAsync(meterBody.Length, Connections, s)));
        var results = await Rounds.RunAsync(subjects, options, warmUp: true);
        report.Line($"### Checks over HTTP, {Connections} connections");
        report.Line();
        report.Table(
            ["subject", "per second", "p50 ms", "p99 ms", "of the bare endpoint"],
            subjects.Select((subject, i) => (string[])
            [
                subject.Name,
                Report.Rate(results[i].PerSecond),
                Report.Milliseconds(results[i].P50),
                Report.Milliseconds(results[i].P99),
                Report.Ratio(results[i].PerSecond / results[0].PerSecond),
            ]));
    }
}
