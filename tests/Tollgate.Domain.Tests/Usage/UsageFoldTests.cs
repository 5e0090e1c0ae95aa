using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage;

namespace Tollgate.Domain.Tests.Usage;

public sealed class UsageFoldTests
{
    private static readonly FeatureId Seats = new("seats");

    [Fact]
    public void Delta_adds_and_set_assigns_in_order_of_instant_then_arrival()
    {
        var counter = UsageFold.Of(
        [
            At(3, 1, UpdateBehavior.Delta, 4),
            At(1, 2, UpdateBehavior.Delta, 7),
            At(2, 3, UpdateBehavior.Set, 5),
            At(2, 4, UpdateBehavior.Delta, -1),
        ]);

        // 7, then assigned 5, then -1, then +4.
        Assert.Equal(new UsageCounter(8, Hour(3), Hour(2)), counter);
    }

    [Fact]
    public void Three_seats_become_five_by_delta_two_or_by_set_five()
    {
        var three = default(UsageCounter).Apply(UpdateBehavior.Delta, 3, Hour(1)).Counter;

        Assert.Equal(5, three.Apply(UpdateBehavior.Delta, 2, Hour(2)).Counter.Value);
        Assert.Equal(5, three.Apply(UpdateBehavior.Set, 5, Hour(2)).Counter.Value);
    }

    [Fact]
    public void A_late_delta_before_the_last_set_changes_nothing()
    {
        var counter = new UsageCounter(9, Hour(5), Hour(5));

        Assert.Equal(new UsageStep(counter, false), counter.Apply(UpdateBehavior.Delta, 100, Hour(4)));
        Assert.Equal(new UsageStep(counter, false), counter.Apply(UpdateBehavior.Set, 100, Hour(4)));
    }

    [Fact]
    public void A_late_set_between_the_last_set_and_later_deltas_needs_a_recount()
    {
        var counter = new UsageCounter(9, Hour(5), Hour(2));

        Assert.Equal(new UsageStep(counter, NeedsRecount: true), counter.Apply(UpdateBehavior.Set, 1, Hour(3)));
        Assert.Equal(new UsageStep(counter, NeedsRecount: true), counter.Apply(UpdateBehavior.Set, 1, Hour(2)));
    }

    [Fact]
    public void Applying_reports_one_by_one_equals_the_fold_of_all() =>
        Prop.ForAll(Histories, history =>
        {
            var counter = default(UsageCounter);
            for (var i = 0; i < history.Length; i++)
            {
                var step = counter.Apply(history[i].Behavior, history[i].Value, history[i].At);
                var fold = UsageFold.Of(history.Take(i + 1));
                counter = step.NeedsRecount ? fold : step.Counter;
                if (counter != fold)
                    return false;
            }

            return true;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_recount_is_needed_only_for_a_late_set_that_keeps_later_deltas() =>
        Prop.ForAll(Histories, history =>
        {
            var counter = default(UsageCounter);
            for (var i = 0; i < history.Length; i++)
            {
                var each = history[i];
                var lateSet = each.Behavior == UpdateBehavior.Set && each.At < counter.LastAt
                    && !(each.At < counter.LastSetAt);
                if (counter.Apply(each.Behavior, each.Value, each.At).NeedsRecount != lateSet)
                    return false;
                counter = UsageFold.Of(history.Take(i + 1));
            }

            return true;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_report_that_would_bring_usage_below_zero_is_refused()
    {
        var three = new UsageCounter(3, Hour(1), null);

        Assert.Equal(0, UsageFold.Report(three, Seats, UpdateBehavior.Delta, -3, Hour(2)).Value.Counter.Value);
        var refusal = UsageFold.Report(three, Seats, UpdateBehavior.Delta, -4, Hour(2)).Refusal!;
        Assert.Equal(ErrorCode.EntitlementUsageOutOfRangeError, refusal.Code);
        Assert.Equal(
            "A DELTA of -4 would bring the usage of feature 'seats' from 3 to -1; report at least -3 or SET the usage.",
            refusal.Message);
    }

    [Fact]
    public void A_negative_set_is_refused_even_where_a_later_set_would_overwrite_it()
    {
        var set = new UsageCounter(3, Hour(5), Hour(5));

        Assert.Equal(
            ErrorCode.EntitlementUsageOutOfRangeError,
            UsageFold.Report(set, Seats, UpdateBehavior.Set, -1, Hour(2)).Refusal?.Code);
    }

    [Fact]
    public void A_recounted_usage_below_zero_is_refused_and_one_that_rises_is_not()
    {
        Assert.Equal(
            ErrorCode.EntitlementUsageOutOfRangeError,
            UsageFold.CheckUsage(Seats, UpdateBehavior.Set, 1, before: 3, after: -1)?.Code);
        Assert.Null(UsageFold.CheckUsage(Seats, UpdateBehavior.Delta, 1, before: -3, after: -2));
    }

    [Theory]
    [InlineData("9007199254740991", true)]
    [InlineData("-9007199254740991", true)]
    [InlineData("9007199254740992", false)]
    [InlineData("-9007199254740992", false)]
    public void Values_beyond_the_safe_integers_are_refused(string text, bool accepted)
    {
        var value = decimal.Parse(text);
        var refusal = UsageFold.CheckValue(Seats, UpdateBehavior.Delta, value);

        Assert.Equal(accepted ? null : ErrorCode.UsageMeasurementDiffOutOfRangeError, refusal?.Code);
    }

    // Few instants and many reports, so that ties and late arrivals are the rule.
    private static Arbitrary<Measurement[]> Histories => (
            from hour in Gen.Choose(0, 6)
            from cents in Gen.Choose(-500, 500)
            from behavior in Gen.Elements(UpdateBehavior.Set, UpdateBehavior.Delta, UpdateBehavior.Delta)
            select At(hour, 0, behavior, cents / 100m))
        .ArrayOf()
        .Select(items => items.Select((item, i) => item with { Arrival = i }).ToArray())
        .ToArbitrary();

    private static Instant Hour(int hour) => Instant.FromUtc(2026, 3, 1, hour, 0);

    private static Measurement At(int hour, long arrival, UpdateBehavior behavior, decimal value) =>
        new(Hour(hour), arrival, behavior, value);
}
