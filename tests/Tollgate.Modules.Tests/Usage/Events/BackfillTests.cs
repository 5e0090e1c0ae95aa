using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Modules.Usage.Events;
using Tollgate.Modules.Usage.Events.Backfills;
using Tollgate.Modules.Usage.Events.Lateness;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.Events.EventDriver;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage.Events;

/// <summary>Sessions that bring events of the past. The clock starts on 2025-01-15 at 12:00; c has 1,000 for life.</summary>
public sealed class BackfillTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Events_of_a_session_count_all_at_once_when_it_is_closed_and_cease_when_it_is_reverted(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.SendAsync(Event("c", "2024-12-01T00:00:00Z", "live", dimensions: ("tokens", 1m)));
        var id = await host.BackfillAsync();
        Assert.Equal(
            new BackfillIngested(3, 0, 0),
            await host.IngestAsync(
                id, Of("a", 10), Of("b", 20), Of("c", 40) with { CustomerId = new("nobody") }));
        Assert.Equal(1, await host.UsageAsync("c", "calls"));
        await host.RestartAsync();
        Assert.Equal(1, await host.UsageAsync("c", "calls"));
        // What comes live meanwhile is counted as ever.
        await host.SendAsync(Event("c", null, "now", dimensions: ("tokens", 2m)));
        Assert.Equal(3, await host.UsageAsync("c", "calls"));
        Assert.Equal(["Pending", "Pending", "Pending"], await FatesAsync(host, id));
        Assert.Equal(2, (await FeedAsync(host, null)).Count);

        var closed = await host.CloseAsync(id);
        Assert.Equal((BackfillState.Closed, 3L), (closed.State, closed.Events));
        Assert.Equal(33, await host.UsageAsync("c", "calls"));
        await host.SendAsync(Event("c", null, "later", dimensions: ("tokens", 4m)));
        Assert.Equal(37, await host.UsageAsync("c", "calls"));
        Assert.Equal(["Counted", "Counted", "Unattributed"], await FatesAsync(host, id));
        await host.RestartAsync();
        Assert.Equal(37, await host.UsageAsync("c", "calls"));

        Accepted(await host.Get<BackfillSessions>().RevertAsync(host.Scope(), id, "wrong file", Cancellation));
        Assert.Equal(7, await host.UsageAsync("c", "calls"));
        Assert.Equal(["Voided", "Voided", "Voided"], await FatesAsync(host, id));
        await host.RestartAsync();
        Assert.Equal(7, await host.UsageAsync("c", "calls"));

        var log = Accepted(await host.Get<ListEvents>().ExecuteAsync(
            host.Scope(),
            new() { Types = [EventType.UsageBackfillOpened, EventType.UsageBackfillClosed, EventType.UsageBackfillReverted] },
            PageRequest.First, Cancellation));
        Assert.Equal(
            ["UsageBackfillReverted 3 wrong file", "UsageBackfillClosed 3 checked", "UsageBackfillOpened 0 the outage"],
            log.Items.Select(e => $"{e.Type} {e.Facts!["events"]} {e.Facts["reason"]}"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Occurrence_counts_once_whoever_brings_it_first(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.SendAsync(Of("live", 1));
        var (one, two) = (await host.BackfillAsync(), await host.BackfillAsync());
        // Known live with the same payload, with another one, and twice in one call.
        Assert.Equal(new BackfillIngested(1, 2, 1), await host.IngestAsync(one, Of("live", 1), Of("live", 9), Of("a", 10), Of("a", 10)));
        Assert.Equal(new BackfillIngested(0, 1, 1), await host.IngestAsync(one, Of("a", 10), Of("a", 11)));
        // Another session does not see what is not closed.
        Assert.Equal(new BackfillIngested(2, 0, 0), await host.IngestAsync(two, Of("a", 10), Of("b", 100)));
        // It comes live now: it counts at once, and no session has it any more.
        await host.SendAsync(Of("b", 100));
        Assert.Equal(101, await host.UsageAsync("c", "calls"));
        Assert.Equal(1, (await ReadAsync(host, two)).Events);

        await host.CloseAsync(one);
        Assert.Equal(111, await host.UsageAsync("c", "calls"));
        // What is closed is known to live events and to sessions.
        await host.SendAsync(Of("a", 10));
        Assert.Equal(111, await host.UsageAsync("c", "calls"));
        Assert.Equal(new BackfillIngested(0, 1, 0), await host.IngestAsync(two, Of("a", 10)));
        await host.SendAsync(Of("a", 12));
        Assert.Equal(111, await host.UsageAsync("c", "calls"));
        // The second session held "a" before the first was closed; it counts once.
        var closed = await host.CloseAsync(two);
        Assert.Equal(0, closed.Events);
        Assert.Equal(111, await host.UsageAsync("c", "calls"));
        // Conflicts: live 9 and 12 and a 11.
        Assert.Equal(
            ["a {tokens: 11}", "a {tokens: 12}", "live {tokens: 9}"],
            (await FeedAsync(host, EventFeedFate.Conflict)).Select(e => $"{e.Event.IdempotencyKey} {e.Event.Dimensions}").Order());

        // Reverted it never was: the same occurrence may come again.
        Accepted(await host.Get<BackfillSessions>().RevertAsync(host.Scope(), one, "r", Cancellation));
        Assert.Equal(101, await host.UsageAsync("c", "calls"));
        await host.SendAsync(Of("a", 13));
        Assert.Equal(114, await host.UsageAsync("c", "calls"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Discarded_session_leaves_nothing(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var id = await host.BackfillAsync();
        await host.IngestAsync(id, [.. Enumerable.Range(0, 50).Select(i => Of($"k{i}", 1))]);
        Assert.Equal(50, await host.CountAsync("usage_events"));
        Accepted(await host.Get<BackfillSessions>().DiscardAsync(host.Scope(), id, "no use", Cancellation));
        Assert.Equal(0, await host.UsageAsync("c", "calls"));
        // Sent again before the task that deletes has run.
        await host.SendAsync(Of("k1", 1));
        Assert.Equal(1, await host.UsageAsync("c", "calls"));
        Assert.Equal(1, await host.RunTasksAsync());
        Assert.Equal(1, await host.CountAsync("usage_events"));
        Assert.Equal(1, await host.UsageAsync("c", "calls"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Lateness_policy_holds_nothing_that_a_session_brings(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        Accepted(await host.Get<MeterLateness>().SetAsync(
            host.Scope(), new("calls"), new(NodaTime.Duration.Zero, LateEventAction.Quarantine), Cancellation));
        var id = await host.BackfillAsync();
        await host.IngestAsync(id, Of("a", 5));
        await host.CloseAsync(id);
        Assert.Equal(5, await host.UsageAsync("c", "calls"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Preview_tells_every_counter_before_and_after(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, Monthly);
        await host.SendAsync(Event("c", "2025-01-15T11:00:00Z", "live", dimensions: ("tokens", 1m)));
        var id = await host.BackfillAsync();
        await host.IngestAsync(
            id, Event("c", "2025-01-15T06:00:00Z", "a", dimensions: ("tokens", 4m)),
            Event("c", "2024-12-20T00:00:00Z", "b", dimensions: ("tokens", 7m)),
            Event("b", "2024-12-20T00:00:00Z", "d", dimensions: ("tokens", 3m)),
            Event("c", "2024-12-20T00:00:00Z", "e", name: "login"));
        var preview = host.Get<PreviewBackfill>();
        var first = Accepted(await preview.ExecuteAsync(host.Scope(), id, 1, null, Cancellation));
        Assert.Equal("b", first.Next);
        Assert.Equal(["b calls life 0 -> 3"], Say(first));
        var second = Accepted(await preview.ExecuteAsync(host.Scope(), id, 1, new("b"), Cancellation));
        Assert.Null(second.Next);
        // Months of a subscription that started on January 15.
        Assert.Equal(["c calls 2024-12-15 0 -> 7", "c calls 2025-01-15 1 -> 5"], Say(second));
        Assert.Equal(1, await host.UsageAsync("c", "calls"));

        await host.CloseAsync(id);
        Assert.Equal(5, await host.UsageAsync("c", "calls"));
        Assert.Equal(ErrorCode.InvalidArgumentError, (await preview.ExecuteAsync(host.Scope(), id, 1, null, Cancellation)).Refusal!.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Events_of_a_resource_count_at_the_level_they_came_for(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.FeatureAsync("calls", events: MeterOf(AggregationFunction.Unique, "tokens"));
        await host.ProductAsync("sites", isMultiple: true);
        await host.PlanAsync("free", Limit("calls", 100));
        await host.PlanAsync("site", "sites", Limit("calls", 100));
        await host.CustomerAsync("c");
        Accepted(await host.ProvisionAsync("c", "free"));
        var id = await host.BackfillAsync();
        // No subscription of the resource yet: at both levels.
        await host.IngestAsync(id, Event("c", "2025-01-15T11:00:00Z", "a", "r", dimensions: ("tokens", "x")));
        host.Time.Advance(TimeSpan.FromMinutes(1));
        Accepted(await host.ProvisionAsync("c", "site", r => r with { ResourceId = new("r") }));
        await host.IngestAsync(id, Event("c", "2025-01-15T11:30:00Z", "b", "r", dimensions: ("tokens", "y")));
        await host.CloseAsync(id);
        Assert.Equal(2, await host.UsageAsync("c", "calls", "r"));
        Assert.Equal(1, await host.UsageAsync("c", "calls"));
        // The next live event finds the level that the session noted.
        await host.SendAsync(Event("c", null, "e", "r", dimensions: ("tokens", "z")));
        await host.RestartAsync();
        Assert.Equal(3, await host.UsageAsync("c", "calls", "r"));
        Assert.Equal(1, await host.UsageAsync("c", "calls"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Sessions_and_live_events_at_once_lose_nothing_and_count_nothing_twice(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var (one, two) = (await host.BackfillAsync(), await host.BackfillAsync());
        // 60 occurrences of 1 token, each sent by three at once in several orders; both sessions are closed amid it.
        var events = Enumerable.Range(0, 60).Select(i => Of($"k{i}", 1)).ToArray();
        async Task InPartsAsync(Func<UsageEvent[], Task> send, int seed)
        {
            var mixed = events.ToArray();
            new Random(seed).Shuffle(mixed);
            foreach (var part in mixed.Chunk(7))
                await send(part);
        }

        await Task.WhenAll(
            InPartsAsync(part => host.SendAsync(part), 1),
            Task.Run(async () =>
            {
                await InPartsAsync(part => host.IngestAsync(one, part), 2);
                await host.CloseAsync(one);
            }),
            Task.Run(async () =>
            {
                await InPartsAsync(part => host.IngestAsync(two, part), 3);
                await host.CloseAsync(two);
            }));
        Assert.Equal(60, await host.UsageAsync("c", "calls"));
        Assert.Equal(60, await host.CountAsync("usage_events"));
        await host.RestartAsync();
        Assert.Equal(60, await host.UsageAsync("c", "calls"));
    }

    [Fact]
    public async Task What_cannot_be_is_refused_and_changes_nothing()
    {
        await using var host = await StartAsync(DatabaseKind.Sqlite);
        var sessions = host.Get<BackfillSessions>();
        Assert.Equal(["name", "reason"], Fields((await sessions.OpenAsync(host.Scope(), new("", " ", null, null), Cancellation)).Refusal));
        Assert.Equal(ErrorCode.InvalidArgumentError, (await sessions.OpenAsync(host.Scope(), new("n", "r", null, new("none")), Cancellation)).Refusal!.Code);
        var limited = Accepted(await sessions.OpenAsync(host.Scope(), new("n", "r", new("c"), new("calls")), Cancellation)).Uid;
        var refused = (await host.TryIngestAsync(
            limited, Event("c", null, "a", dimensions: ("tokens", 1m)), Of("b", 1) with { CustomerId = new("d") },
            Of("c", 1) with { Name = "login" })).Refusal!;
        Assert.Equal(ErrorCode.InvalidArgumentError, refused.Code);
        Assert.Equal(["events[0].timestamp", "events[1].customerId", "events[2]"], Fields(refused));
        Assert.Equal(0, (await ReadAsync(host, limited)).Events);
        Assert.Equal(ErrorCode.BadUserInput, (await host.TryIngestAsync(limited, Of("a", 1) with { Name = "$x" })).Refusal!.Code);
        Assert.Equal(ErrorCode.InvalidArgumentError, (await host.TryIngestAsync(limited)).Refusal!.Code);

        var none = Guid.NewGuid();
        Assert.Equal(ErrorCode.InvalidArgumentError, (await host.TryIngestAsync(none, Of("a", 1))).Refusal!.Code);
        Assert.Equal(ErrorCode.InvalidArgumentError, (await sessions.RetrieveAsync(host.Scope(), none, Cancellation)).Refusal!.Code);
        Assert.Equal(ErrorCode.InvalidArgumentError, (await sessions.RetrieveAsync(host.Scope("production"), limited, Cancellation)).Refusal!.Code);
        Assert.Equal(ErrorCode.InvalidArgumentError, (await sessions.ListAsync(host.Scope(), 5, none, Cancellation)).Refusal!.Code);
        Assert.Equal(ErrorCode.InvalidArgumentError, (await sessions.CloseAsync(host.Scope(), none, "r", Cancellation)).Refusal!.Code);
        Assert.Equal(ErrorCode.BadUserInput, (await sessions.CloseAsync(host.Scope(), limited, "", Cancellation)).Refusal!.Code);
        Assert.Equal(ErrorCode.InvalidArgumentError, (await sessions.RevertAsync(host.Scope(), limited, "r", Cancellation)).Refusal!.Code);
        Accepted(await sessions.CloseAsync(host.Scope(), limited, "r", Cancellation));
        Assert.Equal(ErrorCode.InvalidArgumentError, (await sessions.CloseAsync(host.Scope(), limited, "r", Cancellation)).Refusal!.Code);
        Assert.Equal(ErrorCode.InvalidArgumentError, (await sessions.DiscardAsync(host.Scope(), limited, "r", Cancellation)).Refusal!.Code);
        Assert.Equal(ErrorCode.InvalidArgumentError, (await host.TryIngestAsync(limited, Of("a", 1))).Refusal!.Code);

        var last = await host.BackfillAsync();
        var page = Accepted(await sessions.ListAsync(host.Scope(), 1, null, Cancellation));
        Assert.Equal((last, last), (Assert.Single(page.Items).Uid, page.Next!.Value));
        Assert.Equal(limited, Assert.Single(Accepted(await sessions.ListAsync(host.Scope(), 1, last, Cancellation)).Items).Uid);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Only_what_can_count_is_corrected_and_a_void_only_once(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var (open, given) = (await host.BackfillAsync(), await host.BackfillAsync());
        await host.IngestAsync(open, Of("a", 10));
        await host.IngestAsync(given, Of("b", 20));
        Accepted(await host.Get<BackfillSessions>().DiscardAsync(host.Scope(), given, "not ours", Cancellation));
        var (ofOpen, ofDiscarded) = (await IdAsync(open), await IdAsync(given));

        Assert.Equal(ErrorCode.InvalidArgumentError, (await CorrectAsync(ofOpen, null, "x")).Refusal?.Code);
        Assert.Equal(ErrorCode.InvalidArgumentError, (await CorrectAsync(ofOpen, 7, "x")).Refusal?.Code);
        Assert.Equal(ErrorCode.InvalidArgumentError, (await CorrectAsync(ofDiscarded, null, "x")).Refusal?.Code);
        await host.CloseAsync(open);
        Assert.Equal(10, await host.UsageAsync("c", "calls"));
        Accepted(await CorrectAsync(ofOpen, null, "first"));
        Assert.Equal("first", Accepted(await CorrectAsync(ofOpen, null, "second")).Correction!.Reason);
        Assert.Equal(0, await host.UsageAsync("c", "calls"));
        Accepted(await CorrectAsync(ofOpen, 7, "third"));
        Assert.Equal(7, await host.UsageAsync("c", "calls"));
        Accepted(await host.Get<BackfillSessions>().RevertAsync(host.Scope(), open, "wrong", Cancellation));
        Assert.Equal(ErrorCode.InvalidArgumentError, (await CorrectAsync(ofOpen, 8, "x")).Refusal?.Code);

        // What was refused, or changed nothing, is not in the log.
        var log = Accepted(await host.Get<ListEvents>().ExecuteAsync(
            host.Scope(), new() { Types = [EventType.UsageEventVoided, EventType.UsageEventAmended] }, PageRequest.First, Cancellation));
        Assert.Equal(["third", "first"], log.Items.Select(e => e.Facts!["reason"]));

        async Task<string> IdAsync(Guid backfill) => (await FeedAsync(host, null, backfill)).Single().Address.ToString();

        Task<Result<FeedEvent>> CorrectAsync(string id, decimal? tokens, string reason) => host.Get<CorrectEvents>().ExecuteAsync(
            host.Scope(),
            id,
            tokens is { } some ? NaiveMetering.Dimensions(new Dictionary<string, object> { ["tokens"] = some }) : null,
            reason,
            Cancellation);
    }

    private static UsageEvent Of(string key, decimal tokens) =>
        Event("c", "2024-11-01T00:00:00Z", key, dimensions: ("tokens", tokens));

    private static IEnumerable<string> Fields(Refusal? refusal) => refusal!.Fields.Select(f => f.Path);

    private static IEnumerable<string> Say(BackfillEffects effects) => effects.Items.SelectMany(item => item.Counters.Select(c =>
        $"{item.Customer} {c.Feature} "
        + (c.Window.IsLifetime ? "life" : c.Window.Start.ToString()[..10]) + $" {c.Before} -> {c.After}"));

    private static async Task<Backfill> ReadAsync(ModuleHost host, Guid id) =>
        Accepted(await host.Get<BackfillSessions>().RetrieveAsync(host.Scope(), id, Cancellation));

    private static async Task<IEnumerable<string>> FatesAsync(ModuleHost host, Guid id) =>
        (await FeedAsync(host, null, id)).Select(e => e.Fate.ToString()).Order();

    private static async Task<IReadOnlyList<FeedEvent>> FeedAsync(
        ModuleHost host, EventFeedFate? fate, Guid? backfill = null) =>
        (await host.FeedAsync(new() { Limit = 100, Fate = fate, Backfill = backfill })).Items;

    private static Task<ModuleHost> StartAsync(DatabaseKind kind, ResetInput? reset = null) =>
        StartCountingAsync(kind, 1_000, reset);
}
