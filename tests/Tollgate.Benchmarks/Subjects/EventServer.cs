using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Npgsql;
using Tollgate.Benchmarks.Load;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Benchmarks.Subjects;

/// <summary>
/// The real server with customers on a plan of metered features: events named "one" match one meter, "five" five, "unique" one
/// that counts distinct values.
/// </summary>
internal sealed class EventServer : IAsyncDisposable
{
    public const int Customers = 1_000;
    public const int Batch = 1_000;

    public const int Senders = 16;

    private readonly PostgreSqlServer? _cluster;
    private readonly HttpClient _client;
    private readonly ServerProcess _process;
    private long _sent;

    /// <summary>How far the clock of the environment is ahead of real time.</summary>
    private TimeSpan _ahead;

    private EventServer(ServerProcess process, PostgreSqlServer? cluster)
    {
        _process = process;
        _cluster = cluster;
        _client = process.CreateClient(ServerOptions.DefaultServerKey);
        _client.Timeout = Timeout.InfiniteTimeSpan;
    }

    public static async Task<EventServer> StartAsync(DatabaseKind database)
    {
        var cluster = database == DatabaseKind.PostgreSql ? await PostgreSqlServer.StartOwnAsync() : null;
        var process = await ServerProcess.StartAsync(new ServerOptions
        {
            Database = database,
            ConnectionString = cluster is null ? null : await cluster.CreateDatabaseAsync(),
        });
        var server = new EventServer(process, cluster);
        await server.FillAsync();
        return server;
    }

    public long Sent => Interlocked.Read(ref _sent);

    public long ResidentMemory => Machine.ResidentMemory(_process.ProcessId);

    /// <summary>A database of the same cluster, empty; null on SQLite.</summary>
    public async Task<string?> CreateDatabaseAsync() => _cluster is null ? null : await _cluster.CreateDatabaseAsync();

    /// <summary>Sends batches for some seconds.</summary>
    public Task<LoadResult> SendAsync(string name, int customers, int batch, int seconds) =>
        RunAsync(Senders, batch, seconds, () => new(name, customers, batch));

    /// <summary>Brings that many distinct values to the UNIQUE meter of one customer; how long it took.</summary>
    public async Task<TimeSpan> FillDistinctAsync(int values)
    {
        var started = Stopwatch.GetTimestamp();
        var until = Interlocked.Read(ref _sent) + values;
        while (Interlocked.Read(ref _sent) < until)
            await SendAsync("unique", 1, Batch, 1);
        return Stopwatch.GetElapsedTime(started);
    }

    /// <summary>Moves the clock by that many months, does what is due by then, and says how long it took.</summary>
    public async Task<TimeSpan> AdvanceAsync(int months)
    {
        var started = Stopwatch.GetTimestamp();
        using var answer = await _client.PostAsJsonAsync("/tollgate/v1/test-clock/advance", new { by = $"P{months}M" });
        answer.EnsureSuccessStatusCode();
        return Stopwatch.GetElapsedTime(started);
    }

    /// <summary>What is sent from now on is dated by the clock of the environment.</summary>
    public async Task FollowClockAsync()
    {
        var clock = JsonNode.Parse(await _client.GetStringAsync("/tollgate/v1/test-clock"))!;
        _ahead = clock["data"]!["now"]!.GetValue<DateTime>().ToUniversalTime() - DateTime.UtcNow;
    }

