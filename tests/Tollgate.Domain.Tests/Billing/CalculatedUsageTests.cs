using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Domain.Usage;
using static Tollgate.Domain.Tests.Billing.Bills;

namespace Tollgate.Domain.Tests.Billing;

/// <summary>Measuring calculated usage over a billing window (spec catalog 9.6, 9.7).</summary>
public sealed class CalculatedUsageTests
{
    private long _arrival;

    private Measurement Delta(int day, decimal value) => new(At(day), _arrival++, UpdateBehavior.Delta, value);

    private Measurement Set(int day, decimal value) => new(At(day), _arrival++, UpdateBehavior.Set, value);

    private static Instant At(int dayOfJune) => Jun1 + Duration.FromDays(dayOfJune - 1);

    private static UsageTimeline Timeline(ResetPeriod? period, params Instant[] cutOffs) =>
        UsageTimeline.Of(Jun1, period is { } p ? ResetRule.Of(p) : null, Jun1, cutOffs);

    private static MeasuredUsage Measure(UsageTimeline timeline, params Measurement[] measurements) =>
        CalculatedUsage.Of(timeline, June, measurements);

    [Fact]
    public void The_level_at_the_end_counts_everything_before_it()
    {
        var usage = Measure(Timeline(null), Delta(-40, 5), Delta(3, 2), Delta(31, 100));

        // July 1 itself (day 31) is the next period's.
        Assert.Equal((7m, 2m), (usage.Level, usage.Accumulated));
    }

    [Fact]
    public void What_was_added_is_the_sum_of_the_deltas_dated_in_the_period()
    {
        Assert.Equal(7m, Measure(Timeline(ResetPeriod.Month), Delta(0, 50), Delta(1, 3), Delta(30, 4)).Accumulated);
    }

    [Fact]
    public void A_set_adds_the_difference_it_made()
    {
        // 3, then set to 10 (+7), then 2 more; the set of another month starts from 0.
        Assert.Equal(12m, Measure(
            Timeline(ResetPeriod.Month), Set(-5, 80), Delta(1, 3), Set(2, 10), Delta(3, 2)).Accumulated);
        // Without a reset it starts from 80: set to 85 adds 5.
        Assert.Equal(5m, Measure(Timeline(null), Set(-5, 80), Set(2, 85)).Accumulated);
    }

    [Fact]
    public void Each_usage_window_of_the_period_is_measured_by_itself()
    {
        // Weeks from June 1: the 1st, 8th, 15th, 22nd, 29th; the last one ends in July.
        var usage = Measure(
            Timeline(ResetPeriod.Week), Delta(2, 5), Delta(8, 1), Delta(9, 2), Delta(29, 4), Delta(33, 100));

        Assert.Equal(
            [new WindowUsage(0, 5), new(0, 3), new(0, 0), new(0, 0), new(0, 4)],
            usage.Windows);
    }

    [Fact]
    public void A_window_that_began_before_the_period_says_how_far_it_had_come()
    {
        // Years from June 1 2025 would end with the period before; count from March instead.
        var year = UsageTimeline.Of(Jun1, ResetRule.Of(ResetPeriod.Year), Instant.FromUtc(2026, 3, 1, 0, 0));

        Assert.Equal([new WindowUsage(40, 45)],
            CalculatedUsage.Of(year, June, [Delta(-20, 40), Delta(5, 5)]).Windows);
        Assert.Equal(Instant.FromUtc(2026, 3, 1, 0, 0), CalculatedUsage.NeededFrom(year, June));
    }

    [Fact]
    public void A_plan_transition_cuts_the_window()
    {
        var usage = Measure(Timeline(ResetPeriod.Month, At(16)), Delta(2, 5), Delta(15, 1), Delta(16, 3));

        Assert.Equal([new WindowUsage(0, 6), new(0, 3)], usage.Windows);
    }

    [Fact]
    public void Reports_that_arrive_late_for_a_billed_time_are_not_billed_again()
    {
        // Billed until June 16; a report dated the 10th comes in afterwards. The rest of June is what it was.
        var rest = new BillingWindow(At(16), Jul1);
        var timeline = Timeline(ResetPeriod.Month);
        Measurement[] before = [Delta(2, 5), Delta(20, 7)];

        Assert.Equal(7m, CalculatedUsage.Of(timeline, rest, before).Accumulated);
        Assert.Equal(7m, CalculatedUsage.Of(timeline, rest, [.. before, Delta(10, 100)]).Accumulated);
    }
}
