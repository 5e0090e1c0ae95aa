using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

public sealed class CancelSubscriptionTests
{
    private static readonly Instant Later = Given.Now + Duration.FromDays(10);
    private static readonly Instant TrialEnd = Given.Now + Duration.FromDays(14);

    private static Result<SubscriptionDecision> Cancel(
        Subscription subscription, CancelRequest request, Product? product = null) => CancelSubscription.Decide(
            request, new(subscription, Given.Journey(product), [subscription]), Later, Given.Ids());

    private static CancelRequest At(CancellationTime time, Instant? endDate = null) =>
        new() { Time = time, EndDate = endDate };

    [Fact]
    public void Immediate_ends_now()
    {
        var decision = Cancel(Given.Live(Given.ProPlan()), At(CancellationTime.Immediate)).Value;

        Assert.Equal(SubscriptionStatus.Canceled, decision.Subject.Status);
        Assert.Equal(CancelReason.Immediate, decision.Subject.CancelReason);
        Assert.Equal(Later, decision.Subject.CancellationDate);
        Assert.Equal([EventType.SubscriptionCanceled], decision.Events.Select(e => e.Type));
    }

    [Fact]
    public void End_of_period_plans_the_end_and_asking_again_changes_nothing()
    {
        var decision = Cancel(Given.Live(Given.ProPlan()), At(CancellationTime.EndOfBillingPeriod)).Value;

        Assert.Equal(SubscriptionStatus.Active, decision.Subject.Status);
        Assert.Equal(Instant.FromUtc(2026, 2, 28, 10, 13), decision.Subject.CancellationDate);
        Assert.Equal([EventType.SubscriptionUpdated], decision.Events.Select(e => e.Type));
        Assert.True(Cancel(decision.Subject, At(CancellationTime.EndOfBillingPeriod)).Value.IsNoChange);
    }

    [Fact]
    public void A_newer_request_replaces_a_pending_one()
    {
        var pending = Cancel(Given.Live(Given.ProPlan()), At(CancellationTime.EndOfBillingPeriod)).Value.Subject;
        var date = Later + Duration.FromDays(1);

        Assert.Equal(date, Cancel(pending, At(CancellationTime.SpecificDate, date)).Value.Subject.CancellationDate);
    }

    [Fact]
    public void End_of_period_without_period_is_refused_unless_the_product_only_prefers_it()
    {
        var free = Given.Live(Given.FreePlan());
        var preferring = Given.Product(new() { CancellationTime = CancellationTime.EndOfBillingPeriod });

        Assert.Equal(ErrorCode.SubscriptionDoesNotHaveBillingPeriod,
            Given.Code(Cancel(free, At(CancellationTime.EndOfBillingPeriod))));
        Assert.Equal(SubscriptionStatus.Canceled, Cancel(free, new(), preferring).Value.Subject.Status);
    }

    [Fact]
    public void Dates_must_fit_the_time()
    {
        var live = Given.Live(Given.ProPlan());

        Assert.Equal(ErrorCode.InvalidCancellationDate, Given.Code(Cancel(live, At(CancellationTime.SpecificDate))));
        Assert.Equal(ErrorCode.InvalidCancellationDate, Given.Code(Cancel(live, At(CancellationTime.SpecificDate,
            Later))));
        Assert.Equal(ErrorCode.InvalidArgumentError,
            Given.Code(Cancel(live, At(CancellationTime.Immediate, Later + Duration.FromDays(1)))));
        Assert.Equal(ErrorCode.SubscriptionAlreadyCanceledOrExpired, Given.Code(Cancel(
            SubscriptionLifecycle.Cancel(live, Given.Now, CancelReason.Immediate), At(CancellationTime.Immediate))));
    }

    [Fact]
    public void A_trial_ends_with_its_own_end_or_is_extended_to_the_date()
    {
        var trial = Given.Trial(Given.ProPlan(), TrialEnd);
        var after = TrialEnd + Duration.FromDays(3);

        Assert.Equal(TrialEnd, Cancel(trial, At(CancellationTime.EndOfBillingPeriod)).Value.Subject.CancellationDate);
        var extended = Cancel(trial, At(CancellationTime.SpecificDate, after)).Value.Subject;
        Assert.Equal(after, extended.TrialEndDate);
        Assert.Equal(after, extended.CancellationDate);
    }

    [Fact]
    public void The_journey_end_starts_the_free_plan_at_the_same_instant()
    {
        var decision = Cancel(
            Given.Live(Given.ProPlan()), At(CancellationTime.Immediate), Given.DowngradingToFree()).Value;

        var free = decision.Changed[1];
        Assert.Equal(new PackageId("free"), free.PlanId);
        Assert.Equal(SubscriptionStatus.Active, free.Status);
        Assert.Equal(Later, free.StartDate);
        Assert.Equal([EventType.SubscriptionCanceled, EventType.SubscriptionCreated],
            decision.Events.Select(e => e.Type));
        Assert.Equal(Later, Assert.Single(decision.UsageCutoffs).At);
    }

    [Fact]
    public void No_fallback_when_revoked_when_the_free_plan_itself_ends_or_before_the_start()
    {
        var product = Given.DowngradingToFree();
        var revoke = At(CancellationTime.Immediate) with { Action = CancellationAction.RevokeEntitlements };
        var waiting = Given.Subscription(status: SubscriptionStatus.NotStarted);

        Assert.Single(Cancel(Given.Live(Given.ProPlan()), revoke, product).Value.Changed);
        Assert.Single(Cancel(Given.Live(Given.FreePlan()), At(CancellationTime.Immediate), product).Value.Changed);
        Assert.Single(Cancel(waiting, At(CancellationTime.Immediate), product).Value.Changed);
    }

    [Fact]
    public void An_archived_customers_subscriptions_end_without_fallback()
    {
        var decisions = CancelSubscription.ForArchivedCustomer(
            [(Given.Live(Given.ProPlan()), Given.Journey(Given.DowngradingToFree()))], Later);

        var ended = Assert.Single(Assert.Single(decisions).Changed);
        Assert.Equal(CancelReason.CustomerArchived, ended.CancelReason);
    }
}
