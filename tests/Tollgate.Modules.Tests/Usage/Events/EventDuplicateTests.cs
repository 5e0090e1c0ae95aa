using Tollgate.Domain.Catalog;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Usage.Events;
using Tollgate.Modules.Usage.Events.Backfills;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.Events.EventDriver;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage.Events;

/// <summary>Events that come again with the same payload (spec entitlements-and-usage 8.2). The clock starts on 2025-01-15 at 12:00.</summary>
public sealed class EventDuplicateTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task What_comes_again_is_dropped_and_noted(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var dated = Event("c", "2025-01-15T11:00:00Z", "a", dimensions: ("tokens", 1m));
        var undated = Event("c", null, "b", dimensions: ("tokens", 10m));
        var other = Event("nobody", null, "o", dimensions: ("tokens", 5m));
        await host.SendAsync(Event("c", null, "once", dimensions: ("tokens", 100m)), other);
        Assert.Equal(0, await host.CountAsync("event_duplicates"));

        // a again in its own call, then a and b beside one that is new, then b after a restart.
        await host.SendAsync(dated, dated, undated);
        host.Time.Advance(TimeSpan.FromMinutes(1));
        await host.SendAsync(dated, undated, Event("c", null, "new", dimensions: ("tokens", 1000m)), other);
        await host.RestartAsync();
        host.Time.Advance(TimeSpan.FromMinutes(1));
        // Another payload is a conflict and no repeat.
        await host.SendAsync(undated, dated with { Dimensions = other.Dimensions });

        // 1 + 10 + 100 + 1,000, each once.
        Assert.Equal(1111, await host.UsageAsync("c", "calls"));
        Assert.Equal(3, await host.CountAsync("event_duplicates"));
        Assert.Equal(["b 2 12:02", "a 2 12:01", "o 1 12:01"], await RepeatedAsync(host, new()));
        Assert.Equal(["b 2 12:02", "a 2 12:01"], await RepeatedAsync(host, new() { Customer = "c" }));
        Assert.Equal(["b 2 12:02", "a 2 12:01"], await RepeatedAsync(host, new() { Feature = "calls" }));
        Assert.Equal(["a 2 12:01"], await RepeatedAsync(host, new() { Customer = "c", Key = "a" }));
        Assert.Equal(["a 2 12:01"], await RepeatedAsync(host, new() { Key = "a" }));
        Assert.Equal(["a 2 12:01", "o 1 12:01"], await RepeatedAsync(host, new() { Until = At("2025-01-15T12:02:00Z") }));
        Assert.Empty(await RepeatedAsync(host, new() { Environment = "production" }));

        // In every other list an event keeps its fate and tells how often it came again.
        Assert.Equal(
            ["new Counted 0", "a Counted 2", "b Counted 2", "o Unattributed 1", "once Counted 0"],
            (await host.FeedAsync(new())).Items
                .Select(e => $"{e.Event.IdempotencyKey} {e.Fate} {e.Repeats?.Times ?? 0}").OrderBy(Arrival));
        var voided = (await host.FeedAsync(new() { Key = "a", Customer = "c" })).Items[0];
        Assert.Equal(2, Accepted(await host.Get<CorrectEvents>().ExecuteAsync(
            host.Scope(), voided.Id, null, "mistake", Cancellation)).Repeats!.Times);

        static int Arrival(string said) => Array.IndexOf(["new", "a", "b", "o", "once"], said.Split(' ')[0]);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Repeats_of_what_a_session_brought_are_noted_where_it_counts(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.SendAsync(Of("live"));
        var (kept, gone) = (await host.BackfillAsync(), await host.BackfillAsync());
        // Known live; twice in one call; and again in the next one.
        await host.IngestAsync(kept, Of("live"), Of("a"), Of("a"));
        await host.IngestAsync(kept, Of("a"));
        await host.IngestAsync(gone, Of("b"), Of("b"));
        // An event of an open session is not listed, and so no repeat of it either.
        Assert.Equal(["live 1 12:00"], await RepeatedAsync(host, new()));

        await host.CloseAsync(kept);
        host.Time.Advance(TimeSpan.FromMinutes(1));
        await host.SendAsync(Of("a"), Of("a"));
        Assert.Equal(2, await host.UsageAsync("c", "calls"));
        Assert.Equal(["a 4 12:01", "live 1 12:00"], await RepeatedAsync(host, new()));

        Accepted(await host.Get<BackfillSessions>().DiscardAsync(host.Scope(), gone, "no use", Cancellation));
        Assert.True(await host.RunTasksAsync() > 0);
        Assert.Equal(2, await host.CountAsync("event_duplicates"));
    }

    private static UsageEvent Of(string key) => Event("c", "2025-01-15T11:00:00Z", key, dimensions: ("tokens", 1m));

    /// <summary>Each with how often it came again and when last, read one a page; those of one instant by their key.</summary>
    private static async Task<IReadOnlyList<string>> RepeatedAsync(ModuleHost host, FeedQuestion asked)
    {
        asked = asked with { Fate = EventFeedFate.Duplicate, Limit = 1 };
        var found = new List<FeedEvent>();
        do
        {
            var page = await host.FeedAsync(asked);
            found.AddRange(page.Items);
            asked = asked with { After = page.Next };
        }
        while (asked.After is not null);
        Assert.Equal(found.OrderByDescending(e => e.Repeats!.LastAt), found);
        Assert.All(found, e => Assert.Equal(EventFeedFate.Duplicate, e.Fate));
        return [.. found.OrderByDescending(e => e.Repeats!.LastAt).ThenBy(e => e.Event.IdempotencyKey, StringComparer.Ordinal)
            .Select(e => $"{e.Event.IdempotencyKey} {e.Repeats!.Times} {e.Repeats.LastAt:HH:mm}")];
    }

    private static Task<ModuleHost> StartAsync(DatabaseKind kind) => StartCountingAsync(kind, 2_000);
}
