using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Domain.Usage;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.Events.EventDriver;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage.Events;

/// <summary>Histories, bills and notices of usage that comes from events. The clock starts on 2025-01-15 at 12:00.</summary>
public sealed class EventReadingTests
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task History_runs_within_each_window_and_groups_by_dimensions(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, MeterOf(AggregationFunction.Sum, "tokens"), Daily);
        host.MoveTo("2025-01-16T02:30:00Z");
        await host.SendAsync(
            Tokens("2025-01-15T22:30:00Z", 5, "a"), Tokens("2025-01-15T23:30:00Z", 2, "b"), Tokens("2025-01-16T01:15:00Z", 1, "a"),
            Tokens("2025-01-16T02:00:00Z", -4, "a"));
        var history = await host.HistoryAsync("c", "calls", "2025-01-15T22:00:00Z", "2025-01-16T03:00:00Z");
        // Until midnight 5, then 5 + 2 = 7; the reset; from then on 0, 1, 1 - 4 = -3 which reads as 0.
        Assert.Equal(
            ["23:00 5", "00:00 7", "00:00 0 reset", "01:00 0", "02:00 0", "03:00 0"],
            Assert.Single(history.Series).Points.Select(Told));
        Assert.Equal([UsageResetKind.Periodic], history.Markers.Select(m => m.Kind));

        var grouped = await host.HistoryAsync(
            "c", "calls", "2025-01-15T22:00:00Z", "2025-01-16T03:00:00Z", null, "model");
        Assert.Equal(["a", "b"], grouped.Series.Select(s => s.Tags.Single().Value));
        Assert.Equal(["23:00 0", "00:00 2"], grouped.Series[1].Points.Take(2).Select(Told));
    }

    [Fact]
    public async Task History_of_distinct_values_counts_each_once_in_its_window()
    {
        await using var host = await StartAsync(DatabaseKind.Sqlite, MeterOf(AggregationFunction.Unique, "model"), Daily);
        host.MoveTo("2025-01-16T02:30:00Z");
        await host.SendAsync(
            Tokens("2025-01-15T22:30:00Z", 1, "a"), Tokens("2025-01-15T22:40:00Z", 1, "a"), Tokens("2025-01-15T23:30:00Z", 1, "b"),
            Tokens("2025-01-16T00:15:00Z", 1, "a"));
        var history = await host.HistoryAsync("c", "calls", "2025-01-15T22:00:00Z", "2025-01-16T01:00:00Z");
        Assert.Equal(["23:00 1", "00:00 2", "00:00 0 reset", "01:00 1"], history.Series[0].Points.Select(Told));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Bills_measure_the_aggregate_of_the_billing_window_whatever_the_reset(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, MeterOf(AggregationFunction.Max, "tokens"), Daily);
        host.MoveTo("2025-01-20T00:00:00Z");
        await host.SendAsync(
            Tokens("2025-01-15T13:00:00Z", 8), Tokens("2025-01-16T13:00:00Z", 11), Tokens("2025-01-17T13:00:00Z", 3));
        var window = new BillingWindow(At("2025-01-16T00:00:00Z"), At("2025-01-18T00:00:00Z"));
        var daily = ResetRule.Of(ResetPeriod.Day);
        var anchor = At("2025-01-15T12:00:00Z");
        var added = await host.MeasureAsync(new(new("calls"), window, UsageMeasure.Accumulated, daily, anchor));
        Assert.Equal(11, added.Accumulated);
        Assert.Equal(11, (await host.MeasureAsync(new(new("calls"), window, UsageMeasure.Level, null, anchor))).Level);
        // Overage with 2 included a day: 11 - 2 = 9 and 3 - 2 = 1; for life, up to the end, 11 - 2 = 9.
        var perDay = await host.MeasureAsync(new(new("calls"), window, UsageMeasure.PerUsageWindow, daily, anchor));
        Assert.Equal(10, perDay.Beyond(2, isReset: true));
        var forLife = await host.MeasureAsync(new(new("calls"), window, UsageMeasure.PerUsageWindow, null, anchor));
        Assert.Equal(9, forLife.Beyond(2, isReset: false));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Changed_meter_shows_the_old_numbers_until_its_task_is_done(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, MeterOf(AggregationFunction.Sum, "tokens"), Daily);
        await host.SendAsync(Tokens(null, 5), Tokens(null, 6));
        await host.SetMeterAsync("calls", MeterOf(AggregationFunction.Count));
        Assert.Equal(11, await host.UsageAsync("c", "calls"));
        await host.SendAsync(Tokens(null, 7));
        Assert.Equal(18, await host.UsageAsync("c", "calls"));
        Assert.Equal(1, await host.RunTasksAsync());
        Assert.Equal(3, await host.UsageAsync("c", "calls"));
        await host.SendAsync(Tokens(null, 1));
        Assert.Equal(4, await host.UsageAsync("c", "calls"));
        // The counters of the former version are gone.
        Assert.Equal(1, await host.CountAsync("meter_counters"));

        await host.SetMeterAsync("calls", null);
        Assert.Equal(0, await host.UsageAsync("c", "calls"));
        await host.ReportAsync(Delta("c", "calls", 9));
        Assert.Equal(9, await host.UsageAsync("c", "calls"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Usage_that_comes_up_to_a_share_of_its_limit_is_told_once(DatabaseKind kind)
    {
        // 12 a day: 80 % is 9.6.
        await using var host = await StartAsync(kind, MeterOf(AggregationFunction.Sum, "tokens"), Daily, limit: 12);
        await host.SendAsync(Tokens(null, 8));
        Assert.Empty(await NoticesAsync(host));
        await host.SendAsync(Tokens(null, 2));
        await host.SendAsync(Tokens(null, 1));
        var first = Assert.Single(await NoticesAsync(host));
        Assert.Equal(("calls", "80", "83", "10", "12"), Told(first));
        await host.SendAsync(Tokens(null, 5));
        Assert.Equal(["100", "80"], (await NoticesAsync(host)).Select(e => e.Facts!["thresholdPercentage"]));

        await host.ReportAsync(Delta("c", "seats", 13));
        Assert.Equal(("seats", "100", "108", "13", "12"), Told((await NoticesAsync(host))[0]));
        // Below and up again: told again.
        await host.ReportAsync(Delta("c", "seats", -8), Delta("c", "seats", 6));
        Assert.Equal(("seats", "80", "91", "11", "12"), Told((await NoticesAsync(host))[0]));
    }

    private static (string, string, string, string, string) Told(EventRecord record) => (
        record.EntityId, record.Facts!["thresholdPercentage"], record.Facts["usageUsedPercentage"], record.Facts["currentUsage"],
        record.Facts["usageLimit"]);

    private static async Task<IReadOnlyList<EventRecord>> NoticesAsync(ModuleHost host) =>
        Accepted(await host.Get<ListEvents>().ExecuteAsync(
            host.Scope(), new() { Types = [EventType.EntitlementUsageExceeded] }, PageRequest.First,
            TestContext.Current.CancellationToken)).Items;

    private static string Told(UsagePoint point) =>
        $"{point.Timestamp.InUtc().TimeOfDay:HH:mm} {point.Value}{(point.IsResetPoint ? " reset" : "")}";

    private static Domain.Usage.Events.UsageEvent Tokens(string? at, decimal tokens, string model = "a") =>
        Event("c", at, dimensions: [("tokens", tokens), ("model", model)]);

    private static async Task<ModuleHost> StartAsync(DatabaseKind kind, Meter meter, ResetInput reset, decimal limit = 100)
    {
        var host = await ModuleHost.StartAsync(kind);
        await host.FeatureAsync("calls", events: meter);
        await host.FeatureAsync("seats");
        await host.PlanAsync("free", Limit("calls", limit, reset), Limit("seats", 12));
        await host.CustomerAsync("c");
        Accepted(await host.ProvisionAsync("c", "free"));
        return host;
    }
}
