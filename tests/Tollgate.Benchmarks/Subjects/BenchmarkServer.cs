using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Tollgate.Benchmarks.Load;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Benchmarks.Subjects;

/// <summary>The real server as a process, filled through its public API: customers on a plan with a flag and a monthly meter.</summary>
internal sealed class BenchmarkServer : IAsyncDisposable
{
    public const int Customers = 1_000;
    public const string Flag = "flag";
    public const string Meter = "meter";
    public const string Currency = "ai";

    private readonly ServerProcess _process;
    private readonly PostgreSqlServer? _cluster;

    private BenchmarkServer(ServerProcess process, PostgreSqlServer? cluster, DatabaseKind database)
    {
        _process = process;
        _cluster = cluster;
        Database = database;
    }

    public DatabaseKind Database { get; }

    public string ResidentMegabytes => Report.Megabytes(Machine.ResidentMemory(_process.ProcessId));

    public static async Task<BenchmarkServer> StartAsync(DatabaseKind database)
    {
        var cluster = database == DatabaseKind.PostgreSql ? await PostgreSqlServer.StartOwnAsync() : null;
        var process = await ServerProcess.StartAsync(new ServerOptions
        {
            Database = database,
            ConnectionString = cluster is null ? null : await cluster.CreateDatabaseAsync(),
        });
        var server = new BenchmarkServer(process, cluster, database);
        await server.FillAsync();
        return server;
    }

    public LoadPlan Check(string feature) =>
        new(new(_process.BaseAddress, $"/api/v1/customers/c7/entitlements/check?featureId={feature}"), ServerOptions.DefaultServerKey);

    public LoadPlan Usage(UsageLoad usage) =>
        new(new(_process.BaseAddress, "/api/v1/usage"), ServerOptions.DefaultServerKey, usage);

    public LoadPlan Credits(UsageLoad consumption) =>
        new(new(_process.BaseAddress, "/api/v1/credits/consumption"), ServerOptions.DefaultServerKey, consumption);

    /// <summary>Wallets c0, c1... of a billion credits each; customers that do not exist yet are made.</summary>
    public async Task FillWalletsAsync(int wallets)
    {
        await PostAsync("credits/custom-currencies", $$"""{"id":"{{Currency}}","displayName":"AI"}""");
        await Parallel.ForAsync(0, wallets, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            if (i >= Customers)
                await PostAsync("customers", $$"""{"id":"c{{i}}"}""");
            await PostAsync("credits/grants", $$"""
                {"customerId":"c{{i}}","currencyId":"{{Currency}}","amount":1000000000,"displayName":"All","grantType":"PROMOTIONAL"}
                """);
        });
    }

    /// <summary>Posts a hundred consumptions of one wallet at a time, asynchronous ones; how many a second became durable.</summary>
    public async Task<double> ConsumeInBatchesAsync(int connections, int seconds)
    {
        var (count, started) = (0, System.Diagnostics.Stopwatch.StartNew());
        await Task.WhenAll(Enumerable.Range(0, connections).Select(async _ =>
        {
            while (started.Elapsed.TotalSeconds < seconds)
            {
                var key = Guid.CreateVersion7().ToString("N");
                await PostAsync("credits/consumption/async", $$"""
                    {"consumptions":[{{string.Join(',', Enumerable.Range(0, 100).Select(i =>
                        new UsageLoad(1, true, Credits: true).Body(0, $"{key}-{i}")))}}]}
                    """);
                Interlocked.Add(ref count, 100);
            }
        }));
        return count / started.Elapsed.TotalSeconds;
    }

    public Task<byte[]> GetAsync(Uri url) => _process.Client.GetByteArrayAsync(url);

    /// <summary>A database of the same cluster, empty; null on SQLite.</summary>
    public async Task<string?> CreateDatabaseAsync() => _cluster is null ? null : await _cluster.CreateDatabaseAsync();

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }

    private async Task FillAsync()
    {
        await PostAsync("features", $$"""{"id":"{{Flag}}","displayName":"Flag","featureType":"BOOLEAN"}""");
        await PostAsync("features", $$"""
            {"id":"{{Meter}}","displayName":"Meter","featureType":"NUMBER","meterType":"INCREMENTAL","featureUnits":"call",
             "featureUnitsPlural":"calls"}
            """);
        await PostAsync("plans", """
            {"id":"plan","displayName":"Plan","productId":"product-default","pricingType":"FREE","status":"DRAFT"}
            """);
        await PostAsync("plans/plan/entitlements", $$$"""
            {"entitlements":[{"type":"FEATURE","id":"{{{Flag}}}"},
              {"type":"FEATURE","id":"{{{Meter}}}","usageLimit":1000000000,"resetPeriod":"MONTH",
               "monthlyResetPeriodConfiguration":{"accordingTo":"SubscriptionStart"}}]}
            """);
        await PostAsync("plans/plan/publish", """{"migrationType":"NEW_CUSTOMERS"}""");
        await Parallel.ForAsync(0, Customers, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            await PostAsync("customers", $$"""{"id":"c{{i}}"}""");
            await PostAsync("subscriptions", $$"""{"customerId":"c{{i}}","planId":"plan"}""");
            await GetAsync(new(_process.BaseAddress, $"/api/v1/customers/c{i}/entitlements/check?featureId={Meter}"));
        });
    }

    private async Task PostAsync(string path, string body)
    {
        using var response = await _process.Client.PostAsJsonAsync($"/api/v1/{path}", JsonNode.Parse(body));
        if (!response.IsSuccessStatusCode)
        {
            throw new InvalidOperationException(
                $"POST {path} {body}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        }
    }
}
