using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

public sealed class AdvanceSubscriptionTests
{
    private static readonly PackageVersion Pro = Given.ProPlan();

    private static IReadOnlyList<AdvanceStep> Run(Instant until, Product product,
        params Subscription[] subscriptions) =>
        Timeline.Run(subscriptions, _ => Given.Journey(product), until, Given.Ids());

    private static (Instant At, EventType Type)[] Log(IReadOnlyList<AdvanceStep> steps) =>
        [.. steps.SelectMany(s => s.Decision.Events.Select(e => (s.Due.At, e.Type)))];

    [Fact]
    public void Months_roll_from_the_anchor_and_their_ends_are_announced_an_hour_before()
    {
        var steps = Run(Instant.FromUtc(2026, 3, 31, 10, 13), Given.Product(), Given.Live(Pro));

        Assert.Equal(
            [
                (Instant.FromUtc(2026, 2, 28, 9, 13), EventType.SubscriptionBillingMonthEndsSoon),
                (Instant.FromUtc(2026, 2, 28, 10, 13), EventType.SubscriptionUpdated),
                (Instant.FromUtc(2026, 3, 31, 9, 13), EventType.SubscriptionBillingMonthEndsSoon),
                (Instant.FromUtc(2026, 3, 31, 10, 13), EventType.SubscriptionUpdated),
            ], Log(steps));
        Assert.Equal(Instant.FromUtc(2026, 4, 30, 10, 13), steps[^1].Decision.Subject.CurrentBillingPeriodEnd);
    }

    [Fact]
    public void An_annual_term_announces_every_month_and_rolls_once_in_fourteen_months()
    {
        var steps = Run(Instant.FromUtc(2027, 3, 31, 10, 13), Given.Product(), Given.Live(Pro, BillingPeriod.Annually));

        Assert.Equal(14, Log(steps).Count(e => e.Type == EventType.SubscriptionBillingMonthEndsSoon));
        Assert.Equal((Instant.FromUtc(2027, 1, 31, 10, 13), EventType.SubscriptionUpdated),
            Assert.Single(Log(steps), e => e.Type == EventType.SubscriptionUpdated));
    }

    [Fact]
    public void A_planned_cancellation_ends_the_subscription_before_its_period_would_roll()
    {
        var end = Instant.FromUtc(2026, 2, 28, 10, 13);
        var steps = Run(end + Duration.FromDays(60), Given.DowngradingToFree(),
            Given.Live(Pro) with { CancellationDate = end });

        Assert.Equal(
            [
                (end - Duration.FromHours(1), EventType.SubscriptionBillingMonthEndsSoon),
                (end, EventType.SubscriptionCanceled),
                (end, EventType.SubscriptionCreated),
            ], Log(steps));
        Assert.Equal(CancelReason.ScheduledCancellation, steps[^1].Decision.Subject.CancelReason);
    }

    [Fact]
    public void A_fixed_end_expires_the_subscription()
    {
        var end = Given.Now + Duration.FromDays(3);
        var steps = Run(end, Given.Product(), Given.Live(Pro) with { EndDate = end });

        Assert.Equal([(end, EventType.SubscriptionExpired)], Log(steps));
        Assert.Equal(CancelReason.Expired, steps[0].Decision.Subject.CancelReason);
        Assert.Equal(SubscriptionStatus.Expired, steps[0].Decision.Subject.Status);
    }

    [Theory]
    [InlineData(14, 7)]
    [InlineData(7, 0)]
    [InlineData(5, 0)]
    public void A_trial_is_announced_seven_days_before_its_end_or_at_its_start(int days, int noticeAfter)
    {
        var end = Given.Now + Duration.FromDays(days);
        var steps = Run(end, Given.Product(), Given.Trial(Pro, end));

        Assert.Equal(
            [
                (Given.Now + Duration.FromDays(noticeAfter), EventType.SubscriptionTrialEndsSoon),
                (end, EventType.SubscriptionTrialExpired),
            ], Log(steps));
    }

