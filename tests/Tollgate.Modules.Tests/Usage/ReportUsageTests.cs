using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Modules.Usage;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage;

/// <summary>What reports do to usage (spec entitlements-and-usage 7). The clock starts on 2025-01-15 at 12:00.</summary>
public sealed class ReportUsageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Deltas_add_and_sets_assign_in_the_order_of_the_batch(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);

        Assert.Equal([3], await host.UsagesAsync(Delta("c", "calls", 3)));
        Assert.Equal(
            [5, 9, 10, 4],
            await host.UsagesAsync(
                Delta("c", "calls", 2), Set("c", "calls", 9), Delta("c", "calls", 1), Delta("c", "calls", -6)));
        Assert.Equal(4, await host.UsageAsync("c", "calls"));
        Assert.Equal(0, await host.UsageAsync("c", "seats"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Answer_says_what_was_sent_when_it_counts_and_which_window_it_is(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        host.MoveTo("2025-01-20T08:00:00Z");

        var recorded = Assert.Single(await host.ReportAsync(Delta("c", "calls", 3, at: "2025-01-19T07:00:00Z")));
        var seats = Assert.Single(await host.ReportAsync(Delta("c", "seats", 2)));

        Assert.Equal(3, recorded.Report.Value);
        Assert.Equal(At("2025-01-19T07:00:00Z"), recorded.Timestamp);
        Assert.Equal(At("2025-01-20T08:00:00Z"), recorded.RecordedAt);
        // Subscribed on 15 January at 12:00; windows begin with the UTC day.
        Assert.Equal(new UsageWindow(At("2025-01-15T00:00:00Z"), At("2025-02-15T00:00:00Z")), recorded.Window);
        Assert.Equal(At("2025-01-20T08:00:00Z"), seats.Timestamp);
        Assert.Null(seats.Window);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Late_report_counts_in_its_own_window_and_not_in_the_current_one(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        await host.ReportAsync(Delta("c", "calls", 10));
        host.MoveTo("2025-02-20T00:00:00Z");

        Assert.Equal([4], await host.UsagesAsync(Delta("c", "calls", 4)));
        Assert.Equal([4], await host.UsagesAsync(Delta("c", "calls", 7, at: "2025-02-14T23:59:59.999Z")));
        Assert.Equal([9], await host.UsagesAsync(Delta("c", "calls", 5, at: "2025-02-15T00:00:00Z")));
        // The old window holds 10 + 7, so 17 may be taken back there and no more.
        Assert.Equal(
            ErrorCode.EntitlementUsageOutOfRangeError,
            (await host.TryReportAsync(Delta("c", "calls", -18, at: "2025-02-01T00:00:00Z"))).Refusal!.Code);
        Assert.Equal([9], await host.UsagesAsync(Delta("c", "calls", -17, at: "2025-02-01T00:00:00Z")));
        Assert.Equal(9, await host.UsageAsync("c", "calls"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Late_set_keeps_later_deltas_and_gives_way_to_a_later_set(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        host.MoveTo("2025-01-20T00:00:00Z");
        await host.ReportAsync(
            Delta("c", "calls", 5, at: "2025-01-16T00:00:00Z"), Delta("c", "calls", 3, at: "2025-01-18T00:00:00Z"));

        // 5 is assigned over, 3 comes later and stays.
        Assert.Equal([103], await host.UsagesAsync(Set("c", "calls", 100, at: "2025-01-17T00:00:00Z")));
        // A delta before the set was assigned over as well.
        Assert.Equal([103], await host.UsagesAsync(Delta("c", "calls", 50, at: "2025-01-16T12:00:00Z")));
        // A set before the set changes nothing.
        Assert.Equal([103], await host.UsagesAsync(Set("c", "calls", 1, at: "2025-01-16T13:00:00Z")));
        // Of two at the same instant the one that arrived last counts.
        Assert.Equal([23], await host.UsagesAsync(Set("c", "calls", 20, at: "2025-01-17T00:00:00Z")));
        Assert.Equal(23, await host.UsageAsync("c", "calls"));
        await host.RestartAsync();
        Assert.Equal(23, await host.UsageAsync("c", "calls"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Late_set_sees_the_reports_of_its_own_batch(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        host.MoveTo("2025-01-20T00:00:00Z");

        Assert.Equal(
            [4, 10, 26],
            await host.UsagesAsync(
                Delta("c", "calls", 4, at: "2025-01-16T00:00:00Z"),
                Delta("c", "calls", 6, at: "2025-01-18T00:00:00Z"),
                Set("c", "calls", 20, at: "2025-01-17T00:00:00Z")));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Report_dated_up_to_five_minutes_ahead_counts_in_the_window_it_is_dated_in(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        host.MoveTo("2025-02-14T23:58:00Z");
        await host.ReportAsync(Delta("c", "calls", 10));

        Assert.Equal([10], await host.UsagesAsync(Delta("c", "calls", 6, at: "2025-02-15T00:03:00Z")));
        var early = await host.TryReportAsync(Delta("c", "calls", 6, at: "2025-02-15T00:03:00.001Z"));
        Assert.Equal(ErrorCode.InvalidArgumentError, early.Refusal!.Code);
        host.MoveTo("2025-02-15T00:00:00Z");
        Assert.Equal(6, await host.UsageAsync("c", "calls"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Usage_never_goes_below_0_and_a_refused_batch_leaves_no_trace(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        await host.ReportAsync(Delta("c", "calls", 5), Delta("c", "seats", 2));

        var below = await host.TryReportAsync(
            Delta("c", "seats", 4, key: "k"), Delta("c", "calls", 1), Delta("c", "calls", -7));
        var negative = await host.TryReportAsync(Set("c", "calls", -1));
        var huge = await host.TryReportAsync(Delta("c", "calls", 9007199254740992m));

        Assert.Equal(ErrorCode.EntitlementUsageOutOfRangeError, below.Refusal!.Code);
        Assert.Contains("from 6 to -1", below.Refusal.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorCode.EntitlementUsageOutOfRangeError, negative.Refusal!.Code);
        Assert.Equal(ErrorCode.UsageMeasurementDiffOutOfRangeError, huge.Refusal!.Code);
        Assert.Equal(5, await host.UsageAsync("c", "calls"));
        Assert.Equal(2, await host.UsageAsync("c", "seats"));
        // The key of the refused batch is free, for another value too.
        Assert.Equal([9], await host.UsagesAsync(Delta("c", "seats", 7, key: "k")));
        await host.RestartAsync();
        Assert.Equal(5, await host.UsageAsync("c", "calls"));
        Assert.Equal(9, await host.UsageAsync("c", "seats"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Refused_request_does_not_touch_the_other_requests_of_its_group(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);

        // Reports made at once share transactions. Whatever comes first, only those of one can be accepted.
        var made = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => i % 3 == 2
            ? host.TryReportAsync(Delta("c", "calls", 1), Delta("c", "calls", -1_000))
            : host.TryReportAsync(Delta("c", "calls", 1))));

        Assert.Equal(20, made.Count(r => r.Refusal?.Code == ErrorCode.EntitlementUsageOutOfRangeError));
        Assert.Equal(
            Enumerable.Range(1, 40).Select(n => (decimal)n),
            made.Where(r => r.Refusal is null).Select(r => r.Value[0].CurrentUsage).Order());
        Assert.Equal(40, await host.UsageAsync("c", "calls"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Unit_transformation_shows_sold_units_and_counts_raw_ones(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.FeatureAsync("up", sold: new(1000, RoundingDirection.Up, "kB", "kB"));
        await host.FeatureAsync("down", sold: new(1000, RoundingDirection.Down, "kB", "kB"));
        await host.PlanAsync("free", Limit("up", 3), Limit("down", 3));
        await host.CustomerAsync("c");
        await host.ProvisionAsync("c", "free");

        Assert.Equal([3, 2], await host.UsagesAsync(Delta("c", "up", 2500), Delta("c", "down", 2500)));
        Assert.Equal([3, 3], await host.UsagesAsync(Delta("c", "up", 500), Delta("c", "down", 500)));
        Assert.Null(await host.ReasonAsync("c", "up"));
        Assert.NotNull(await host.ReasonAsync("c", "up", 1));
        Assert.Equal([4, 3], await host.UsagesAsync(Delta("c", "up", 1), Delta("c", "down", 1)));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Usage_without_a_subscription_is_recorded_and_is_there_when_access_comes(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        await host.CustomerAsync("new");
        await host.ReportAsync(Delta("new", "calls", 30, at: "2024-06-01T00:00:00Z"));

        var recorded = Assert.Single(await host.ReportAsync(Delta("new", "calls", 12)));
        Assert.Equal(42, recorded.CurrentUsage);
        Assert.Null(recorded.Window);
        await host.ReportAsync(Delta("new", "seats", 3));

        host.Time.Advance(TimeSpan.FromHours(1));
        await host.ProvisionAsync("new", "free");
        // The window began at midnight: what was reported that day counts.
        Assert.Equal(12, await host.UsageAsync("new", "calls"));
        Assert.Equal(3, await host.UsageAsync("new", "seats"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Every_condition_has_its_code_and_names_the_faulty_report(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        await host.FeatureAsync("sso", FeatureType.Boolean);
        await host.FeatureAsync("days", meter: MeterType.None);
        await host.FeatureAsync("regions", FeatureType.Enum, values: [new("eu", "EU")]);
        await host.FeatureAsync(
            "events",
            meter: MeterType.Incremental,
            events: new(
                new(AggregationFunction.Count, null),
                [new([new("eventName", ConditionOperation.Equals, "called", null)])]));
        await host.CustomerAsync("gone");
        Accepted(await host.Get<Modules.Subscriptions.ArchiveCustomer>().ExecuteAsync(
            host.Scope(), new("gone"), Cancellation));

        await RefusesAsync(ErrorCode.CustomerNotFound, Delta("nobody", "calls", 1));
        await RefusesAsync(ErrorCode.EntityIsArchivedError, Delta("gone", "calls", 1));
        await RefusesAsync(ErrorCode.FeatureNotFound, Delta("c", "nothing", 1));
        await RefusesAsync(ErrorCode.MeteringNotAvailableForFeatureType, Delta("c", "sso", 1));
        await RefusesAsync(ErrorCode.MeteringNotAvailableForFeatureType, Delta("c", "days", 1));
        await RefusesAsync(ErrorCode.MeteringNotAvailableForFeatureType, Delta("c", "regions", 1));
        await RefusesAsync(ErrorCode.CannotReportUsageForEntitlementWithMeterError, Delta("c", "events", 1));
        await RefusesAsync(ErrorCode.CustomerResourceNotFound, Delta("c", "calls", 1, resource: "nowhere"));
        await RefusesAsync(ErrorCode.InvalidArgumentError, Delta("c", "calls", 1, at: "2025-01-15T12:05:00.001Z"));
        await RefusesAsync(ErrorCode.BadUserInput, Delta("c", "calls", 1, key: new('k', 256)));
        await RefusesAsync(ErrorCode.BadUserInput, Delta("c", "calls", 1, key: "a\0b"));
        Assert.Equal(ErrorCode.InvalidArgumentError, (await host.TryReportAsync()).Refusal!.Code);
        Assert.Equal(
            ErrorCode.InvalidArgumentError,
            (await host.TryReportAsync([.. Enumerable.Repeat(Delta("c", "calls", 1), 101)])).Refusal!.Code);
        Assert.Equal(0, await host.UsageAsync("c", "calls"));
        Assert.Equal(100, (await host.ReportAsync([.. Enumerable.Repeat(Delta("c", "calls", 1), 100)]))[^1].CurrentUsage);

        async Task RefusesAsync(ErrorCode code, UsageReport report)
        {
            var refusal = (await host.TryReportAsync(Delta("c", "calls", 1), report)).Refusal;
            Assert.Equal(code, refusal?.Code);
            Assert.Contains(refusal!.Fields, field => field.Path.StartsWith("usages[1].", StringComparison.Ordinal));
        }
    }

    /// <summary>Customer c on a free plan: 100 calls a month, 10 seats for life.</summary>
    private static async Task<ModuleHost> SubscribedAsync(DatabaseKind kind)
    {
        var host = await ModuleHost.StartAsync(kind);
        await host.FeatureAsync("calls");
        await host.FeatureAsync("seats");
        await host.PlanAsync("free", Limit("calls", 100, Monthly), Limit("seats", 10));
        await host.CustomerAsync("c");
        Accepted(await host.ProvisionAsync("c", "free"));
        return host;
    }
}
