using System.Text.Json;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Faults;

/// <summary>A process that dies in the middle of a task: the next one goes on after the last item and does none twice.</summary>
public sealed class LostMigrationTests
{
    private const int Subscriptions = 900;

    /// <summary>The dead process holds its claim for half a minute.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Killed_in_the_middle_a_migration_moves_every_subscription_once(DatabaseKind kind)
    {
        await using var server = await ServerProcess.StartAsync(kind, Cancellation);
        await server.Client.SetUpAsync();
        await ImportAsync(server.Client);
        var id = await PublishAsync(server.Client);
        await Eventually.TrueAsync(
            async () => Done(await TaskAsync(server.Client, id)) >= 25, cancellationToken: Cancellation);
        server.Kill();

        await server.StartAgainAsync(Cancellation);
        var between = await TaskAsync(server.Client, id);
        await Eventually.TrueAsync(
            async () => (await TaskAsync(server.Client, id)).GetProperty("status").GetString() is not ("PENDING" or "IN_PROGRESS"),
            Patience,
            cancellationToken: Cancellation);

        Assert.InRange(Done(between), 25, Subscriptions - 1);
        var ended = await TaskAsync(server.Client, id);
        Assert.Equal(
            ("COMPLETED", Subscriptions, 0),
            (ended.GetProperty("status").GetString(), Done(ended), ended.GetProperty("progress").GetProperty("failed").GetInt32()));
        var events = await EventsAsync(server.Client, id);
        var moved = events.Where(e => e.Type == "SUBSCRIPTION_UPDATED").Select(e => e.EntityId).ToList();
        Assert.Equal(Subscriptions, moved.Count);
        Assert.Distinct(moved);
        Assert.Single(events, e => e.Type == "SUBSCRIPTIONS_MIGRATED");
        Assert.Equal(Subscriptions + 1, events.Count);
        var versions = (await server.Client.ReadAsync("/tollgate/v1/plans/free/versions", Cancellation)).Data.EnumerateArray()
            .ToDictionary(v => v.GetProperty("versionNumber").GetInt32(), v => v.GetProperty("subscriptions").GetInt32());
        Assert.Equal((0, Subscriptions), (versions[1], versions[2]));
    }

    private static async Task ImportAsync(HttpClient client)
    {
        var names = Enumerable.Range(0, Subscriptions).Select(i => $"c{i}").ToList();
        await client.DoAsync("/api/v1/customers/import", new
        {
            customers = names.Select(id => new { id, email = (string?)null, name = (string?)null }),
        });
        var import = await client.DoAsync("/api/v1/subscriptions/import", new
        {
            subscriptions = names.Select(id => new { id = $"s-{id}", customerId = id, planId = "free" }),
        });
        var task = import.GetProperty("taskId").GetString()!;
        await Eventually.TrueAsync(
            async () => (await TaskAsync(client, task)).GetProperty("status").GetString() == "COMPLETED",
            Patience,
            cancellationToken: Cancellation);
    }

    /// <summary>Publishes another limit for everybody; the id of the task.</summary>
    private static async Task<string> PublishAsync(HttpClient client)
    {
        await client.DoAsync("/api/v1/plans/free/draft", new { });
        var changed = await client.CallAsync(
            HttpMethod.Patch, "/api/v1/plans/free/entitlements/calls", new { type = "FEATURE", usageLimit = 7 }, Cancellation);
        Assert.True(changed.Status == 200, changed.Text);
        var published = await client.DoAsync("/api/v1/plans/free/publish", new { migrationType = "ALL_CUSTOMERS" });
        return published.GetProperty("taskId").GetString()!;
    }

    private static async Task<JsonElement> TaskAsync(HttpClient client, string id)
    {
        var answer = await client.ReadAsync($"/tollgate/v1/tasks/{id}", Cancellation);
        Assert.True(answer.Status == 200, answer.Text);
        return answer.Data;
    }

    private static int Done(JsonElement task) => task.GetProperty("progress").GetProperty("done").GetInt32();

    /// <summary>Everything the task did, whichever process it ran in.</summary>
    private static async Task<IReadOnlyList<(string Type, string EntityId)>> EventsAsync(HttpClient client, string task)
    {
        var all = new List<(string, string)>();
        for (string? after = ""; after is not null;)
        {
            var page = await client.ReadAsync($"/tollgate/v1/events?traceId={task}&limit=100{after}", Cancellation);
            Assert.True(page.Status == 200, page.Text);
            all.AddRange(page.Data.EnumerateArray().Select(e =>
                (e.GetProperty("type").GetString()!, e.GetProperty("entityId").GetString()!)));
            var next = page.Json.GetProperty("pagination").GetProperty("next").GetString();
            after = next is null ? null : "&after=" + next;
        }

        return all;
    }
}
