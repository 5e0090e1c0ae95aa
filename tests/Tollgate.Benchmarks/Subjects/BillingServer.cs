using System.Text.Json;
using System.Text.Json.Nodes;
using NodaTime;
using Tollgate.Benchmarks.Load;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Benchmarks.Subjects;

/// <summary>
/// The real server with a paid plan, a base fee and seats by the month, and a clock that stands, so that all subscriptions
/// renew at one instant.
/// </summary>
internal sealed class BillingServer : IAsyncDisposable
{
    private readonly PostgreSqlServer? _cluster;

    private BillingServer(ServerProcess process, PostgreSqlServer? cluster, DatabaseKind database)
    {
        Process = process;
        _cluster = cluster;
        Database = database;
    }

    /// <summary>When every subscription starts, and a month later, when every one renews.</summary>
    public static Instant Start { get; } = Instant.FromUtc(2040, 3, 1, 0, 0);

    public static Instant Renewal { get; } = Instant.FromUtc(2040, 4, 1, 0, 0);

    public ServerProcess Process { get; }

    public DatabaseKind Database { get; }

    public long ResidentMemory => Machine.ResidentMemory(Process.ProcessId);

    public static async Task<BillingServer> StartAsync(DatabaseKind database)
    {
        var cluster = database == DatabaseKind.PostgreSql ? await PostgreSqlServer.StartOwnAsync() : null;
        var process = await ServerProcess.StartAsync(new ServerOptions
        {
            Database = database,
            ConnectionString = cluster is null ? null : await cluster.CreateDatabaseAsync(),
        });
        var server = new BillingServer(process, cluster, database);
        await server.FillAsync();
        return server;
    }

    public static JsonNode Customer(int i) => new JsonObject { ["id"] = $"c{i}" };

    public static JsonNode Subscription(int i) => new JsonObject
    {
        ["customerId"] = $"c{i}",
        ["planId"] = "team",
        ["billingPeriod"] = "MONTHLY",
        ["charges"] = new JsonArray(new JsonObject { ["type"] = "FEATURE", ["id"] = "seats", ["quantity"] = 5 }),
    };

    /// <summary>The field of <c>/health/ready</c> that says how late due work is.</summary>
    public async Task<long> DueLagMillisecondsAsync()
    {
        using var answer = await Process.Client.GetAsync("/health/ready");
        var health = await JsonSerializer.DeserializeAsync<JsonElement>(await answer.Content.ReadAsStreamAsync());
        return health.GetProperty("workers").EnumerateArray()
            .Where(worker => worker.TryGetProperty("dueLagMilliseconds", out _))
            .Max(worker => worker.GetProperty("dueLagMilliseconds").GetInt64());
    }

    /// <summary>A database of the same cluster, empty; null on SQLite.</summary>
    public async Task<string?> CreateDatabaseAsync() => _cluster is null ? null : await _cluster.CreateDatabaseAsync();

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }

    private async Task FillAsync()
    {
        using var loop = new RequestLoop(Process, 1);
        await PostAsync("/api/v1/features", """
            {"id":"seats","displayName":"Seats","featureType":"NUMBER","meterType":"FLUCTUATING","featureUnits":"seat",
             "featureUnitsPlural":"seats"}
            """);
        await PostAsync("/api/v1/plans", """
            {"id":"team","displayName":"Team","productId":"product-default","pricingType":"PAID"}
            """);
        using var priced = await Process.Client.PatchAsync("/api/v1/plans/team", new StringContent("""
            {"charges":{"pricingType":"PAID","pricingModels":[
              {"billingModel":"FLAT_FEE","pricePeriods":[
                {"billingPeriod":"MONTHLY","price":{"amount":49,"currency":"usd"}}]},
              {"billingModel":"PER_UNIT","featureId":"seats","pricePeriods":[
                {"billingPeriod":"MONTHLY","price":{"amount":10,"currency":"usd"}}]}]}}
            """, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")));
        if (!priced.IsSuccessStatusCode)
            throw new InvalidOperationException(await priced.Content.ReadAsStringAsync());
        await PostAsync("/api/v1/plans/team/publish", """{"migrationType":"NEW_CUSTOMERS"}""");
        await PostAsync("/tollgate/v1/test-clock/advance", $$"""{"to":"{{Start}}","frozen":true}""");

        Task PostAsync(string path, string body) => loop.RunAsync(path, 1, _ => JsonNode.Parse(body)!);
    }
}
