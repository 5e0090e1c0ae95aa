using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using NodaTime.Text;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Usage;

namespace Tollgate.Domain.Tests.Usage;

public sealed class UsageWindowsTests
{
    [Theory]
    // The table of spec 5.2.
    [InlineData("2026-01-31", ResetPeriod.Month, "2026-02-28T09:00:00Z", "2026-02-28", "2026-03-31")]
    [InlineData("2026-01-31", ResetPeriod.Month, "2026-03-30", "2026-02-28", "2026-03-31")]
    [InlineData("2024-02-29", ResetPeriod.Year, "2025-03-01", "2025-02-28", "2026-02-28")]
    // Clamping does not stick: a later month that has the day uses it again.
    [InlineData("2026-01-31T10:13:00Z", ResetPeriod.Month, "2026-03-31", "2026-03-31", "2026-04-30")]
    [InlineData("2024-02-29T23:59:59Z", ResetPeriod.Year, "2028-02-29", "2028-02-29", "2029-02-28")]
    [InlineData("2024-02-29", ResetPeriod.Year, "2028-02-28T23:59:59Z", "2027-02-28", "2028-02-29")]
    // The last instant of a window and the first of the next.
    [InlineData("2026-03-01T10:00:00Z", ResetPeriod.Month, "2026-03-31T23:59:59.999Z", "2026-03-01", "2026-04-01")]
    [InlineData("2026-03-01T10:00:00Z", ResetPeriod.Month, "2026-04-01", "2026-04-01", "2026-05-01")]
    // The anchor is truncated to its day, so an instant before the exact start is in the first window.
    [InlineData("2026-03-05T10:13:00Z", ResetPeriod.Month, "2026-03-05", "2026-03-05", "2026-04-05")]
    // Before the anchor.
    [InlineData("2026-03-31", ResetPeriod.Month, "2026-02-27T12:00:00Z", "2026-01-31", "2026-02-28")]
    [InlineData("2026-03-10", ResetPeriod.Year, "2026-03-09", "2025-03-10", "2026-03-10")]
    [InlineData("2026-03-10", ResetPeriod.Year, "2024-01-01", "2023-03-10", "2024-03-10")]
    [InlineData("2026-04-08T15:00:00Z", ResetPeriod.Week, "2026-04-07T15:00:00Z", "2026-04-01", "2026-04-08")]
    [InlineData("2026-04-01T15:00:00Z", ResetPeriod.Week, "2026-04-15", "2026-04-15", "2026-04-22")]
    // DAY and HOUR follow the UTC clock, whatever the anchor.
    [InlineData("2026-04-01T15:30:00Z", ResetPeriod.Day, "2026-04-09T01:00:00Z", "2026-04-09", "2026-04-10")]
    [InlineData("2026-04-01T15:30:00Z", ResetPeriod.Hour, "2026-04-09T01:59:59Z",
        "2026-04-09T01:00:00Z", "2026-04-09T02:00:00Z")]
    [InlineData("2026-04-01T15:30:00Z", ResetPeriod.Day, "1969-12-31T23:00:00Z", "1969-12-31", "1970-01-01")]
    public void A_window_is_the_anchor_plus_whole_units(
        string anchor, ResetPeriod period, string at, string start, string end) =>
        Assert.Equal(
            new UsageWindow(Parse(start), Parse(end)), UsageWindows.At(ResetRule.Of(period), Parse(anchor), Parse(at)));

    [Theory]
    [InlineData(ResetAnchor.EveryMonday, "2026-04-06")]
    [InlineData(ResetAnchor.EveryTuesday, "2026-04-07")]
    [InlineData(ResetAnchor.EveryWednesday, "2026-04-08")]
    [InlineData(ResetAnchor.EveryThursday, "2026-04-09")]
    [InlineData(ResetAnchor.EveryFriday, "2026-04-03")]
    [InlineData(ResetAnchor.EverySaturday, "2026-04-04")]
    [InlineData(ResetAnchor.EverySunday, "2026-04-05")]
    public void A_weekly_window_starts_on_its_weekday(ResetAnchor weekday, string start)
    {
        // Wednesday Apr 1 is the anchor, Thursday Apr 9 is now.
        var window = UsageWindows.At(
            new(ResetPeriod.Week, weekday), Parse("2026-04-01"), Parse("2026-04-09T08:00:00Z"));

        var from = Parse(start);
        Assert.Equal(new UsageWindow(from, from + Duration.FromDays(7)), window);
    }

