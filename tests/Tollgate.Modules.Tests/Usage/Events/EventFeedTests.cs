using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Usage.Events;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.Events.EventDriver;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage.Events;

/// <summary>Looking at stored events and correcting them. The clock starts on 2025-01-15 at 12:00.</summary>
public sealed class EventFeedTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Every_event_is_listed_with_its_fate_the_latest_arrival_first(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.SendAsync(Event("c", "2024-03-01T00:00:00Z", "old", dimensions: ("tokens", 3m)));
        host.Time.Advance(TimeSpan.FromDays(40));
        await host.SendAsync(Event("c", null, "other-name", name: "login"));
        host.Time.Advance(TimeSpan.FromMinutes(1));
        await host.SendAsync(Event("nobody", null, "unknown", resource: "r", dimensions: ("tokens", 1m)));
        host.Time.Advance(TimeSpan.FromMinutes(1));
        await host.SendAsync(Event("c", "2024-03-01T00:00:00Z", "old", dimensions: ("tokens", 4m)));

        var all = await host.FeedAsync(new());
        Assert.Equal(
            ["unknown Unattributed ", "other-name Unmatched ", "old Counted calls"],
            all.Items.Select(e => $"{e.Event.IdempotencyKey} {e.Fate} {string.Join(',', e.Features)}"));
        Assert.Equal("r", all.Items[0].Event.ResourceId?.Value);
        Assert.Equal(At("2024-03-01T00:00:00Z"), all.Items[2].Event.Timestamp);
        Assert.Equal(At("2025-01-15T12:00:00Z"), all.Items[2].ReceivedAt);
        Assert.Null(all.Next);

        var paged = new List<string>();
        string? cursor = null;
        do
        {
            var page = await host.FeedAsync(new() { Limit = 1, After = cursor });
            paged.Add(Assert.Single(page.Items).Event.IdempotencyKey);
            cursor = page.Next;
        }
        while (cursor is not null);
        Assert.Equal(["unknown", "other-name", "old"], paged);

        Assert.Equal(["other-name", "old"], Keys(await host.FeedAsync(new() { Customer = "c" })));
        Assert.Equal(["other-name"], Keys(await host.FeedAsync(new() { Name = "login" })));
        var conflict = Assert.Single((await host.FeedAsync(new() { Fate = EventFeedFate.Conflict })).Items);
        Assert.Equal((EventFeedFate.Conflict, "{tokens: 4}"), (conflict.Fate, conflict.Event.Dimensions.ToString()));
        Assert.Empty((await host.FeedAsync(new() { Environment = "production" })).Items);
        Assert.Equal(ErrorCode.BadUserInput, (await host.TryFeedAsync(new() { After = "x" })).Refusal!.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Corrected_events_count_as_corrected_and_stay_as_sent(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.SendAsync(Event("c", null, "a", dimensions: ("tokens", 3m)), Event("c", null, "b", dimensions: ("tokens", 40m)));
        var (a, b) = ((await host.FeedAsync(new() { Limit = 2 })).Items.Single(e => e.Event.IdempotencyKey == "a"),
            (await host.FeedAsync(new() { Limit = 2 })).Items.Single(e => e.Event.IdempotencyKey == "b"));

        var amended = Accepted(await CorrectAsync(host, b, NaiveMetering.Dimensions(new Dictionary<string, object> { ["tokens"] = 4m })));
        Assert.Equal(("{tokens: 40}", "{tokens: 4}"), (amended.Event.Dimensions.ToString(), amended.Correction!.Dimensions!.ToString()));
        Assert.Equal(7, await host.UsageAsync("c", "calls"));
        Assert.Equal(EventFeedFate.Voided, Accepted(await CorrectAsync(host, a, null)).Fate);
        Assert.Equal(4, await host.UsageAsync("c", "calls"));
        await host.SendAsync(Event("c", null, "c", dimensions: ("tokens", 1m)));
        Assert.Equal(5, await host.UsageAsync("c", "calls"));
        // A voided event is still the same occurrence, and may come back.
        await host.SendAsync(Event("c", null, "a", dimensions: ("tokens", 3m)));
        Assert.Equal(5, await host.UsageAsync("c", "calls"));
        Accepted(await CorrectAsync(host, a, a.Event.Dimensions));
        Assert.Equal(8, await host.UsageAsync("c", "calls"));
        await host.RestartAsync();
        Assert.Equal(8, await host.UsageAsync("c", "calls"));

        var log = Accepted(await host.Get<ListEvents>().ExecuteAsync(
            host.Scope(), new() { Types = [EventType.UsageEventAmended, EventType.UsageEventVoided] }, PageRequest.First, Cancellation));
        Assert.Equal(
            ["UsageEventAmended voided {tokens: 3}", "UsageEventVoided {tokens: 3} voided", "UsageEventAmended {tokens: 40} {tokens: 4}"],
            log.Items.Select(e => $"{e.Type} {e.Facts!["before"]} {e.Facts["after"]}"));
        Assert.All(log.Items, e => Assert.Equal("mistake", e.Facts!["reason"]));
    }

    [Fact]
    public async Task Unknown_events_and_missing_reasons_are_refused()
    {
        await using var host = await StartAsync(DatabaseKind.Sqlite);
        await host.SendAsync(Event("c", null, "a"));
        var sent = Assert.Single((await host.FeedAsync(new() { Limit = 1 })).Items);
        var corrections = host.Get<CorrectEvents>();
        Assert.Equal(ErrorCode.InvalidArgumentError, (await corrections.ExecuteAsync(host.Scope(), "x", null, "r", Cancellation)).Refusal!.Code);
        Assert.Equal(ErrorCode.InvalidArgumentError, (await corrections.ExecuteAsync(
            host.Scope("production"), sent.Address.ToString(), null, "r", Cancellation)).Refusal!.Code);
        Assert.Equal(ErrorCode.BadUserInput, (await corrections.ExecuteAsync(
            host.Scope(), sent.Address.ToString(), null, " ", Cancellation)).Refusal!.Code);
    }

    private static IEnumerable<string> Keys(EventPage page) => page.Items.Select(e => e.Event.IdempotencyKey);

    private static Task<Result<FeedEvent>> CorrectAsync(ModuleHost host, FeedEvent corrected, EventDimensions? dimensions) =>
        host.Get<CorrectEvents>().ExecuteAsync(host.Scope(), corrected.Address.ToString(), dimensions, "mistake", Cancellation);

    private static Task<ModuleHost> StartAsync(DatabaseKind kind) => StartCountingAsync(kind, 100, Monthly);
}
