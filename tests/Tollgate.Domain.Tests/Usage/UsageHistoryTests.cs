using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage;

namespace Tollgate.Domain.Tests.Usage;

public sealed class UsageHistoryTests
{
    private static readonly ResetRule Monthly = ResetRule.Of(ResetPeriod.Month);
    private static readonly Instant Mar1 = Instant.FromUtc(2026, 3, 1, 0, 0);
    private static readonly Instant Upgrade = Instant.FromUtc(2026, 3, 20, 10, 13);

    /// <summary>Free from Mar 1 10:00, reset by an upgrade on Mar 20 10:13 that also moves the anchor.</summary>
    private static readonly UsageTimeline Upgraded = new(
    [
        new(Mar1 + Duration.FromHours(10), Monthly, Mar1 + Duration.FromHours(10), ResetsUsage: false),
        new(Upgrade, Monthly, Upgrade, ResetsUsage: true),
    ]);

    private static readonly Measurement[] Reports =
    [
        At(Day(5, 12), 60), At(Day(10, 8), 40), At(Day(20, 9), 20), At(Day(20, 11), 7),
        At(Instant.FromUtc(2026, 4, 20, 0, 0), 3),
    ];

    [Fact]
    public void Points_follow_the_running_usage_through_a_change_and_a_period_end()
    {
        var history = UsageHistory.Of(
            new() { Timeline = Upgraded, Start = Mar1, End = Instant.FromUtc(2026, 4, 22, 0, 0) }, Reports).Value;

        var series = Assert.Single(history.Series);
        Assert.Empty(series.Tags);
        // 52 daily steps and two resets; April 1 is no reset, because the upgrade moved the anchor.
        Assert.Equal(54, series.Points.Count);
        Assert.Equal(0, ValueAt(series, Day(2)));
        Assert.Equal(0, ValueAt(series, Day(5)));
        Assert.Equal(60, ValueAt(series, Day(6)));
        Assert.Equal(100, ValueAt(series, Day(20)));
        Assert.Equal(7, ValueAt(series, Day(21)));
        Assert.Equal(7, ValueAt(series, Instant.FromUtc(2026, 4, 1, 0, 0)));
        var periodEnd = Instant.FromUtc(2026, 4, 20, 0, 0);
        Assert.Equal(
            [new UsagePoint(periodEnd, 7, false), new UsagePoint(periodEnd, 0, true)],
            series.Points.Where(point => point.Timestamp == periodEnd));
        Assert.Equal(3, ValueAt(series, Instant.FromUtc(2026, 4, 21, 0, 0)));
        Assert.Equal(
            [new UsagePoint(Upgrade, 0, true), new UsagePoint(periodEnd, 0, true)],
            series.Points.Where(point => point.IsResetPoint));
        Assert.Equal(
            [new(Upgrade, UsageResetKind.SubscriptionChange), new(periodEnd, UsageResetKind.Periodic)],
            history.Markers);
        Assert.Equal(series.Points.OrderBy(point => point.Timestamp), series.Points);
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(48, 1, 48)]
    [InlineData(49, 24, 3)]
    [InlineData(365 * 24, 24, 365)]
    [InlineData(366 * 24, 168, 53)]
    public void Steps_are_hours_then_days_then_weeks(int spanHours, int stepHours, int points)
    {
        var end = Mar1 + Duration.FromHours(spanHours);
        var history = UsageHistory.Of(
            new() { Timeline = UsageTimeline.Of(Mar1, null, Mar1), Start = Mar1, End = end }, []).Value;

        var series = Assert.Single(history.Series).Points;
        Assert.Equal(points, series.Count);
        Assert.Equal(end, series[^1].Timestamp);
        if (points > 1)
            Assert.Equal(Mar1 + Duration.FromHours(stepHours), series[0].Timestamp);
    }

    [Fact]
    public void The_last_point_includes_what_is_dated_at_the_end_even_where_a_window_just_began()
    {
        var end = Instant.FromUtc(2026, 4, 1, 0, 0);
        var history = UsageHistory.Of(
            new() { Timeline = UsageTimeline.Of(Mar1, Monthly, Mar1), Start = end - Duration.FromHours(1), End = end },
            [At(Day(5), 8), At(end, 2)]).Value;

        Assert.Equal(
            [new UsagePoint(end, 8, false), new UsagePoint(end, 0, true), new UsagePoint(end, 2, false)],
            history.Series[0].Points);
    }

