using Dapper;
using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Modules.Usage.Events;
using Tollgate.Modules.Usage.Events.Backfills;
using Tollgate.Modules.Usage.Events.Retention;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.Events.EventDriver;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage.Events;

/// <summary>
/// Usage that is too old to be kept (ADR 24). The clock starts on 2025-01-15 at 12:00; on 2026-03-20 the 400 days before begin on
/// 2025-02-13, so what is dated before 2025-02-01 goes.
/// </summary>
public sealed class RetentionTests
{
    private const string Later = "2026-03-20T00:00:00Z";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task What_is_left_counts_as_before(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await FillAsync(host);
        var january = (await FeedAsync(host)).Items.Single(e => e.Event.IdempotencyKey == "e1").Id;
        host.MoveTo(Later);
        Assert.Equal(1, await host.CountAsync("event_duplicates"));
        var before = await ShownAsync(host);
        // 3 + 4 + 2 in January, 5 in February; ann, bob, eve; 6 seats and one more.
        Assert.Equal("calls 14, users 3, top 5, monthly 0, seats 7, runs 0", before[0]);
        Assert.Contains("runs 2025-02-02 10", before);
        Assert.Contains("runs 2025-03-02 15", before);
        Assert.Contains("calls 2025-02-02 9", before);

        Assert.True(await host.RunDueAsync() > 0);

        Assert.Equal(before, await ShownAsync(host));
        await ForgetCountersAsync(host);
        Assert.Equal(before, await ShownAsync(host));
        Assert.Equal(0, await host.CountAsync("usage_events WHERE event_at < 1738368000000"));
        Assert.Equal(1, await host.CountAsync("usage_events"));
        Assert.Equal(0, await host.CountAsync("event_keys WHERE event_at < 1738368000000"));
        Assert.Equal(0, await host.CountAsync("event_corrections"));
        Assert.Equal(0, await host.CountAsync("event_conflicts"));
        Assert.Equal(0, await host.CountAsync("event_duplicates"));
        // Of January one row for seats and one for runs, as sums; of February both as they were sent.
        Assert.Equal((2, 2), (
            await host.CountAsync("measurements WHERE is_summary = 1"), await host.CountAsync("measurements WHERE is_summary = 0")));
        var report = await ReadAsync(host);
        Assert.Equal(
            (At("2025-02-01T00:00:00Z"), At(Later), At(Later), 4L, 2L, kind == DatabaseKind.PostgreSql ? 1 : 0),
            (report.UsageFrom, report.LastRun!.StartedAt, report.LastRun.FinishedAt, report.LastRun.Events, report.LastRun.Reports,
                report.LastRun.Months));
        if (kind == DatabaseKind.PostgreSql)
        {
            Assert.Equal(1, await host.CountAsync("pg_inherits WHERE inhparent = 'usage_events'::regclass AND inhrelid::regclass::text LIKE '%2025%'"));
            Assert.Equal(0, await host.CountAsync("pg_class WHERE relname = 'usage_events_2025_01'"));
        }

        // Gone is gone: it is neither taken again nor changed.
        foreach (var sent in (UsageEvent[])[
            Event("c", "2025-01-20T00:00:00Z", "e1", dimensions: ("tokens", 3m)), Event("c", "2025-01-31T23:59:59Z", "new")])
        {
            var refused = await host.TrySendAsync(Event("c", null, "with-it", dimensions: ("tokens", 1m)), sent);
            Assert.Equal(ErrorCode.InvalidArgumentError, refused.Refusal?.Code);
            Assert.Equal("events[1].timestamp", Assert.Single(refused.Refusal!.Fields).Path);
        }

        Assert.Equal(
            ErrorCode.InvalidArgumentError,
            (await host.TryReportAsync(Delta("c", "seats", 1, at: "2025-01-31T23:59:59Z"))).Refusal?.Code);
        Assert.NotNull((await host.Get<CorrectEvents>().ExecuteAsync(host.Scope(), january, null, "why", Cancellation)).Refusal);
        Assert.NotNull((await host.TryHistoryAsync("c", "seats", "2025-01-01T00:00:00Z", "2025-01-30T00:00:00Z")).Refusal);
        Assert.Equal(before, await ShownAsync(host));
        await host.SendAsync(Event("c", "2025-02-01T00:00:00Z", "late", dimensions: ("tokens", 1m)));
        Assert.Equal(15, await host.UsageAsync("c", "calls"));

        Assert.Equal(0, await host.RunDueAsync());
        host.MoveTo("2026-04-20T00:00:00Z");
        await host.RunDueAsync();
        Assert.Equal(0, await host.CountAsync("usage_events"));
        await ForgetCountersAsync(host);
        Assert.Equal((15, 3, 7), (
            await host.UsageAsync("c", "calls"), await host.UsageAsync("c", "users"), await host.UsageAsync("c", "seats")));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Changed_meter_keeps_what_was_counted_where_the_same_is_added_up(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await FillAsync(host);
        host.MoveTo(Later);
        await host.RunDueAsync();

        // The same sum, of another event: the 9 of January stay, the 5 of February are no event of that name.
        await host.SetMeterAsync("calls", MeterOf(AggregationFunction.Sum, "tokens", name: "else"));
        await host.RunTasksAsync();
        Assert.Equal(9, await host.UsageAsync("c", "calls"));
        // Another function: what is still there.
        await host.SetMeterAsync("calls", MeterOf(AggregationFunction.Count));
        await host.RunTasksAsync();
        Assert.Equal(1, await host.UsageAsync("c", "calls"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Sessions_of_what_is_gone_can_only_be_discarded(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var sessions = host.Get<BackfillSessions>();
        var opened = Accepted(await sessions.OpenAsync(host.Scope(), new("old", "test", null, null), Cancellation)).Uid;
        var closed = Accepted(await sessions.OpenAsync(host.Scope(), new("closed", "test", null, null), Cancellation)).Uid;
        var backfills = host.Get<BackfillEvents>();
        Accepted(await backfills.ExecuteAsync(
            host.Scope(), opened, [Event("c", "2024-12-01T00:00:00Z", "o", dimensions: ("tokens", 100m))], Cancellation));
        Accepted(await backfills.ExecuteAsync(
            host.Scope(), closed, [Event("c", "2024-12-02T00:00:00Z", "k", dimensions: ("tokens", 20m))], Cancellation));
        Accepted(await sessions.CloseAsync(host.Scope(), closed, "test", Cancellation));
        Assert.Equal(20, await host.UsageAsync("c", "calls"));
        host.MoveTo(Later);
        await host.RunDueAsync();

        Assert.Equal(0, await host.CountAsync("usage_events"));
        await ForgetCountersAsync(host);
        Assert.Equal(20, await host.UsageAsync("c", "calls"));
        (sessions, backfills) = (host.Get<BackfillSessions>(), host.Get<BackfillEvents>());
        Assert.NotNull((await sessions.CloseAsync(host.Scope(), opened, "test", Cancellation)).Refusal);
        Assert.NotNull((await sessions.RevertAsync(host.Scope(), closed, "test", Cancellation)).Refusal);
        Assert.NotNull((await backfills.ExecuteAsync(
            host.Scope(), opened, [Event("c", "2024-12-01T00:00:00Z", "p")], Cancellation)).Refusal);
        Accepted(await sessions.DiscardAsync(host.Scope(), opened, "test", Cancellation));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task What_a_bill_has_still_to_measure_is_waited_for(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await FillAsync(host);
        await SqlAsync(host, """
            INSERT INTO usage_bills (uid, environment_id, customer_id, subscription_uid, start_at, end_at, version, body)
            VALUES ('00000000-0000-0000-0000-000000000001', @environment, 'c', '00000000-0000-0000-0000-000000000002', @start, @end, 0, '{}');
            INSERT INTO late_usage (environment_id, customer_id, bill_uid, feature_id)
            VALUES (@environment, 'c', '00000000-0000-0000-0000-000000000001', 'calls')
            """);
        host.MoveTo(Later);
        await host.RunDueAsync();
        Assert.Equal(5, await host.CountAsync("usage_events"));
        Assert.Equal(At("2025-01-01T00:00:00Z"), (await ReadAsync(host)).UsageFrom);
        Assert.Equal(0, await host.RunDueAsync());

        await SqlAsync(host, "DELETE FROM late_usage");
        host.MoveTo("2026-03-21T00:00:00Z");
        await host.RunDueAsync();
        Assert.Equal((1, 0), (await host.CountAsync("usage_events"), await host.CountAsync("usage_bills")));
    }

    /// <summary>Only the environment whose clock was moved, and by its own days; real time decides what goes for everybody.</summary>
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Moved_clock_removes_by_the_days_of_its_environment(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await FillAsync(host);
        var retention = host.Get<UsageRetention>();
        var refused = await retention.ChangeAsync(host.Scope(), new(399, null, 29), Cancellation);
        Assert.Equal(["usageDays", "eventLogDays"], refused.Refusal!.Fields.Select(f => f.Path));
        // 430 days before 2026-03-20 lies 2025-01-14.
        Assert.Equal(430, Accepted(await retention.ChangeAsync(host.Scope(), new(430, 60, 30), Cancellation)).Settings.UsageDays);
        var log = Assert.Single(await LogAsync(host, EventType.UsageRetentionChanged));
        Assert.Equal(("400 -> 430", "30 -> 60", "365 -> 30"), (log.Facts!["usageDays"], log.Facts["reportLogDays"], log.Facts["eventLogDays"]));
        Assert.Equal(6, (await LogAsync(host, EventType.MeasurementReported)).Count);

        await MoveClockAsync(host, Later);
        Assert.Equal(4, await host.CountAsync("usage_events WHERE event_at < 1738368000000"));
        Assert.Empty(await LogAsync(host, EventType.MeasurementReported));
        Assert.Empty(await LogAsync(host, EventType.FeatureCreated));
        await MoveClockAsync(host, "2026-04-20T00:00:00Z");
        Assert.Equal(0, await host.CountAsync("usage_events WHERE event_at < 1738368000000"));
        Assert.Equal(14, await host.UsageAsync("c", "calls"));
        Assert.Equal(At("2025-02-01T00:00:00Z"), (await ReadAsync(host)).UsageFrom);
        // The other environment is where it was: in January 2025.
        Assert.Null((await ReadAsync(host, "production")).UsageFrom);
        Accepted(await host.Get<ReportEvents>().ExecuteAsync(
            host.Scope("production"), [Event("c", "2020-01-01T00:00:00Z")], Cancellation));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Events_that_come_meanwhile_and_two_nodes_do_no_harm(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await FillAsync(host);
        // 2,500, more than RemoveEvents deletes at once.
        for (var i = 0; i < 5; i++)
        {
            await host.SendAsync([.. Enumerable.Range(0, 500).Select(n => Event(
                "c", n % 2 == 0 ? "2025-01-25T00:00:00Z" : "2025-01-02T00:00:00Z", dimensions: ("tokens", 1m)))]);
        }

        host.MoveTo(Later);
        await using var node = kind == DatabaseKind.PostgreSql ? await host.JoinAsync() : null;
        var (sent, isDone) = (0, false);
        var sending = Task.Run(
            async () =>
            {
                while (!Volatile.Read(ref isDone))
                {
                    await host.SendAsync(Event("c", sent % 2 == 0 ? null : "2025-02-20T00:00:00Z", dimensions: ("tokens", 1m)));
                    await host.ReportAsync(Delta("c", "seats", 1));
                    sent++;
                }
            },
            Cancellation);
        await Task.WhenAll(host.RunDueAsync(), node?.RunDueAsync() ?? Task.CompletedTask);
        await host.RunDueAsync();
        Volatile.Write(ref isDone, true);
        await sending;

        Assert.Equal(0, await host.CountAsync("usage_events WHERE event_at < 1738368000000"));
        Assert.NotNull((await ReadAsync(host)).LastRun!.FinishedAt);
        await ForgetCountersAsync(host);
        Assert.Equal((14 + 2500 + sent, 7 + sent), (await host.UsageAsync("c", "calls"), await host.UsageAsync("c", "seats")));
    }

    [Fact]
    public async Task Months_are_there_before_their_first_event()
    {
        await using var host = await ModuleHost.StartAsync(DatabaseKind.PostgreSql);
        var months = host.Get<EventMonths>();
        await months.PrepareAsync(At("2025-11-30T23:59:59Z"), Cancellation);
        await months.PrepareAsync(At("2025-12-01T00:00:00Z"), Cancellation);
        Assert.Equal(
            ["usage_events_2025_11", "usage_events_2025_12", "usage_events_2026_01", "usage_events_2026_02"],
            await host.Database.ReadAsync(
                (session, _) => session.Connection.QueryAsync<string>(
                    "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'usage_events'::regclass ORDER BY 1"),
                Cancellation));
    }

    private static async Task<ModuleHost> StartAsync(DatabaseKind kind)
    {
        var host = await ModuleHost.StartAsync(kind);
        await host.FeatureAsync("calls", events: MeterOf(AggregationFunction.Sum, "tokens"));
        await host.FeatureAsync("users", events: MeterOf(AggregationFunction.Unique, "user"));
        await host.FeatureAsync("top", events: MeterOf(AggregationFunction.Max, "tokens"));
        await host.FeatureAsync("monthly", events: MeterOf(AggregationFunction.Count));
        await host.FeatureAsync("seats");
        await host.FeatureAsync("runs");
        await host.PlanAsync(
            "free", Limit("calls", 9, soft: true), Limit("users", 9, soft: true), Limit("top", 9, soft: true),
            Limit("monthly", 9, Monthly, soft: true), Limit("seats", 9, soft: true),
            Limit("runs", 9, new() { Period = new(ResetPeriod.Year) }, soft: true));
        await host.CustomerAsync("c");
        Accepted(await host.ProvisionAsync("c", "free"));
        return host;
    }

    private static async Task FillAsync(ModuleHost host)
    {
        host.MoveTo("2025-01-20T00:00:00Z");
        await host.SendAsync(
            Event("c", "2025-01-20T00:00:00Z", "e1", dimensions: [("tokens", 3m), ("user", "ann")]),
            Event("c", null, "e2", dimensions: [("tokens", 4m), ("user", "bob")]),
            Event("c", null, "e3", dimensions: [("tokens", 70m), ("user", "dan")]),
            Event("c", null, "e4", dimensions: [("tokens", 2m), ("user", "a user whose name is longer than a token")]));
        // A conflict, a repeat, and one that is taken out of the count.
        await host.SendAsync(
            Event("c", "2025-01-20T00:00:00Z", "e1", dimensions: ("tokens", 8m)),
            Event("c", "2025-01-20T00:00:00Z", "e1", dimensions: [("tokens", 3m), ("user", "ann")]));
        var wrong = (await FeedAsync(host)).Items.Single(e => e.Event.IdempotencyKey == "e3").Id;
        Accepted(await host.Get<CorrectEvents>().ExecuteAsync(host.Scope(), wrong, null, "wrong", Cancellation));
        await host.ReportAsync(
            Delta("c", "seats", 5, key: "s"), Set("c", "seats", 8), Delta("c", "seats", -2), Delta("c", "runs", 10));
        host.MoveTo("2025-02-20T00:00:00Z");
        await host.SendAsync(Event("c", null, "f1", dimensions: [("tokens", 5m), ("user", "ann")]));
        await host.ReportAsync(Delta("c", "seats", 1), Delta("c", "runs", 5));
    }

    /// <summary>Usage by now, then the course of every feature within the retention.</summary>
    private static async Task<List<string>> ShownAsync(ModuleHost host)
    {
        string[] features = ["calls", "users", "top", "monthly", "seats", "runs"];
        var usage = new List<string>();
        foreach (var feature in features)
            usage.Add($"{feature} {await host.UsageAsync("c", feature):0}");
        List<string> shown = [string.Join(", ", usage)];
        foreach (var feature in features)
        {
            var history = await host.HistoryAsync("c", feature, "2025-02-01T00:00:00Z", "2025-04-01T00:00:00Z");
            shown.AddRange(Assert.Single(history.Series).Points.Select(p => $"{feature} {p.Timestamp:yyyy-MM-dd} {p.Value:0}"));
        }

        return shown;
    }

    private static async Task ForgetCountersAsync(ModuleHost host)
    {
        await host.Database.WriteAsync(
            [],
            async (session, _) => await session.Connection.ExecuteAsync(
                "DELETE FROM usage_counters; DELETE FROM meter_counters; DELETE FROM meter_values") >= 0,
            Cancellation);
        await host.RestartAsync();
    }

    private static Task SqlAsync(ModuleHost host, string sql) => host.Database.WriteAsync(
        [],
        async (session, _) => await session.Connection.ExecuteAsync(
            sql,
            new
            {
                environment = host.EnvironmentId.Value,
                start = At("2025-01-10T00:00:00Z").ToUnixTimeMilliseconds(),
                end = At("2025-02-10T00:00:00Z").ToUnixTimeMilliseconds(),
            }) >= 0,
        Cancellation);

    private static async Task<RetentionReport> ReadAsync(ModuleHost host, string environment = "development") =>
        Accepted(await host.Get<UsageRetention>().ReadAsync(host.Scope(environment), Cancellation));

    private static async Task<EventPage> FeedAsync(ModuleHost host) => Accepted(await host.Get<EventFeed>().ExecuteAsync(
        host.Scope(), new(100, null, null, null, null, host.Scope().Now.ToUnixTimeMilliseconds()), Cancellation));

    private static async Task<IReadOnlyList<EventRecord>> LogAsync(ModuleHost host, EventType type) =>
        Accepted(await host.Get<ListEvents>().ExecuteAsync(
            host.Scope(), new() { Types = [type] }, PageRequest.First, Cancellation)).Items;

    private static async Task MoveClockAsync(ModuleHost host, string to) => Accepted(
        await host.Get<TestClock>().AdvanceAsync(host.Scope(), _ => Result<Instant>.Ok(At(to)), null, Cancellation));
}
