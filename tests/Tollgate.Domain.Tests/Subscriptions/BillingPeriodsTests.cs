using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

public sealed class BillingPeriodsTests
{
    [Theory]
    [InlineData(0, 31, 1, 28, 2)]
    [InlineData(1, 28, 2, 31, 3)]
    [InlineData(2, 31, 3, 30, 4)]
    [InlineData(3, 30, 4, 31, 5)]
    [InlineData(10, 30, 11, 31, 12)]
    public void Monthly_periods_from_january_31_end_on_the_last_day_of_short_months(
        int n, int startDay, int startMonth, int endDay, int endMonth)
    {
        var anchor = Instant.FromUtc(2026, 1, 31, 10, 13);

        var period = BillingPeriods.Nth(anchor, BillingPeriod.Monthly, n);

        Assert.Equal(Instant.FromUtc(2026, startMonth, startDay, 10, 13), period.Start);
        Assert.Equal(Instant.FromUtc(2026, endMonth, endDay, 10, 13), period.End);
    }

    [Fact]
    public void Monthly_periods_from_january_31_hit_february_29_in_a_leap_year_only()
    {
        var anchor = Instant.FromUtc(2026, 1, 31, 0, 0);
        int[] lastDays = [28, 28, 29, 28, 28];

        for (var year = 0; year < 5; year++)
        {
            var period = BillingPeriods.Nth(anchor, BillingPeriod.Monthly, year * 12);
            Assert.Equal(Instant.FromUtc(2026 + year, 1, 31, 0, 0), period.Start);
            Assert.Equal(Instant.FromUtc(2026 + year, 2, lastDays[year], 0, 0), period.End);
        }
    }

    [Fact]
    public void Annual_periods_from_february_29_return_to_the_29th_in_the_next_leap_year()
    {
        var anchor = Instant.FromUtc(2024, 2, 29, 8, 0);
        int[] days = [29, 28, 28, 28, 29, 28];

        for (var n = 0; n < 5; n++)
        {
            var period = BillingPeriods.Nth(anchor, BillingPeriod.Annually, n);
            Assert.Equal(Instant.FromUtc(2024 + n, 2, days[n], 8, 0), period.Start);
            Assert.Equal(Instant.FromUtc(2025 + n, 2, days[n + 1], 8, 0), period.End);
        }
    }

    [Fact]
    public void A_bound_belongs_to_the_period_it_starts()
    {
        var anchor = Instant.FromUtc(2026, 1, 31, 10, 13);
        var bound = Instant.FromUtc(2026, 2, 28, 10, 13);

        Assert.Equal(1, BillingPeriods.IndexAt(anchor, BillingPeriod.Monthly, bound));
        Assert.Equal(0, BillingPeriods.IndexAt(anchor, BillingPeriod.Monthly, bound - Duration.FromMilliseconds(1)));
        Assert.Equal(0, BillingPeriods.IndexAt(anchor, BillingPeriod.Annually, bound));
        Assert.Equal(-1, BillingPeriods.IndexAt(anchor, BillingPeriod.Annually, anchor - Duration.FromMilliseconds(1)));
    }

    [Fact]
    public void The_billing_month_of_an_annual_term_is_a_slice_from_the_same_anchor()
    {
        var anchor = Instant.FromUtc(2026, 3, 31, 0, 0);

        var month = BillingPeriods.MonthContaining(anchor, Instant.FromUtc(2026, 5, 15, 0, 0));

        Assert.Equal(new BillingWindow(Instant.FromUtc(2026, 4, 30, 0, 0), Instant.FromUtc(2026, 5, 31, 0, 0)), month);
    }

    [Fact]
    public void Periods_tile_time_and_every_instant_lies_in_exactly_the_period_it_indexes()
    {
        // Minutes from 2020-01-01: anchors and instants over about 19 years each.
        var minutes = Gen.Choose(0, 10_000_000).ToArbitrary();
        Prop.ForAll(minutes, minutes, (int anchorMinutes, int atMinutes) =>
        {
            var origin = Instant.FromUtc(2020, 1, 1, 0, 0);
            var anchor = origin + Duration.FromMinutes(anchorMinutes);
            var at = origin + Duration.FromMinutes(atMinutes);
            foreach (var period in new[] { BillingPeriod.Monthly, BillingPeriod.Annually })
            {
                var n = BillingPeriods.IndexAt(anchor, period, at);
                var window = BillingPeriods.Nth(anchor, period, n);
                Assert.True(window.Contains(at));
                Assert.True(window.Start < window.End);
                Assert.Equal(window.End, BillingPeriods.Nth(anchor, period, n + 1).Start);
            }
        }).QuickCheckThrowOnFailure();
    }
}