    [Fact]
    public void Usage_from_before_the_start_is_part_of_the_running_usage()
    {
        var history = UsageHistory.Of(
            new() { Timeline = UsageTimeline.Of(Mar1, Monthly, Mar1), Start = Day(10), End = Day(11) },
            [At(Mar1 - Duration.FromHours(1), 1000), At(Day(5), 8)]).Value;

        Assert.All(history.Series[0].Points, point => Assert.Equal(8, point.Value));
    }

    [Fact]
    public void Groups_get_a_series_each_and_a_missing_dimension_an_empty_tag()
    {
        Measurement[] reports =
        [
            At(Day(5, 1), 5) with { Dimensions = Region("eu") },
            At(Day(5, 2), 3) with { Dimensions = Region("us") },
            At(Day(5, 3), 2),
            At(Day(5, 4), 14, UpdateBehavior.Set) with { Dimensions = Region("us") },
        ];

        var history = UsageHistory.Of(
            new()
            {
                Timeline = UsageTimeline.Of(Mar1, Monthly, Mar1),
                Start = Day(5),
                End = Day(6),
                GroupBy = ["region"],
            },
            reports).Value;

        // The SET took the whole from 10 to 14: 4 more for us.
        Assert.Equal(
            [("", 2m), ("eu", 5m), ("us", 7m)],
            history.Series.Select(series => (Assert.Single(series.Tags).Value, series.Points[^1].Value)));
    }

    [Fact]
    public void Beyond_a_hundred_series_the_smallest_are_merged_into_other()
    {
        var reports = Enumerable.Range(1, 150)
            .Select(i => At(Day(5), i) with { Dimensions = Region($"r{i:000}") }).ToArray();

        var history = UsageHistory.Of(
            new()
            {
                Timeline = UsageTimeline.Of(Mar1, Monthly, Mar1),
                Start = Day(5),
                End = Day(6),
                GroupBy = ["region"],
            },
            reports).Value;

        Assert.Equal(100, history.Series.Count);
        // The 99 largest are 52 to 150; 1 + ... + 51 = 1326 remain.
        Assert.Equal("r052", history.Series[0].Tags[0].Value);
        var other = history.Series[^1];
        Assert.Equal((UsageHistory.Other, 1326m), (other.Tags[0].Value, other.Points[^1].Value));
    }

    [Fact]
    public void Combinations_whose_values_hold_commas_are_not_mixed_up()
    {
        Measurement[] reports =
        [
            At(Day(5), 1) with { Dimensions = new Dictionary<string, string> { ["a"] = "x,y", ["b"] = "z" } },
            At(Day(5), 2) with { Dimensions = new Dictionary<string, string> { ["a"] = "x", ["b"] = "y,z" } },
        ];

        Assert.Equal(2, UsageHistory.Of(
            new() { Timeline = UsageTimeline.Of(Mar1, null, Mar1), Start = Day(5), End = Day(6), GroupBy = ["a", "b"] },
            reports).Value.Series.Count);
    }

    [Fact]
    public void Shown_values_are_sold_units()
    {
        var history = UsageHistory.Of(
            new()
            {
                Timeline = UsageTimeline.Of(Mar1, null, Mar1),
                Start = Day(5),
                End = Day(6),
                Transformation = new(1000, RoundingDirection.Up, "KB", "KBs"),
            },
            [At(Day(5), 2001)]).Value;

        Assert.Equal(3, history.Series[0].Points[^1].Value);
    }

    [Fact]
    public void Markers_end_with_the_last_subscription_and_reset_points_do_not()
    {
        var history = UsageHistory.Of(
            new()
            {
                Timeline = UsageTimeline.Of(Mar1, ResetRule.Of(ResetPeriod.Day), Mar1),
                Start = Day(4),
                End = Day(6),
                ActiveUntil = Day(5),
            },
            []).Value;

        Assert.Equal([new UsageReset(Day(4), UsageResetKind.Periodic)], history.Markers);
        Assert.Equal(3, history.Series[0].Points.Count(point => point.IsResetPoint));
    }

