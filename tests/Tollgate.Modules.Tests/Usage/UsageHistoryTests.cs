using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage;

/// <summary>The course of usage (spec entitlements-and-usage 10). The clock starts on 2025-01-15 at 12:00.</summary>
public sealed class UsageHistoryTests
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Points_hold_the_running_usage_at_the_end_of_each_hour(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        host.MoveTo("2025-01-15T18:00:00Z");
        await host.ReportAsync(
            Delta("c", "calls", 3, at: "2025-01-15T13:30:00Z"), Delta("c", "calls", 2, at: "2025-01-15T15:00:00Z"));

        var history = await host.HistoryAsync("c", "calls", "2025-01-15T12:00:00Z", "2025-01-15T16:00:00Z");

        var series = Assert.Single(history.Series);
        Assert.Empty(series.Tags);
        Assert.Equal(["13:00 0", "14:00 3", "15:00 5", "16:00 5"], Points(series));
        Assert.Empty(history.Markers);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Window_that_ends_shows_a_reset_point_and_a_marker(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        host.MoveTo("2025-01-16T03:00:00Z");
        await host.ReportAsync(
            Delta("c", "daily", 4, at: "2025-01-15T23:30:00Z"), Delta("c", "daily", 1, at: "2025-01-16T01:00:00Z"));

        var history = await host.HistoryAsync("c", "daily", "2025-01-15T22:00:00Z", "2025-01-16T02:00:00Z");

        Assert.Equal(["23:00 0", "00:00 4", "00:00 0 reset", "01:00 1", "02:00 1"], Points(Assert.Single(history.Series)));
        Assert.Equal([new(At("2025-01-16T00:00:00Z"), UsageResetKind.Periodic)], history.Markers);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Plan_change_shows_as_a_reset_and_checks_start_again_at_0(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        await host.ReportAsync(Delta("c", "calls", 30), Delta("c", "seats", 5));
        Assert.Equal(30, await host.UsageAsync("c", "calls"));
        host.MoveTo("2025-01-20T10:00:00Z");
        Accepted(await host.ProvisionAsync("c", "other"));
        Assert.Equal(0, await host.UsageAsync("c", "calls"));
        Assert.Equal(5, await host.UsageAsync("c", "seats"));
        host.MoveTo("2025-01-20T12:00:00Z");
        Assert.Equal([2], await host.UsagesAsync(Delta("c", "calls", 2, at: "2025-01-20T11:30:00Z")));
        // Late, into what counted before the change.
        Assert.Equal([2], await host.UsagesAsync(Delta("c", "calls", 6, at: "2025-01-20T09:30:00Z")));

        var history = await host.HistoryAsync("c", "calls", "2025-01-20T08:00:00Z", "2025-01-20T12:00:00Z");

        Assert.Equal(["09:00 30", "10:00 36", "10:00 0 reset", "11:00 0", "12:00 2"], Points(Assert.Single(history.Series)));
        Assert.Equal([new(At("2025-01-20T10:00:00Z"), UsageResetKind.SubscriptionChange)], history.Markers);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Grouped_history_has_a_series_for_each_value(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        await host.ReportAsync(
            Delta("c", "calls", 3) with { Dimensions = """{"region":"eu","size":2}""" },
            Delta("c", "calls", 2) with { Dimensions = """{"region":"us"}""" },
            Delta("c", "calls", 1),
            Delta("c", "calls", 4) with { Dimensions = """{"region":"us","region":"eu"}""" });

        var history = await host.HistoryAsync("c", "calls", "2025-01-15T11:00:00Z", null, null, "region", "size");

        Assert.Equal(
            ["region= size= 1", "region=eu size= 4", "region=eu size=2 3", "region=us size= 2"],
            history.Series
                .Select(s => string.Concat(s.Tags.Select(t => $"{t.Key}={t.Value} ")) + $"{s.Points[^1].Value:0}")
                .Order(StringComparer.Ordinal));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task What_cannot_be_shown_is_refused(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        await host.FeatureAsync("sso", FeatureType.Boolean);

        Assert.Equal(ErrorCode.InvalidArgumentError, await CodeAsync("c", "calls", "2025-01-15T12:00:00Z", "2025-01-15T11:00:00Z"));
        Assert.Equal(ErrorCode.InvalidArgumentError, await CodeAsync("c", "calls", "9999-12-01T00:00:00Z", "9999-12-31T23:59:59.999Z"));
        Assert.Equal(ErrorCode.InvalidArgumentError, await CodeAsync("c", "calls", "1900-01-01T00:00:00Z"));
        Assert.Equal(ErrorCode.CustomerNotFound, await CodeAsync("nobody", "calls", "2025-01-15T12:00:00Z"));
        Assert.Equal(ErrorCode.FeatureNotFound, await CodeAsync("c", "nothing", "2025-01-15T12:00:00Z"));
        Assert.Equal(ErrorCode.MeteringNotAvailableForFeatureType, await CodeAsync("c", "sso", "2025-01-15T12:00:00Z"));
        Assert.Equal(ErrorCode.CustomerResourceNotFound, await CodeAsync("c", "calls", "2025-01-15T12:00:00Z", null, "r"));

        async Task<ErrorCode?> CodeAsync(
            string customer, string feature, string start, string? end = null, string? resource = null) =>
            (await host.TryHistoryAsync(customer, feature, start, end, resource)).Refusal?.Code;
    }

    private static IEnumerable<string> Points(UsageSeries series) =>
        series.Points.Select(p => $"{p.Timestamp.InUtc():HH:mm} {p.Value:0}{(p.IsResetPoint ? " reset" : "")}");

    private static async Task<ModuleHost> SubscribedAsync(DatabaseKind kind)
    {
        var host = await ModuleHost.StartAsync(kind);
        foreach (var feature in (string[])["calls", "daily", "seats"])
            await host.FeatureAsync(feature);
        await host.PlanAsync("free", Limit("calls", 100, Monthly), Limit("daily", 100, Daily), Limit("seats", 10));
        await host.PlanAsync("other", Limit("calls", 200, Monthly), Limit("seats", 20));
        await host.CustomerAsync("c");
        Accepted(await host.ProvisionAsync("c", "free"));
        return host;
    }
}
