using Dapper;
using NodaTime;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Usage.Events;
using Tollgate.Modules.Usage.Events.Retention;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.Events.AgedUsageDriver;
using static Tollgate.Modules.Tests.Usage.Events.EventDriver;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage.Events;

/// <summary>When usage that is too old goes (ADR 24): what waits, by whose clock, and the months that events are stored in.</summary>
public sealed class RetentionRunTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task What_a_bill_has_still_to_measure_is_waited_for(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.FillAsync();
        await SqlAsync(host, """
            INSERT INTO usage_bills (uid, environment_id, customer_id, subscription_uid, start_at, end_at, version, body)
            VALUES ('00000000-0000-0000-0000-000000000001', @environment, 'c', '00000000-0000-0000-0000-000000000002', @start, @end, 0, '{}');
            INSERT INTO late_usage (environment_id, customer_id, bill_uid, feature_id)
            VALUES (@environment, 'c', '00000000-0000-0000-0000-000000000001', 'calls')
            """);
        host.MoveTo(Later);
        await host.RunDueAsync();
        Assert.Equal(5, await host.CountAsync("usage_events"));
        Assert.Equal(At("2025-01-01T00:00:00Z"), (await host.RetentionAsync()).UsageFrom);
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
        await host.FillAsync();
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
        Assert.Equal(At("2025-02-01T00:00:00Z"), (await host.RetentionAsync()).UsageFrom);
        // The other environment is where it was: in January 2025.
        Assert.Null((await host.RetentionAsync("production")).UsageFrom);
        Accepted(await host.Get<ReportEvents>().ExecuteAsync(
            host.Scope("production"), [Event("c", "2020-01-01T00:00:00Z")], Cancellation));
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

    private static async Task<IReadOnlyList<EventRecord>> LogAsync(ModuleHost host, EventType type) =>
        Accepted(await host.Get<ListEvents>().ExecuteAsync(
            host.Scope(), new() { Types = [type] }, PageRequest.First, Cancellation)).Items;

    private static async Task MoveClockAsync(ModuleHost host, string to) => Accepted(
        await host.Get<TestClock>().AdvanceAsync(host.Scope(), _ => Result<Instant>.Ok(At(to)), null, Cancellation));
}
