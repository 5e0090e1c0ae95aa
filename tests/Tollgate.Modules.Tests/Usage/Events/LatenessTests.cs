using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Modules.Usage.Events;
using Tollgate.Modules.Usage.Events.Lateness;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.Events.EventDriver;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage.Events;

/// <summary>Lateness policies and what they hold. The clock starts on 2025-01-15 at 12:00.</summary>
public sealed class LatenessTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static LatenessPolicy Strict { get; } = new(Duration.FromHours(6), LateEventAction.Quarantine);

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Event_older_than_the_window_is_held_until_it_is_released(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.SendAsync(
            Event("c", "2025-01-15T06:00:00Z", "just-in-time", dimensions: ("tokens", 1m)),
            Event("c", "2025-01-15T05:59:59.999Z", "late", dimensions: ("tokens", 10m)),
            Event("c", "2025-01-01T00:00:00Z", "no-meter", name: "login"),
            Event("c", null, "undated", dimensions: ("tokens", 100m)));
        Assert.Equal(101, await host.UsageAsync("c", "calls"));
        var held = Assert.Single(await HeldAsync(host));
        Assert.Equal(("late", "calls"), (held.Event.IdempotencyKey, held.Correction!.HeldBy!.Value.Value));

        // Sent again it is the same occurrence; a new process and a new counter do not count it either.
        await host.SendAsync(Event("c", "2025-01-15T05:59:59.999Z", "late", dimensions: ("tokens", 10m)));
        await host.RestartAsync();
        Assert.Equal(101, await host.UsageAsync("c", "calls"));

        var released = Accepted(await DecideAsync(host, release: true, ids: [held.Address.ToString()]));
        Assert.Equal(new QuarantineOutcome(1, false), released);
        Assert.Equal(111, await host.UsageAsync("c", "calls"));
        Assert.Empty(await HeldAsync(host));
        await host.RestartAsync();
        Assert.Equal(111, await host.UsageAsync("c", "calls"));
        Assert.Equal(["UsageEventReleased late {tokens: 10} because it is right"], await LogAsync(host));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Held_events_are_decided_in_bulk_by_what_they_are(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.CustomerAsync("d");
        Accepted(await host.ProvisionAsync("d", "free"));
        for (var day = 1; day <= 4; day++)
        {
            await host.SendAsync(
                Event("c", $"2025-01-{day:00}T00:00:00Z", $"c{day}", dimensions: ("tokens", 1m)),
                Event("d", $"2025-01-{day:00}T00:00:00Z", $"d{day}", dimensions: ("tokens", 1m)));
        }

        Assert.Equal(8, (await HeldAsync(host)).Count);
        // January 2 and 3 of c.
        Assert.Equal(2, Accepted(await DecideAsync(
            host, release: true, customer: "c", from: "2025-01-02T00:00:00Z", until: "2025-01-04T00:00:00Z")).Count);
        Assert.Equal(["c1", "c4", "d1", "d2", "d3", "d4"], (await HeldAsync(host)).Select(e => e.Event.IdempotencyKey).Order());
        Assert.Equal(0, Accepted(await DecideAsync(host, release: false, feature: "other")).Count);
        Assert.Equal(6, Accepted(await DecideAsync(host, release: false, feature: "calls")).Count);
        Assert.Empty(await HeldAsync(host));
        var voided = await FeedAsync(host, EventFeedFate.Voided);
        Assert.Equal(6, voided.Count);
        Assert.All(voided, e => Assert.Equal("because it is right", e.Correction!.Reason));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Released_event_of_a_resource_counts_where_it_would_have(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.FeatureAsync("calls", events: MeterOf(AggregationFunction.Sum, "tokens"));
        await host.ProductAsync("sites", isMultiple: true);
        await host.PlanAsync("free", Limit("calls", 100));
        await host.PlanAsync("site", "sites", Limit("calls", 100));
        await host.CustomerAsync("c");
        Accepted(await host.ProvisionAsync("c", "free"));
        Accepted(await host.ProvisionAsync("c", "site", r => r with { ResourceId = new("r") }));
        await SetAsync(host, Strict);
        await host.SendAsync(Event("c", "2025-01-15T00:00:00Z", "late", "r", dimensions: ("tokens", 4m)));
        Assert.Equal(0, await host.UsageAsync("c", "calls", "r"));

        Accepted(await DecideAsync(host, release: true));

        Assert.Equal(4, await host.UsageAsync("c", "calls", "r"));
        Assert.Equal(0, await host.UsageAsync("c", "calls"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Policy_holds_from_when_it_is_set_until_it_is_removed(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await SetAsync(host, null);
        await host.SendAsync(Event("c", "2025-01-01T00:00:00Z", "a", dimensions: ("tokens", 1m)));
        Assert.Empty(await HeldAsync(host));
        await SetAsync(host, Strict);
        await SetAsync(host, Strict);
        await host.SendAsync(Event("c", "2025-01-01T00:00:00Z", "b", dimensions: ("tokens", 1m)));
        Assert.Equal("b", Assert.Single(await HeldAsync(host)).Event.IdempotencyKey);
        Assert.Equal(
            Strict,
            Accepted(await host.Get<MeterLateness>().ReadAsync(host.Scope(), new("calls"), Cancellation)).Policy);
        // A new meter of the feature keeps the policy.
        await host.SetMeterAsync("calls", MeterOf(AggregationFunction.Count));
        await host.SendAsync(Event("c", "2025-01-01T00:00:00Z", "d"));
        Assert.Equal(2, (await HeldAsync(host)).Count);

        var log = Accepted(await host.Get<ListEvents>().ExecuteAsync(
            host.Scope(), new() { Types = [EventType.MeterLatenessChanged] }, PageRequest.First, Cancellation));
        Assert.Equal(
            ["none -> 0:06:00:00, then Quarantine", "0:06:00:00, then Quarantine -> none", "none -> 0:06:00:00, then Quarantine"],
            log.Items.Select(e => $"{e.Facts!["before"]} -> {e.Facts["after"]}"));
    }

    [Fact]
    public async Task What_cannot_be_is_refused_and_changes_nothing()
    {
        await using var host = await StartAsync(DatabaseKind.Sqlite);
        await host.FeatureAsync("seats");
        var lateness = host.Get<MeterLateness>();
        Assert.Equal(ErrorCode.FeatureNotFound, (await lateness.SetAsync(host.Scope(), new("x"), Strict, Cancellation)).Refusal!.Code);
        Assert.Equal(ErrorCode.FeatureNotFound, (await lateness.ReadAsync(host.Scope(), new("x"), Cancellation)).Refusal!.Code);
        Assert.Equal(
            ErrorCode.MeterMustBeAssociatedToMeteredFeature,
            (await lateness.SetAsync(host.Scope(), new("seats"), Strict, Cancellation)).Refusal!.Code);
        Assert.Equal(ErrorCode.InvalidArgumentError, (await lateness.SetAsync(
            host.Scope(), new("calls"), Strict with { AcceptWindow = LatenessPolicy.MaxWindow + Duration.Epsilon }, Cancellation)).Refusal!.Code);

        await host.SendAsync(
            Event("c", "2025-01-01T00:00:00Z", "late", dimensions: ("tokens", 1m)), Event("c", null, "now", dimensions: ("tokens", 1m)));
        var late = Assert.Single(await HeldAsync(host)).Address.ToString();
        var now = Assert.Single(await FeedAsync(host, EventFeedFate.Counted)).Address.ToString();
        var refused = (await DecideAsync(host, release: true, ids: [late, now, "nonsense"])).Refusal!;
        Assert.Equal(ErrorCode.InvalidArgumentError, refused.Code);
        Assert.Equal(["eventIds[1]", "eventIds[2]"], refused.Fields.Select(f => f.Path));
        Assert.Single(await HeldAsync(host));
        Assert.Equal(ErrorCode.BadUserInput, (await DecideAsync(host, release: true, ids: [])).Refusal!.Code);
        Assert.Equal(ErrorCode.BadUserInput, (await host.Get<QuarantinedEvents>().DecideAsync(
            host.Scope(), new(null, null, null, null, null), release: true, " ", Cancellation)).Refusal!.Code);
        Assert.Equal(0, Accepted(await host.Get<QuarantinedEvents>().DecideAsync(
            host.Scope("production"), new(null, null, null, null, null), release: true, "x", Cancellation)).Count);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Feed_shows_only_the_fate_that_is_asked_for_page_by_page(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        for (var i = 0; i < 5; i++)
        {
            await host.SendAsync(
                Event("c", null, $"counted-{i}", dimensions: ("tokens", 1m)), Event("c", null, $"unmatched-{i}", name: "login"),
                Event("nobody", null, $"unattributed-{i}", dimensions: ("tokens", 1m)),
                Event("c", "2025-01-01T00:00:00Z", $"held-{i}", dimensions: ("tokens", 1m)));
            host.Time.Advance(TimeSpan.FromMinutes(1));
        }

        foreach (var (fate, name) in new[]
        {
            (EventFeedFate.Counted, "counted"), (EventFeedFate.Unmatched, "unmatched"),
            (EventFeedFate.Unattributed, "unattributed"), (EventFeedFate.Quarantined, "held"),
        })
        {
            var keys = new List<string>();
            string? cursor = null;
            do
            {
                var page = await host.FeedAsync(new() { Limit = 2, After = cursor, Fate = fate });
                Assert.True(page.Items.Count <= 2);
                keys.AddRange(page.Items.Select(e => e.Event.IdempotencyKey));
                cursor = page.Next;
            }
            while (cursor is not null);
            Assert.Equal(Enumerable.Range(0, 5).Select(i => $"{name}-{4 - i}"), keys);
        }
    }

    private static Task<IReadOnlyList<FeedEvent>> HeldAsync(ModuleHost host) =>
        FeedAsync(host, EventFeedFate.Quarantined);

    private static async Task<IReadOnlyList<FeedEvent>> FeedAsync(ModuleHost host, EventFeedFate fate) =>
        (await host.FeedAsync(new() { Limit = 100, Fate = fate })).Items;

    private static Task<Result<QuarantineOutcome>> DecideAsync(
        ModuleHost host, bool release, string[]? ids = null, string? customer = null, string? feature = null, string? from = null,
        string? until = null) => host.Get<QuarantinedEvents>().DecideAsync(
            host.Scope(),
            new(
                ids, customer is null ? null : new CustomerId(customer), feature is null ? null : new FeatureId(feature),
                from is null ? null : At(from), until is null ? null : At(until)),
            release, "because it is right", Cancellation);

    private static async Task<IEnumerable<string>> LogAsync(ModuleHost host) =>
        Accepted(await host.Get<ListEvents>().ExecuteAsync(
            host.Scope(), new() { Types = [EventType.UsageEventReleased] }, PageRequest.First, Cancellation))
            .Items.Select(e => $"{e.Type} {e.Facts!["idempotencyKey"]} {e.Facts["after"]} {e.Facts["reason"]}");

    private static async Task SetAsync(ModuleHost host, LatenessPolicy? policy) =>
        Accepted(await host.Get<MeterLateness>().SetAsync(host.Scope(), new("calls"), policy, Cancellation));

    private static async Task<ModuleHost> StartAsync(DatabaseKind kind)
    {
        var host = await StartCountingAsync(kind, 100_000);
        await SetAsync(host, Strict);
        return host;
    }
}
