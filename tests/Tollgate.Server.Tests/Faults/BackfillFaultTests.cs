using System.Text.Json;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Faults;

/// <summary>A backfill through kills in each of its phases: what was answered is there, and all of it counts or nothing does.</summary>
public sealed class BackfillFaultTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Killed_in_any_phase_a_session_is_whole_or_not_there(DatabaseKind kind)
    {
        await using var server = await ServerProcess.StartAsync(kind, Cancellation);
        await server.Client.SetUpAsync("c");
        await server.Client.MeterCallsAsync();
        var id = (await PostAsync(server, "", new { name = "old", reason = "outage" })).GetProperty("id").GetString()!;

        // While events come in: every call that was answered is stored.
        var answered = 0;
        var killed = false;
        var senders = Enumerable.Range(0, 4).Select(async s =>
        {
            for (var i = 0; !Volatile.Read(ref killed); i++)
            {
                try
                {
                    await PostAsync(server, $"/{id}/events", Batch(s, i));
                    Interlocked.Increment(ref answered);
                }
                catch (HttpRequestException)
                {
                    return i;
                }
            }

            return 0;
        }).ToArray();
        await Eventually.TrueAsync(() => Volatile.Read(ref answered) > 12, cancellationToken: Cancellation);
        server.Kill();
        Volatile.Write(ref killed, true);
        var open = await Task.WhenAll(senders);
        await server.StartAgainAsync(Cancellation);
        Assert.Equal(0, await server.Client.UsageAsync("c"));
        for (var s = 0; s < open.Length; s++)
            await PostAsync(server, $"/{id}/events", Batch(s, open[s]));
        var held = (await GetAsync(server, $"/{id}")).GetProperty("events").GetInt32();
        Assert.Equal(0, held % 10);
        Assert.InRange(held, answered * 10, (answered + (2 * open.Length)) * 10);

        // Amid the close: then it is closed or it is not, and once it was answered it is.
        var closing = PostAsync(server, $"/{id}/close", new { reason = "checked" });
        server.Kill();
        await Task.WhenAny(closing);
        await server.StartAgainAsync(Cancellation);
        var isClosed = (await GetAsync(server, $"/{id}")).GetProperty("status").GetString() == "CLOSED";
        Assert.Equal(isClosed ? held : 0, await server.Client.UsageAsync("c"));
        if (!isClosed)
            await PostAsync(server, $"/{id}/close", new { reason = "checked" });
        server.Kill();
        await server.StartAgainAsync(Cancellation);
        Assert.Equal(held, await server.Client.UsageAsync("c"));

        await PostAsync(server, $"/{id}/revert", new { reason = "wrong" });
        server.Kill();
        await server.StartAgainAsync(Cancellation);
        Assert.Equal(0, await server.Client.UsageAsync("c"));
    }

    /// <summary>Ten events of one token each, of the running window.</summary>
    private static object Batch(int sender, int number) => new
    {
        events = Enumerable.Range(0, 10).Select(i => new
        {
            customerId = "c",
            eventName = "call",
            idempotencyKey = $"{sender}-{number}-{i}",
            timestamp = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture),
            dimensions = new { tokens = 1 },
        }).ToArray(),
    };

    private static async Task<JsonElement> PostAsync(ServerProcess server, string path, object body)
    {
        var answer = await server.Client.CallAsync(HttpMethod.Post, "/tollgate/v1/usage/backfills" + path, body, Cancellation);
        Assert.True(answer.Status == 200, answer.Text);
        return answer.Json.GetProperty("data");
    }

    private static async Task<JsonElement> GetAsync(ServerProcess server, string path)
    {
        var answer = await server.Client.CallAsync(HttpMethod.Get, "/tollgate/v1/usage/backfills" + path, null, Cancellation);
        Assert.True(answer.Status == 200, answer.Text);
        return answer.Json.GetProperty("data");
    }
}
