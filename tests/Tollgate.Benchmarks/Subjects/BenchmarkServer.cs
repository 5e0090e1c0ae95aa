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
