using System.Collections.Concurrent;
using Tollgate.Server.Tests;
using Tollgate.Storage;
using Tollgate.Testing;

[assembly: AssemblyFixture(typeof(SharedServers))]

namespace Tollgate.Server.Tests;

/// <summary>
/// One running server per database for every test that leaves it running. Tests share its data: each uses ids of its own, or an
/// environment of its own where it moves the clock or counts a whole list.
/// </summary>
public sealed class SharedServers : IAsyncDisposable
{
    private readonly ConcurrentDictionary<DatabaseKind, Lazy<Task<ServerProcess>>> _servers = new();

    public Task<ServerProcess> GetAsync(DatabaseKind database) =>
        _servers.GetOrAdd(database, kind => new(() => ServerProcess.StartAsync(kind))).Value;

    /// <summary>A client of a fresh environment with a test clock, so that nobody else writes there.</summary>
    public async Task<HttpClient> NewEnvironmentAsync(DatabaseKind database, CancellationToken cancellationToken)
    {
        var server = await GetAsync(database);
        var created = await server.Client.CallAsync(
            HttpMethod.Post,
            "/tollgate/v1/environments",
            new { name = NewId("environment"), isProduction = false },
            cancellationToken);
        Assert.Equal(201, created.Status);
        var key = created.Json.GetProperty("data").GetProperty("apiKeys").EnumerateArray()
            .Single(candidate => candidate.GetProperty("kind").GetString() == "SERVER");
        return server.CreateClient(key.GetProperty("secret").GetString());
    }

    public static string NewId(string prefix) => $"{prefix}-{Guid.NewGuid():N}";

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers.Values)
        {
            // A start that failed was reported by the test that asked for it.
            if (server.Value.IsCompletedSuccessfully)
                await (await server.Value).DisposeAsync();
        }
    }
}
