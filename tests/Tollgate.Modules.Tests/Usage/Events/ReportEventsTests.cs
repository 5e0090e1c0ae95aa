using Dapper;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Modules.Usage.Events;
using Tollgate.Modules.Usage.Reservations;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.Events.EventDriver;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage.Events;

/// <summary>The clock starts on 2025-01-15 at 12:00; c1 has 100 a month of each metered feature.</summary>
public sealed class ReportEventsTests
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Checks_see_events_at_once_under_every_aggregation(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        foreach (var function in Enum.GetValues<AggregationFunction>())
        {
            await host.FeatureAsync(
                function.ToString().ToLowerInvariant(),
                events: MeterOf(function, function == AggregationFunction.Count ? null : "tokens"));
        }

        await host.PlanAsync("plan", [.. Functions.Select(f => Limit(f, 100, Monthly))]);
        await host.CustomerAsync("c1");
        await host.ProvisionAsync("c1", "plan");
        Assert.Equal([0, 0, 0, 0, 0, 0], await UsagesAsync(host));

        await host.SendAsync(
            Event("c1", dimensions: ("tokens", 10m)), Event("c1", dimensions: ("tokens", 20m)),
            Event("c1", dimensions: ("tokens", "x")));
        // Spec 8.3: COUNT 3, UNIQUE 3, SUM 30, MAX 20, MIN 10, AVG 15.
        Assert.Equal([3, 3, 30, 20, 10, 15], await UsagesAsync(host));

        await host.SendAsync(
            Event("c1", dimensions: ("tokens", 20m)), Event("c1", dimensions: ("tokens", -40m)), Event("c1", name: "other"));
        // Numbers 10, 20, 20, -40: SUM 10, MAX 20, MIN -40 which reads as 0, AVG 10 / 4 = 2.5; distinct 10, 20, x, -40.
        Assert.Equal([5, 4, 10, 20, 0, 2.5m], await UsagesAsync(host));

        await host.RestartAsync();
        Assert.Equal([5, 4, 10, 20, 0, 2.5m], await UsagesAsync(host));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Same_occurrence_counts_once_in_one_call_in_the_next_and_after_a_restart(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var dated = Event("c1", "2025-01-15T11:00:00Z", "k1", dimensions: ("tokens", 1m));
        var undated = Event("c1", null, "k2", dimensions: ("tokens", 10m));
        await host.SendAsync(dated, dated, undated, undated);
        Assert.Equal(11, await host.UsageAsync("c1", "tokens"));

        host.Time.Advance(TimeSpan.FromMinutes(7));
        await host.SendAsync(undated, dated, Event("c1", null, "k3", dimensions: ("tokens", 100m)));
        Assert.Equal(111, await host.UsageAsync("c1", "tokens"));
        await host.RestartAsync();
        await host.SendAsync(undated, dated);
        Assert.Equal(111, await host.UsageAsync("c1", "tokens"));
        Assert.Equal(3, await host.CountAsync("usage_events"));
        Assert.Equal(0, await host.CountAsync("event_conflicts"));

        // The same key at another instant, of another name, of another customer is another occurrence.
        await host.SendAsync(
            dated with { Timestamp = At("2025-01-15T11:00:00.001Z") }, dated with { Name = "other" },
            dated with { CustomerId = new("c2") });
        Assert.Equal(112, await host.UsageAsync("c1", "tokens"));
        Assert.Equal(6, await host.CountAsync("usage_events"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Another_payload_under_a_stored_key_is_kept_as_a_conflict_and_not_counted(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var first = Event("c1", "2025-01-15T11:00:00Z", "k1", dimensions: ("tokens", 1m));
        var other = Event("c1", "2025-01-15T11:00:00Z", "k1", dimensions: ("tokens", 2m));
        var undated = Event("c1", null, "k2", dimensions: ("tokens", 4m));
        await host.SendAsync(first, other, undated);
        Assert.Equal(5, await host.UsageAsync("c1", "tokens"));
        Assert.Equal(1, await host.CountAsync("event_conflicts"));

        host.Time.Advance(TimeSpan.FromMinutes(1));
        await host.SendAsync(other, Event("c1", null, "k2", dimensions: ("tokens", 8m)), first);
        Assert.Equal(5, await host.UsageAsync("c1", "tokens"));
        // The first conflict is there once, however often it is sent.
        Assert.Equal(2, await host.CountAsync("event_conflicts"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Event_whose_place_is_taken_by_another_one_is_not_lost(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.SendAsync(Event("c1", "2025-01-15T11:00:00Z", "first", dimensions: ("tokens", 1m)));
        var collides = Event("c1", "2025-01-15T11:00:00Z", "second", dimensions: ("tokens", 10m));
        await PlaceAsync(host, "first", "second");

        await host.SendAsync(collides, collides);
        await host.SendAsync(collides);
        // The first has the number of the second by now, so the second took another one, once.
        Assert.Equal(11, await host.UsageAsync("c1", "tokens"));
        Assert.Equal(2, await host.CountAsync("usage_events"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Events_of_unknown_customers_count_when_the_customer_is_created(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.SendAsync(
            Event("later", "2025-01-15T11:00:00Z", dimensions: ("tokens", 3m)),
            Event("later", "2024-12-31T11:00:00Z", dimensions: ("tokens", 50m)));
        await host.CustomerAsync("later");
        await host.ProvisionAsync("later", "plan");
        // The window of the subscription began on 2025-01-15 00:00.
        Assert.Equal(3, await host.UsageAsync("later", "tokens"));
        await host.SendAsync(Event("later", dimensions: ("tokens", 4m)));
        Assert.Equal(7, await host.UsageAsync("later", "tokens"));
    }

    /// <summary>It was planned when nobody knew the customer, and stored when there was one, with a counter that was read and moved.</summary>
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Event_that_meets_the_creation_of_its_customer_counts(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var (scope, cancellation) = (host.Scope(), TestContext.Current.CancellationToken);
        var planned = await host.Get<ReportEvents>().PlanAsync(scope, [Event("new", dimensions: ("tokens", 3m))], cancellation);
        await host.Get<EventDictionaries>().ResolveAsync(planned, cancellation);
        await host.CustomerAsync("new");
        await host.ProvisionAsync("new", "plan");
        Assert.Equal(0, await host.UsageAsync("new", "tokens"));
        await host.SendAsync(Event("new", dimensions: ("tokens", 4m)));
        Assert.Equal(4, await host.UsageAsync("new", "tokens"));

        // Together with one that was planned since.
        var later = await host.Get<ReportEvents>().PlanAsync(scope, [Event("new", dimensions: ("tokens", 5m))], cancellation);
        await host.Get<EventDictionaries>().ResolveAsync(later, cancellation);
        Assert.Null(await host.Get<EventWriter>().WriteAsync(scope, [.. planned, .. later], cancellation));

        Assert.Equal(12, await host.UsageAsync("new", "tokens"));
        await host.SendAsync(Event("new", dimensions: ("tokens", 10m)));
        await host.RestartAsync();
        Assert.Equal(22, await host.UsageAsync("new", "tokens"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Late_events_change_their_own_window_and_future_ones_count_when_theirs_comes(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.SendAsync(
            Event("c1", "2025-01-14T23:59:59Z", dimensions: ("tokens", 100m)),
            Event("c1", "2025-01-15T00:00:00Z", dimensions: ("tokens", 1m)));
        Assert.Equal(1, await host.UsageAsync("c1", "tokens"));

        host.MoveTo("2025-02-14T23:00:00Z");
        await host.SendAsync(Event("c1", "2025-02-15T00:00:00Z", dimensions: ("tokens", 20m)));
        Assert.Equal(1, await host.UsageAsync("c1", "tokens"));
        host.MoveTo("2025-02-15T00:00:00Z");
        Assert.Equal(20, await host.UsageAsync("c1", "tokens"));
        await host.SendAsync(Event("c1", "2025-02-14T22:00:00Z", dimensions: ("tokens", 7m)));
        Assert.Equal(20, await host.UsageAsync("c1", "tokens"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Resource_counts_for_itself_and_for_the_customer_while_nothing_of_its_own_grants_the_feature(
        DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.ProductAsync("sites", isMultiple: true);
        await host.PlanAsync("site", "sites", Limit("tokens", 300, Monthly));
        await host.SendAsync(Event("c1", resource: "r", dimensions: ("tokens", 1m)));
        Assert.Equal(1, await host.UsageAsync("c1", "tokens"));

        host.Time.Advance(TimeSpan.FromMinutes(1));
        Accepted(await host.ProvisionAsync("c1", "site", r => r with { ResourceId = new("r") }));
        await host.SendAsync(
            Event("c1", resource: "r", dimensions: ("tokens", 10m)), Event("c1", dimensions: ("tokens", 100m)));
        Assert.Equal(101, await host.UsageAsync("c1", "tokens"));
        Assert.Equal(11, await host.UsageAsync("c1", "tokens", "r"));
        await host.RestartAsync();
        Assert.Equal(101, await host.UsageAsync("c1", "tokens"));
        Assert.Equal(11, await host.UsageAsync("c1", "tokens", "r"));
        // Counted from the events alone it is the same.
        await host.Database.WriteAsync(
            [],
            async (session, _) => await session.Connection.ExecuteAsync("DELETE FROM meter_counters", transaction: session.Transaction) > 0,
            TestContext.Current.CancellationToken);
        await host.RestartAsync();
        Assert.Equal(101, await host.UsageAsync("c1", "tokens"));
        Assert.Equal(11, await host.UsageAsync("c1", "tokens", "r"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Changed_meter_counts_what_a_resource_sent_before_the_customer_was_known_where_it_counted(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.ProductAsync("sites", isMultiple: true);
        await host.PlanAsync("site", "sites", Limit("tokens", 300, Monthly));
        await host.SendAsync(Event("new", resource: "r", dimensions: ("tokens", 5m)));
        await host.CustomerAsync("new");
        Accepted(await host.ProvisionAsync("new", "plan"));
        Accepted(await host.ProvisionAsync("new", "site", r => r with { ResourceId = new("r") }));
        Assert.Equal((5, 5), (await host.UsageAsync("new", "tokens"), await host.UsageAsync("new", "tokens", "r")));

        // One event at both levels, as before: it came when nothing of the resource granted the feature.
        await host.SetMeterAsync("tokens", MeterOf(AggregationFunction.Count));
        await host.RunTasksAsync();
        Assert.Equal((1, 1), (await host.UsageAsync("new", "tokens"), await host.UsageAsync("new", "tokens", "r")));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Reservations_of_a_metered_feature_leave_its_counters_alone(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.SendAsync(Event("c1", dimensions: ("tokens", 10m)));
        await host.RestartAsync();
        for (var i = 0; i < 2; i++)
        {
            var held = Accepted(await host.Get<ReserveUsage>().ReserveAsync(
                host.Scope(), new(new("c1"), new("tokens"), null, 20, NodaTime.Duration.FromHours(1)),
                TestContext.Current.CancellationToken));
            Assert.NotNull(held.Reservation);
            // 10 are used before the first event of the loop and 15 before the second.
            Assert.Equal(10 + 5 * i, await host.UsageAsync("c1", "tokens"));
            await host.SendAsync(Event("c1", dimensions: ("tokens", 5m)));
            Assert.Equal(15 + 5 * i, await host.UsageAsync("c1", "tokens"));
        }

        await host.RestartAsync();
        Assert.Equal(20, await host.UsageAsync("c1", "tokens"));
        Assert.Equal(0, await host.CountAsync("usage_counters"));
    }

    [Fact]
    public async Task Malformed_event_refuses_the_whole_call_and_names_every_fault()
    {
        await using var host = await StartAsync(DatabaseKind.Sqlite);
        var refused = await host.TrySendAsync(
            Event("c1"),
            Event("c1", name: "$usage.reported"),
            Event("c1", key: new string('k', 256)),
            Event("c1", "2025-01-16T12:00:00.001Z"),
            Event("c1", "2025-01-16T12:00:00Z"));
        Assert.Equal(ErrorCode.BadUserInput, refused.Refusal!.Code);
        Assert.Equal(
            ["events[1].eventName", "events[2].idempotencyKey", "events[3].timestamp"],
            refused.Refusal.Fields.Select(f => f.Path));
        Assert.Equal(0, await host.CountAsync("usage_events"));
        var late = await host.TrySendAsync(Event("c1", "2025-01-16T12:00:00.001Z"));
        Assert.Equal(ErrorCode.InvalidArgumentError, late.Refusal!.Code);
        Assert.Equal(ErrorCode.InvalidArgumentError, (await host.TrySendAsync()).Refusal!.Code);
        var many = Enumerable.Repeat(Event("c1"), 1_001).ToArray();
        Assert.Equal(ErrorCode.InvalidArgumentError, (await host.TrySendAsync(many)).Refusal!.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Concurrent_senders_lose_and_double_nothing(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        // 40 calls of 25 events; each event is in two of them: 500 occurrences of 1 token by 4 customers.
        var events = Enumerable.Range(0, 500)
            .Select(i => Event($"c{i % 4}", "2025-01-15T11:00:00Z", $"e{i}", dimensions: ("tokens", 1m))).ToArray();
        foreach (var id in (string[])["c0", "c2", "c3"])
        {
            await host.CustomerAsync(id);
            await host.ProvisionAsync(id, "plan");
        }

        var calls = events.Concat(events.Reverse()).Chunk(25).Select(chunk => host.SendAsync(chunk));
        await Task.WhenAll(calls);
        foreach (var id in (string[])["c0", "c1", "c2", "c3"])
            Assert.Equal(125, await host.UsageAsync(id, "tokens"));
        Assert.Equal(500, await host.CountAsync("usage_events"));
    }

    private static readonly string[] Functions = ["count", "unique", "sum", "max", "min", "avg"];

    private static async Task<ModuleHost> StartAsync(DatabaseKind kind)
    {
        var host = await ModuleHost.StartAsync(kind);
        await host.FeatureAsync("tokens", events: MeterOf(AggregationFunction.Sum, "tokens"));
        await host.PlanAsync("plan", Limit("tokens", 1_000, Monthly));
        await host.CustomerAsync("c1");
        await host.ProvisionAsync("c1", "plan");
        return host;
    }

    private static async Task<IReadOnlyList<decimal>> UsagesAsync(ModuleHost host)
    {
        var usages = new List<decimal>();
        foreach (var function in Functions)
            usages.Add(await host.UsageAsync("c1", function));
        return usages;
    }

    /// <summary>Gives a stored event the number that another key would have: as if both had the same hash.</summary>
    private static Task PlaceAsync(ModuleHost host, string stored, string wanted) => host.Database.WriteAsync(
        [],
        async (session, _) => await session.Connection.ExecuteAsync(
            "UPDATE usage_events SET key_hash = @wanted WHERE key_hash = @stored",
            new { wanted = EventKey.Hash("call", wanted, 0), stored = EventKey.Hash("call", stored, 0) },
            session.Transaction) == 1,
        TestContext.Current.CancellationToken);
}