    [Fact]
    public void A_start_after_the_end_is_refused() =>
        Assert.Equal(ErrorCode.InvalidArgumentError, UsageHistory.Of(
            new() { Timeline = Upgraded, Start = Day(6), End = Day(5) }, []).Refusal?.Code);

    [Fact]
    public void A_new_rule_without_a_reset_keeps_counting_in_its_own_window()
    {
        // Weekly until Mar 12, then monthly without a reset: the month's measurements count together again.
        var timeline = new UsageTimeline(
        [
            new(Mar1, ResetRule.Of(ResetPeriod.Week), Mar1, false), new(Day(12), Monthly, Mar1, false),
        ]);
        var history = UsageHistory.Of(
            new() { Timeline = timeline, Start = Day(9), End = Day(13) }, [At(Day(2), 4), At(Day(10, 1), 1)]).Value;

        Assert.Equal([0m, 1m, 5m, 5m], history.Series[0].Points.Select(point => point.Value));
        Assert.Empty(history.Markers);
    }

    [Fact]
    public void A_transition_at_a_period_end_that_keeps_the_anchor_is_still_the_periods_reset()
    {
        var timeline = new UsageTimeline(
            [new(Mar1, Monthly, Mar1, false), new(Instant.FromUtc(2026, 4, 1, 0, 0), Monthly, Mar1, false)]);

        Assert.Equal(
            [new UsageReset(Instant.FromUtc(2026, 4, 1, 0, 0), UsageResetKind.Periodic)],
            timeline.ResetsBetween(Mar1, Instant.FromUtc(2026, 4, 15, 0, 0)));
    }

    [Fact]
    public void What_counts_together_ends_where_a_change_resets_it()
    {
        Assert.Equal(new UsageWindow(Mar1, Upgrade), Upgraded.CountedAt(Day(10)));
        Assert.Equal(new UsageWindow(Upgrade, Instant.FromUtc(2026, 4, 20, 0, 0)), Upgraded.CountedAt(Upgrade));
    }

    [Fact]
    public void The_last_point_is_the_fold_of_the_window_and_the_series_sum_up_to_it() =>
        Prop.ForAll(
            (from hour in Gen.Choose(0, 24 * 45)
             from value in Gen.Choose(-20, 50)
             from behavior in Gen.Elements(UpdateBehavior.Set, UpdateBehavior.Delta, UpdateBehavior.Delta)
             from region in Gen.Elements("eu", "us", "ap")
             select At(Mar1 + Duration.FromHours(hour), value, behavior) with { Dimensions = Region(region) })
            .ArrayOf().ToArbitrary(),
            Gen.Choose(0, 24 * 45).ToArbitrary(),
            (reports, endHour) =>
            {
                var end = Mar1 + Duration.FromHours(endHour);
                var query = new UsageHistoryQuery { Timeline = Upgraded, Start = Mar1, End = end };
                var counted = Upgraded.CountedAt(end);
                var fold = UsageFold.Of(reports.Select((each, i) => each with { Arrival = i })
                    .Where(each => counted.Contains(each.At) && each.At <= end)).Value;
                var arrived = reports.Select((each, i) => each with { Arrival = i }).ToArray();
                var whole = UsageHistory.Of(query, arrived).Value.Series[0].Points[^1].Value;
                var parts = UsageHistory.Of(query with { GroupBy = ["region"] }, arrived).Value.Series
                    .Sum(series => series.Points[^1].Value);
                return whole == fold && parts == fold;
            }).QuickCheckThrowOnFailure();

    private static decimal ValueAt(UsageSeries series, Instant at) =>
        series.Points.Last(point => point.Timestamp == at && !point.IsResetPoint).Value;

    private static Dictionary<string, string> Region(string region) => new() { ["region"] = region };

    private static Instant Day(int day, int hour = 0) => Instant.FromUtc(2026, 3, day, hour, 0);

    private static Measurement At(Instant at, decimal value, UpdateBehavior behavior = UpdateBehavior.Delta) =>
        new(at, at.ToUnixTimeTicks(), behavior, value);
}