    /// <summary>Checks from one connection for some seconds.</summary>
    public async Task<LoadResult> CheckAsync(int seconds)
    {
        var taken = new List<double>();
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started).TotalSeconds < seconds)
        {
            var sent = Stopwatch.GetTimestamp();
            await _client.GetByteArrayAsync("/api/v1/customers/c7/entitlements/check?featureId=m0");
            taken.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
        }

        taken.Sort();
        return new(taken.Count / (double)seconds, taken[taken.Count / 2], taken[taken.Count * 99 / 100]);
    }

    /// <summary>Bytes of table and indexes for each event; SQLite: of the whole file, distinct values included, when the
    /// server has stopped.</summary>
    /// <param name="isPacked">As it is when the month is over and its index was built anew; SQLite knows no such thing.</param>
    public async Task<double> BytesAnEventAsync(bool isPacked = false)
    {
        if (_process.ConnectionString is { } connection)
        {
            await using var source = NpgsqlDataSource.Create(connection);
            await using var size = source.CreateCommand(
                """
                SELECT (SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'usage_events'::regclass)
                  / (SELECT count(*) FROM usage_events)::float8
                """);
            size.CommandTimeout = 0;
            if (isPacked)
            {
                await using var pack = source.CreateCommand("REINDEX INDEX usage_events_by_source");
                pack.CommandTimeout = 0;
                await pack.ExecuteNonQueryAsync();
            }

            return Convert.ToDouble(await size.ExecuteScalarAsync());
        }

        await _process.StopAsync();
        var bytes = Directory.GetFiles(_process.DataDirectory, "*.db").Sum(file => new FileInfo(file).Length);
        return bytes / (double)Interlocked.Read(ref _sent);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _process.DisposeAsync();
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }

    private async Task<LoadResult> RunAsync(int senders, int batch, int seconds, Func<EventBatch> prepare)
    {
        var latencies = await Task.WhenAll(Enumerable.Range(0, senders).Select(_ => Task.Run(async () =>
        {
            var taken = new List<double>();
            var prepared = prepare();
            var started = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(started).TotalSeconds < seconds)
            {
                // Another customer sends the next event; a batch holds them all.
                if (batch == 1)
                    prepared = prepare();
                using var content = new ByteArrayContent(prepared.Next(DateTime.UtcNow + _ahead));
                content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                var sent = Stopwatch.GetTimestamp();
                using var response = await _client.PostAsync("/api/v1/events", content);
                if (!response.IsSuccessStatusCode)
                    throw new InvalidOperationException(await response.Content.ReadAsStringAsync());
                taken.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
                Interlocked.Add(ref _sent, batch);
            }

            return taken;
        })));
        var all = latencies.SelectMany(l => l).Order().ToList();
        return new(all.Count * (double)batch / seconds, all[all.Count / 2], all[all.Count * 99 / 100]);
    }

    private async Task FillAsync()
    {
        for (var i = 0; i < 6; i++)
        {
            await CallAsync(HttpMethod.Post, "features", $$"""
                {"id":"m{{i}}","displayName":"m{{i}}","featureType":"NUMBER","meterType":"INCREMENTAL"}
                """);
            var (names, aggregation) = i switch
            {
                0 => ("[\"one\",\"five\"]", """{"function":"SUM","field":"tokens"}"""),
                5 => ("[\"unique\"]", """{"function":"UNIQUE","field":"tokens"}"""),
                _ => ("[\"five\"]", """{"function":"COUNT"}"""),
            };
            await CallAsync(HttpMethod.Patch, $"features/m{i}", $$$"""
                {"meter":{"aggregation":{{{aggregation}}},
                  "filters":[{"conditions":[{"field":"eventName","operation":"IN","values":{{{names}}}}]}]}}
                """);
        }

        await CallAsync(HttpMethod.Post, "plans", """
            {"id":"plan","displayName":"Plan","productId":"product-default","pricingType":"FREE","status":"DRAFT"}
            """);
        var rows = Enumerable.Range(0, 6).Select(i => $$"""
            {"type":"FEATURE","id":"m{{i}}","usageLimit":1000000000000,"resetPeriod":"MONTH"}
            """);
        await CallAsync(HttpMethod.Post, "plans/plan/entitlements", $$"""{"entitlements":[{{string.Join(',', rows)}}]}""");
        await CallAsync(HttpMethod.Post, "plans/plan/publish", """{"migrationType":"NEW_CUSTOMERS"}""");
        await Parallel.ForAsync(0, Customers, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            await CallAsync(HttpMethod.Post, "customers", $$"""{"id":"c{{i}}"}""");
            await CallAsync(HttpMethod.Post, "subscriptions", $$"""{"customerId":"c{{i}}","planId":"plan"}""");
        });
    }

    private async Task CallAsync(HttpMethod method, string path, string body)
    {
        using var request = new HttpRequestMessage(method, $"/api/v1/{path}")
        {
            Content = JsonContent.Create(JsonNode.Parse(body)),
        };
        using var response = await _client.SendAsync(request);
        if (!response.IsSuccessStatusCode)
        {
            throw new InvalidOperationException(
                $"{method} {path} {body}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        }
    }
}
