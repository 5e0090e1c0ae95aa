using Dapper;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Usage.Events;
using Tollgate.Modules.Usage.Events.Backfills;
using Tollgate.Storage;
using static Tollgate.Modules.Tests.Usage.Events.AgedUsageDriver;
using static Tollgate.Modules.Tests.Usage.Events.EventDriver;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage.Events;

/// <summary>
/// Usage that is too old to be kept (ADR 24). The clock starts on 2025-01-15 at 12:00; on 2026-03-20 the 400 days before begin on
/// 2025-02-13, so what is dated before 2025-02-01 goes.
/// </summary>
public sealed class RetentionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task What_is_left_counts_as_before(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.FillAsync();
        var january = (await host.FeedAsync(new() { Limit = 100 })).Items.Single(e => e.Event.IdempotencyKey == "e1").Id;
        host.MoveTo(Later);
        Assert.Equal(1, await host.CountAsync("event_duplicates"));
        var before = await host.ShownAsync();
        // 3 + 4 + 2 in January, 5 in February; ann, bob, eve; 6 seats and one more.
        Assert.Equal("calls 14, users 3, top 5, monthly 0, seats 7, runs 0", before[0]);
        Assert.Contains("runs 2025-02-02 10", before);
        Assert.Contains("runs 2025-03-02 15", before);
        Assert.Contains("calls 2025-02-02 9", before);

        Assert.True(await host.RunDueAsync() > 0);

        Assert.Equal(before, await host.ShownAsync());
        await host.ForgetCountersAsync();
        Assert.Equal(before, await host.ShownAsync());
        Assert.Equal(0, await host.CountAsync("usage_events WHERE event_at < 1738368000000"));
        Assert.Equal(1, await host.CountAsync("usage_events"));
        Assert.Equal(0, await host.CountAsync("event_keys WHERE event_at < 1738368000000"));
        Assert.Equal(0, await host.CountAsync("event_corrections"));
        Assert.Equal(0, await host.CountAsync("event_conflicts"));
        Assert.Equal(0, await host.CountAsync("event_duplicates"));
        // Of January one row for seats and one for runs, as sums; of February both as they were sent.
        Assert.Equal((2, 2), (
            await host.CountAsync("measurements WHERE is_summary = 1"), await host.CountAsync("measurements WHERE is_summary = 0")));
        var report = await host.RetentionAsync();
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
        Assert.Equal(before, await host.ShownAsync());
        await host.SendAsync(Event("c", "2025-02-01T00:00:00Z", "late", dimensions: ("tokens", 1m)));
        Assert.Equal(15, await host.UsageAsync("c", "calls"));

        Assert.Equal(0, await host.RunDueAsync());
        host.MoveTo("2026-04-20T00:00:00Z");
        await host.RunDueAsync();
        Assert.Equal(0, await host.CountAsync("usage_events"));
        await host.ForgetCountersAsync();
        Assert.Equal((15, 3, 7), (
            await host.UsageAsync("c", "calls"), await host.UsageAsync("c", "users"), await host.UsageAsync("c", "seats")));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Changed_meter_keeps_what_was_counted_where_the_same_is_added_up(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.FillAsync();
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
        await host.ForgetCountersAsync();
        Assert.Equal(20, await host.UsageAsync("c", "calls"));
        (sessions, backfills) = (host.Get<BackfillSessions>(), host.Get<BackfillEvents>());
        Assert.NotNull((await sessions.CloseAsync(host.Scope(), opened, "test", Cancellation)).Refusal);
        Assert.NotNull((await sessions.RevertAsync(host.Scope(), closed, "test", Cancellation)).Refusal);
        Assert.NotNull((await backfills.ExecuteAsync(
            host.Scope(), opened, [Event("c", "2024-12-01T00:00:00Z", "p")], Cancellation)).Refusal);
        Accepted(await sessions.DiscardAsync(host.Scope(), opened, "test", Cancellation));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Events_that_come_meanwhile_and_two_nodes_do_no_harm(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.FillAsync();
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
        Assert.NotNull((await host.RetentionAsync()).LastRun!.FinishedAt);
        await host.ForgetCountersAsync();
        Assert.Equal((14 + 2500 + sent, 7 + sent), (await host.UsageAsync("c", "calls"), await host.UsageAsync("c", "seats")));
    }
}
