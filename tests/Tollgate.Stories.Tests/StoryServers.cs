using System.Collections.Concurrent;
using Tollgate.Storage;
using Tollgate.Stories.Tests;
using Tollgate.Testing;

[assembly: AssemblyFixture(typeof(StoryServers))]

namespace Tollgate.Stories.Tests;

/// <summary>One running server per database; every story has an environment, and so a clock, of its own.</summary>
public sealed class StoryServers : IAsyncDisposable
{
    private readonly ConcurrentDictionary<DatabaseKind, Lazy<Task<ServerProcess>>> _servers = new();
    private ServerProcess? _second;

    public async Task<Story> NewStoryAsync(DatabaseKind database, string startsAt) =>
        (await StartStoryAsync(database, startsAt)).Story;

    private Task<ServerProcess> ServerAsync(DatabaseKind database) =>
        _servers.GetOrAdd(database, kind => new(() => ServerProcess.StartAsync(kind))).Value;

    private async Task<(Story Story, string Key)> StartStoryAsync(DatabaseKind database, string startsAt)
    {
        var server = await ServerAsync(database);
        var owner = new Story(server.Client);
        var created = await owner.PostAsync("/tollgate/v1/environments", new { name = $"story-{Guid.NewGuid():N}" });
        var key = created.GetProperty("apiKeys").EnumerateArray()
            .Single(k => k.GetProperty("kind").GetString() == "SERVER").GetProperty("secret").GetString()!;
        var story = new Story(server.CreateClient(key), () => server.Output);
        await story.AdvanceAsync(new { to = startsAt, frozen = true });
        // Stories look back over years.
        await story.PatchAsync("/tollgate/v1/usage/retention", new { eventLogDays = 36_500 });
        return (story, key);
    }

    /// <summary>One environment, told through two processes on one PostgreSQL database.</summary>
    public async Task<(Story First, Story Second)> NewStoryOnTwoNodesAsync(string startsAt)
    {
        var (first, key) = await StartStoryAsync(DatabaseKind.PostgreSql, startsAt);
        var server = await ServerAsync(DatabaseKind.PostgreSql);
        _second ??= await ServerProcess.StartAsync(
            new ServerOptions { Database = DatabaseKind.PostgreSql, ConnectionString = server.ConnectionString });
        return (first, new Story(_second.CreateClient(key), () => _second.Output));
    }

    public async ValueTask DisposeAsync()
    {
        if (_second is not null)
            await _second.DisposeAsync();
        foreach (var server in _servers.Values)
        {
            // A start that failed was reported by the story that asked for it.
            if (server.Value.IsCompletedSuccessfully)
                await (await server.Value).DisposeAsync();
        }
    }
}