    [Fact]
    public void A_calendar_month_ignores_the_day_of_the_anchor()
    {
        var rule = new ResetRule(ResetPeriod.Month, ResetAnchor.StartOfTheMonth);

        Assert.Equal(
            new UsageWindow(Parse("2026-02-01"), Parse("2026-03-01")),
            UsageWindows.At(rule, Parse("2026-01-31T10:00:00Z"), Parse("2026-02-28T23:59:59Z")));
    }

    [Fact]
    public void Without_a_rule_usage_is_counted_for_life()
    {
        var window = UsageWindows.At(null, Parse("2026-01-31T10:00:00Z"), Parse("1999-01-01"));

        Assert.Equal(UsageWindow.Lifetime, window);
        Assert.True(window.IsLifetime);
        Assert.Null(window.NextReset);
        Assert.True(window.Contains(Parse("2999-01-01")));
    }

    [Fact]
    public void A_rule_that_mixes_a_month_with_a_weekday_is_a_broken_call()
    {
        var mixed = new ResetRule(ResetPeriod.Month, ResetAnchor.EveryMonday);
        Assert.Throws<ArgumentException>(() => UsageWindows.At(mixed, Parse("2026-01-31"), Parse("2026-02-01")));
    }

    [Fact]
    public void The_shown_anchor_is_truncated_to_its_day_or_hour()
    {
        Assert.Equal(Parse("2026-03-01"), UsageWindows.Truncate(ResetPeriod.Month, Parse("2026-03-01T10:13:14Z")));
        Assert.Equal(
            Parse("2026-03-01T10:00:00Z"), UsageWindows.Truncate(ResetPeriod.Hour, Parse("2026-03-01T10:13:14Z")));
        Assert.Equal(Parse("1969-12-31"), UsageWindows.Truncate(ResetPeriod.Day, Parse("1969-12-31T23:59:59Z")));
    }

    [Fact]
    public void A_cut_off_inside_the_window_hides_what_came_before_it()
    {
        var window = new UsageWindow(Parse("2026-03-01"), Parse("2026-04-01"));

        Assert.Equal(Parse("2026-03-20T10:13:00Z"), window.CountedFrom(Parse("2026-03-20T10:13:00Z")).Start);
        Assert.Equal(window, window.CountedFrom(null));
        Assert.Equal(window, window.CountedFrom(Parse("2026-02-20T10:13:00Z")));
        Assert.Equal(window, window.CountedFrom(Parse("2026-04-20T10:13:00Z")));
    }

    [Fact]
    public void A_window_holds_its_instant_and_windows_tile_time() =>
        Prop.ForAll(Cases, c =>
        {
            var (rule, anchor, at) = c;
            var window = UsageWindows.At(rule, anchor, at);
            var next = UsageWindows.At(rule, anchor, window.End);
            var last = UsageWindows.At(rule, anchor, window.End - Duration.FromTicks(1));
            var first = UsageWindows.At(rule, anchor, window.Start);
            return window.Contains(at) && next.Start == window.End && last == window && first == window;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Finding_a_window_allocates_nothing()
    {
        var rule = ResetRule.Of(ResetPeriod.Month);
        var anchor = Parse("2026-01-31T10:00:00Z");
        var at = Parse("2026-05-17T10:00:00Z");
        var ends = UsageWindows.At(rule, anchor, at).End.ToUnixTimeTicks();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            ends ^= UsageWindows.At(rule, anchor, at).End.ToUnixTimeTicks();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.True(allocated == 0, string.Create(CultureInfo.InvariantCulture, $"{allocated} bytes, {ends}"));
    }

    private static Arbitrary<(ResetRule Rule, Instant Anchor, Instant At)> Cases => (
        from rule in Gen.Elements(
            ResetRule.Of(ResetPeriod.Year),
            ResetRule.Of(ResetPeriod.Month),
            new ResetRule(ResetPeriod.Month, ResetAnchor.StartOfTheMonth),
            ResetRule.Of(ResetPeriod.Week),
            new ResetRule(ResetPeriod.Week, ResetAnchor.EverySunday),
            new ResetRule(ResetPeriod.Week, ResetAnchor.EverySaturday),
            ResetRule.Of(ResetPeriod.Day),
            ResetRule.Of(ResetPeriod.Hour))
        from anchor in Minutes
        from at in Minutes
        select (rule, anchor, at)).ToArbitrary();

    // 1950 to 2080, both sides of the epoch and several leap years.
    private static Gen<Instant> Minutes =>
        Gen.Choose(-10_500_000, 57_800_000).Select(minute => Instant.FromUnixTimeSeconds(minute * 60L));

    private static Instant Parse(string text) =>
        InstantPattern.ExtendedIso.Parse(text.Contains('T') ? text : text + "T00:00:00Z").Value;
}
