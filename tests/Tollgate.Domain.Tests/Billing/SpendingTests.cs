using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Domain.Tests.Subscriptions;
using Tollgate.Domain.Usage;
using static Tollgate.Domain.Tests.Billing.Bills;

namespace Tollgate.Domain.Tests.Billing;

/// <summary>What a budget is compared with (spec subscriptions 3.5), and when it is announced.</summary>
public sealed class SpendingTests
{
    private static readonly ILookup<FeatureId, Instant> NoCutOffs =
        Array.Empty<Instant>().ToLookup(_ => Calls);

    private static Subscription Paid(BillingPeriod period = BillingPeriod.Monthly, Instant? at = null) =>
        SubscriptionLifecycle.WithCycle(
            Given.Subscription() with { StartDate = Jun1, UsageAnchor = Jun1, BillingPeriod = period },
            anchor: Jun1, at ?? Jun1);

    private static ContentSpan Span(BilledContent content) =>
        new(Jun1, Instant.MaxValue, content) { UsageAnchor = Jun1 };

    /// <summary>Measured as the usage slice does it, from the reports there are.</summary>
    private static Spending At(
        Subscription subscription, BilledContent content, IReadOnlyList<Measurement> reports, Instant now) =>
        Spending.Of(
            subscription, [Span(content)], NoCutOffs,
            Spending.Months(subscription, now).SelectMany(m => UsageRating.Needs([Span(content)], m)).Distinct()
                .ToDictionary(need => need, need => CalculatedUsage.Of(
                    UsageEras.Of(need, [], subscription.StartDate), need.Window, reports)),
            now);

    private static decimal Cost(Spending spending, IReadOnlyList<Measurement> reports) => spending.Cost(
        [.. spending.Open.Select(open => UsageFold.Of(reports.Where(r => open.Interval.Contains(r.At))).Value)]);

    private static Measurement OfCalls(int second, int value, long arrival = 0) =>
        new(Jun1 + Duration.FromSeconds(second), arrival, UpdateBehavior.Delta, value);

    [Fact]
    public void A_monthly_period_is_one_month_and_an_annual_one_those_that_have_begun()
    {
        var now = Instant.FromUtc(2026, 8, 10, 0, 0);

        Assert.Equal(
            [new BillingWindow(Jun1, Jun16 + Duration.FromMilliseconds(1))],
            Spending.Months(Paid(), Jun16).Select(m => m.Month));
        Assert.Equal(
            [Jun1, Jul1, Instant.FromUtc(2026, 8, 1, 0, 0)],
            Spending.Months(Paid(BillingPeriod.Annually), now).Select(m => m.Month.Start));
        // A trial has no anchor: its months count from its start.
        var trial = Given.Subscription() with { StartDate = Jun16, CurrentBillingPeriodStart = Jun16 };
        Assert.Equal(
            [Jun16, Instant.FromUtc(2026, 7, 16, 0, 0)], Spending.Months(trial, now).Select(m => m.Month.Start));
    }

    [Fact]
    public void An_annual_budget_counts_every_month_of_the_term_at_its_own_rounding()
    {
        // 0.333 a call: 10 in June and 10 in July are 3.33 each, 1 in August is 0.33.
        var content = Content(PerCall(0.333m)) with { Period = BillingPeriod.Annually };
        var now = Instant.FromUtc(2026, 8, 10, 0, 0);
        var day = 24 * 3600;
        Measurement[] reports = [OfCalls(day, 10), OfCalls(40 * day, 10), OfCalls(65 * day, 1)];

        var spending = At(Paid(BillingPeriod.Annually, now), content, reports, now);

        Assert.Equal(6.99m, Cost(spending, reports));
        Assert.Equal(Instant.FromUtc(2026, 9, 1, 0, 0), spending.ValidUntil);
        Assert.True(spending.IsSettledAt(Calls, Jul1));
        Assert.False(spending.IsSettledAt(Calls, Instant.FromUtc(2026, 8, 1, 0, 0)));
        // Seats were charged by a former plan at most: nothing counts them now.
        Assert.True(spending.IsSettledAt(Seats, now));
    }

    [Fact]
    public void Reports_of_the_running_windows_need_nothing_but_the_counters() => Prop.ForAll(
        Gen.Choose(0, 2_591_000).Zip(Gen.Choose(0, 30)).ListOf().ToArbitrary(),
        Gen.Choose(0, 2_591_000).Zip(Gen.Choose(0, 3)).ToArbitrary(),
        (reports, when) =>
        {
            // Windows of hours, days, weeks or months, anchored off the period; a graduated price.
            var reset = ResetRule.Of((ResetPeriod)(1 + when.Item2));
            var content = Content(Tiered(PerCall(0), TiersMode.Graduated, Tier(20, 0.7m), Tier(null, 0.31m)) with
            {
                Reset = reset,
            });
            var span = Span(content) with { UsageAnchor = Jun1 - Duration.FromHours(77) };
            var now = Jun1 + Duration.FromSeconds(when.Item1);
            var all = reports.Select((r, i) => OfCalls(r.Item1, r.Item2, i)).ToList();
            Spending Of(IReadOnlyList<Measurement> known) => Spending.Of(
                Paid(), [span], NoCutOffs,
                Spending.Months(Paid(), now).SelectMany(m => UsageRating.Needs([span], m))
                    .ToDictionary(
                        need => need,
                        need => CalculatedUsage.Of(UsageEras.Of(need, [], Jun1), need.Window, known)),
                now);

            // Half of what happened by now arrives after the cost was computed.
            var known = all.Where((r, i) => i % 2 == 0 && r.At <= now).ToList();
            var spending = Of(known);
            var later = all.Where((r, i) => i % 2 == 1 && r.At <= now && !spending.IsSettledAt(Calls, r.At));
            known.AddRange(later);

            Assert.Equal(Cost(Of(known), known), Cost(spending, known));
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(0, 39.99, null)]
    [InlineData(39.99, 40, 80)]
    [InlineData(40, 41, null)]
    [InlineData(45, 50, 100)]
    [InlineData(0, 70, 100)]
    [InlineData(50, 51, null)]
    [InlineData(60, 45, null)]
    public void The_highest_threshold_crossed_is_announced(double before, double after, int? threshold) =>
        Assert.Equal(threshold, SpendLimit.Crossed(new(50, false), (decimal)before, (decimal)after));

    [Fact]
    public void Nothing_may_be_spent_of_a_budget_of_0()
    {
        var nothing = new Budget(0, false);

        Assert.True(SpendLimit.IsExhausted(nothing, 0));
        Assert.Equal(100, SpendLimit.Crossed(nothing, 0, 0.01m));
        Assert.Null(SpendLimit.Crossed(nothing, 0.01m, 0.02m));
        Assert.False(SpendLimit.IsExhausted(new(50, false), 49.99m));
        Assert.True(SpendLimit.IsExhausted(new(50, false), 50));
        Assert.False(SpendLimit.IsExhausted(new(50, true), 500));
    }
}