    [Fact]
    public void A_trial_whose_end_was_moved_is_announced_no_earlier_than_that()
    {
        var (end, moved) = (Given.Now + Duration.FromDays(14), Given.Now + Duration.FromDays(12));
        var shortened = Given.Trial(Pro, end) with { TrialEndSetAt = moved };

        Assert.Equal(moved, Due.Next(shortened)!.Value.At);
        // What was moved early on is announced as any other.
        Assert.Equal(
            Given.Now + Duration.FromDays(7),
            Due.Next(shortened with { TrialEndSetAt = Given.Now + Duration.FromDays(1) })!.Value.At);
    }

    [Fact]
    public void An_expired_trial_falls_back_to_free_only_when_nothing_else_is_live()
    {
        var end = Given.Now + Duration.FromDays(14);
        var trial = Given.Trial(Pro, end);

        var alone = Run(end, Given.DowngradingToFree(), trial);
        var besidePaid = Run(end, Given.DowngradingToFree(), trial, Given.Live(Given.Plan("custom",
            PricingType.Custom), null));

        Assert.Equal(new PackageId("free"), alone[^1].Decision.Changed[1].PlanId);
        Assert.Single(besidePaid[^1].Decision.Changed);
    }

    [Fact]
    public void A_converting_trial_becomes_active_and_replaces_the_free_plan()
    {
        var end = Given.Now + Duration.FromDays(14);
        var trial = Given.Trial(Pro, end, TrialEndBehavior.ConvertToPaid);
        var free = Given.Live(Given.FreePlan());

        var last = Run(end, Given.Product(), trial, free)[^1].Decision;

        Assert.Equal([EventType.SubscriptionCanceled, EventType.SubscriptionTrialConverted],
            last.Events.Select(e => e.Type));
        Assert.Equal("TRIAL_ENDED", last.Events[1].Facts!["reason"]);
        Assert.Equal(end, last.Subject.BillingCycleAnchor);
        Assert.Equal(end, Assert.Single(last.UsageCutoffs).At);
    }

    [Fact]
    public void A_waiting_subscription_starts_and_replaces_the_live_one()
    {
        var start = Given.Now + Duration.FromDays(5);
        var team = Given.ProPlan("team");
        var live = Given.Live(Pro);
        var waiting = ProvisionSubscription.Decide(
            new(Given.CustomerId, team.Id) { BillingPeriod = BillingPeriod.Monthly, StartDate = start },
            Given.Provision(team, Given.Held(live, Pro)), Given.Now, Given.Ids(700)).Value.Subject;

        var step = Assert.Single(Run(start, Given.Product(), live, waiting));

        Assert.Equal([EventType.SubscriptionCanceled, EventType.SubscriptionUpdated],
            step.Decision.Events.Select(e => e.Type));
        Assert.Equal(SubscriptionStatus.Active, step.Decision.Subject.Status);
        Assert.Equal(start, step.Decision.Subject.BillingCycleAnchor);
    }

    [Fact]
    public void At_one_instant_ends_come_oldest_first_then_starts_then_rolls()
    {
        var at = Instant.FromUtc(2026, 2, 28, 10, 13);
        Subscription In(int n, string product, Subscription s) =>
            s with { Uid = Given.Uid(n), Id = new($"s{n}"), ProductId = new(product) };
        var rolls = In(1, "a", Given.Live(Pro)) with { MonthEndsSoonSentFor = at };
        var starts = In(2, "b", Given.Subscription(status: SubscriptionStatus.NotStarted)) with { StartDate = at };
        var youngEnds = In(3, "c", Given.Live(Given.FreePlan())) with { EndDate = at, CreatedAt = at };
        var oldEnds = In(4, "d", Given.Live(Given.FreePlan())) with { CancellationDate = at };

        var steps = Run(at, Given.Product(), rolls, starts, youngEnds, oldEnds);

        Assert.Equal(["s4", "s3", "s2", "s1"], steps.Select(s => s.Decision.Subject.Id.Value));
    }

    [Fact]
    public void A_plan_that_starts_where_the_trial_ends_leaves_no_room_for_the_free_fallback()
    {
        var end = Given.Now + Duration.FromDays(3);
        var waiting = Given.Subscription("next", "team", SubscriptionStatus.NotStarted) with { StartDate = end };

        var log = Log(Run(end, Given.DowngradingToFree(), Given.Trial(Pro, end), waiting));

        Assert.Equal(
            [EventType.SubscriptionTrialEndsSoon, EventType.SubscriptionTrialExpired, EventType.SubscriptionUpdated],
            log.Select(e => e.Type));
    }
}
