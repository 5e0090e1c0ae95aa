using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

/// <summary>Dates and sizes that callers give and that lead out of the calendar, or out of what is exact.</summary>
public sealed class FarDatesTests
{
    private static readonly PackageVersion Pro = Given.ProPlan() with { DefaultTrial = new(14, TrialUnits.Day, null, null) };
    private static readonly Instant LastJune = Instant.FromUtc(9999, 6, 1, 0, 0);

    private static Result<SubscriptionDecision> Provision(Func<ProvisionRequest, ProvisionRequest> with) =>
        ProvisionSubscription.Decide(
            with(new(Given.CustomerId, Pro.Id) { BillingPeriod = BillingPeriod.Annually }), Given.Provision(Pro), Given.Now,
            Given.Ids());

    private static ProvisionRequest Discounted(ProvisionRequest request, Instant start, decimal months) => request with
    {
        Coupon = new(new CouponRequest
        {
            StartDate = start,
            Discount = new() { PercentOff = 10, DurationInMonths = months },
        }),
    };

    [Fact]
    public void Months_beyond_the_calendar_end_with_it()
    {
        Assert.Equal(Instant.FromUtc(9999, 12, 1, 0, 0), BillingPeriods.AddMonths(LastJune, 6));
        Assert.Equal(BillingPeriods.EndOfCalendar, BillingPeriods.AddMonths(LastJune, 7));
        Assert.Equal(BillingPeriods.EndOfCalendar, BillingPeriods.AddMonths(Given.Now, int.MaxValue));
        Assert.Equal(
            new BillingWindow(LastJune, BillingPeriods.EndOfCalendar),
            BillingPeriods.Containing(LastJune, BillingPeriod.Annually, LastJune + Duration.FromDays(1)));
    }

    [Fact]
    public void A_discount_that_would_end_beyond_the_calendar_is_refused_and_one_stored_is_shown()
    {
        var refused = Provision(r => Discounted(r, LastJune, 12));

        Assert.Equal(ErrorCode.BadUserInput, Given.Code(refused));
        Assert.Contains("9999", refused.Refusal!.Message, StringComparison.Ordinal);
        Assert.Null(Provision(r => Discounted(r, LastJune, 6)).Refusal);
        var stored = new AppliedCoupon(
            new() { Code = "x", Name = "x", PercentOff = 10, DurationInMonths = 12, Start = LastJune });
        Assert.Equal(AppliedCouponStatus.Active, stored.StatusAt(Given.Now));
    }

    [Theory]
    [InlineData(1201, "1201")]
    [InlineData(3_000_000_000, "3000000000")]
    [InlineData(1e27, "1000000000000000000000000000")]
    [InlineData(-3_000_000_000, "-3000000000")]
    public void A_discount_that_no_calendar_holds_is_refused_by_the_number_that_was_sent(double months, string sent)
    {
        var refusal = Provision(r => Discounted(r, Given.Now, (decimal)months)).Refusal!;

        Assert.Equal(ErrorCode.BadUserInput, refusal.Code);
        Assert.Contains($"durationInMonths is {sent}; ", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TrialUnits.Day)]
    [InlineData(TrialUnits.Month)]
    public void A_trial_however_long_has_an_end(TrialUnits units)
    {
        foreach (var duration in (decimal[])[1e9m, 1e27m, decimal.MaxValue])
        {
            var endless = Pro with { DefaultTrial = new(duration, units, null, null) };
            var trial = ProvisionSubscription.Decide(
                new(Given.CustomerId, Pro.Id) { BillingPeriod = BillingPeriod.Annually }, Given.Provision(endless), Given.Now,
                Given.Ids()).Value.Subject;
            Assert.Equal(BillingPeriods.EndOfCalendar, trial.TrialEndDate);
        }
    }

    [Fact]
    public void What_starts_on_the_last_days_can_be_bought_changed_and_canceled()
    {
        var last = Instant.FromUtc(9999, 12, 31, 0, 0);
        var waiting = Provision(r => r with { StartDate = last, SkipTrial = true }).Value.Subject;
        var canceled = CancelSubscription.Decide(
            new() { Time = CancellationTime.EndOfBillingPeriod }, new(waiting, Given.Journey(), [waiting]), Given.Now,
            Given.Ids()).Value;

        Assert.Equal(BillingPeriods.EndOfCalendar, canceled.Changed.Single().CancellationDate);
        // A default trial of 14 days would end after the calendar.
        Assert.Equal(BillingPeriods.EndOfCalendar, Provision(r => r with { StartDate = last }).Value.Subject.TrialEndDate);
    }

    [Theory]
    [InlineData(1, 24)]
    [InlineData(30, 30)]
    [InlineData(200, 7)]
    public void A_chart_reaches_to_the_end_of_the_calendar(int days, int buckets)
    {
        var end = Instant.MaxValue;
        var start = Instant.FromUtc(9999, 12, 31, 0, 0) - Duration.FromDays(days - 1);

        // June 15 to December for 200 days.
        Assert.Equal(buckets, CreditUsageWindow.Of(default, start, end, Given.Now).Value.Buckets.Count);
    }

    [Fact]
    public void Units_that_no_amount_is_exact_for_are_refused()
    {
        var unbounded = Pro with
        {
            Charges = [Given.PerSeat(10, BillingPeriod.Monthly) with { MaxUnitQuantity = null }],
        };
        Result<SubscriptionDecision> Buy(decimal seats) => ProvisionSubscription.Decide(
            new(Given.CustomerId, Pro.Id)
            {
                BillingPeriod = BillingPeriod.Monthly,
                Quantities = [new(Given.Seats, seats)],
            },
            Given.Provision(unbounded), Given.Now, Given.Ids());

        Assert.Null(Buy(999_999_999).Refusal);
        foreach (var seats in (decimal[])[1_000_000_000, 1e20m, 1e27m])
            Assert.Equal(ErrorCode.InvalidQuantity, Given.Code(Buy(seats)));
    }
}
