using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

/// <summary>Trials that only their budget bounds (spec catalog 11, subscriptions 8).</summary>
public sealed class TrialWithoutEndTests
{
    private static readonly Budget Ten = new(10, false);
    private static readonly PackageVersion Pro = Given.ProPlan() with
    {
        DefaultTrial = new(null, null, Ten, TrialEndBehavior.ConvertToPaid),
    };
    private static readonly Instant Later = Given.Now + Duration.FromDays(400);

    private static ProvisionRequest Ask => new(Given.CustomerId, Pro.Id) { BillingPeriod = BillingPeriod.Monthly };

    private static Result<SubscriptionDecision> Provision(ProvisionRequest request, params Subscription[] held) =>
        ProvisionSubscription.Decide(
            request, Given.Provision(Pro, [.. held.Select(s => Given.Held(s, Pro))]), Given.Now, Given.Ids());

    private static Subscription Trial => Provision(Ask).Value.Subject;

    private static Result<SubscriptionDecision> Update(Subscription subscription, UpdateRequest request) =>
        UpdateSubscription.Decide(
            request, new(Given.Held(subscription, Pro), Given.Journey(), Given.Features(), [subscription]), Later,
            Given.Ids());

    private static Result<SubscriptionDecision> Cancel(Subscription subscription, CancelRequest request) =>
        CancelSubscription.Decide(request, new(subscription, Given.Journey(), [subscription]), Later, Given.Ids());

    [Fact]
    public void It_is_in_trial_with_a_period_that_has_no_end_and_time_does_nothing_to_it()
    {
        var trial = Trial;

        Assert.Equal((SubscriptionStatus.InTrial, (Instant?)null), (trial.Status, trial.TrialEndDate));
        Assert.Equal((Given.Now, (Instant?)null), (trial.CurrentBillingPeriodStart, trial.CurrentBillingPeriodEnd));
        Assert.Equal((Ten, true), (trial.Budget, trial.HasTrialBudget));
        Assert.Null(SubscriptionLifecycle.EffectiveEnd(trial));
        Assert.Null(Due.Next(trial));
    }

    [Fact]
    public void One_that_begins_later_begins_as_a_trial_and_repeating_its_call_finds_it()
    {
        var start = Given.Now + Duration.FromDays(30);
        var waiting = Provision(Ask with { StartDate = start }).Value.Subject;

        var step = Assert.Single(Timeline.Run([waiting], _ => Given.Journey(), Later, Given.Ids(9000), Pro));

        Assert.Equal(SubscriptionStatus.NotStarted, waiting.Status);
        Assert.Equal(SubscriptionStatus.InTrial, step.Decision.Subject.Status);
        Assert.Contains(step.Decision.Events, e => e.Type == EventType.SubscriptionTrialStarted);
        Assert.Empty(Provision(Ask with { StartDate = start }, waiting).Value.Changes);
    }

    [Fact]
    public void It_is_converted_by_call_and_its_budget_goes_with_it()
    {
        var bought = Provision(Ask with { Trial = new(false) }, Trial).Value.Subject;

        Assert.Equal((SubscriptionStatus.Active, (Budget?)null), (bought.Status, bought.Budget));
        Assert.Equal(Given.Now, bought.BillingCycleAnchor);
        // 31 January, a month on.
        Assert.Equal(Instant.FromUtc(2026, 2, 28, 10, 13), bought.CurrentBillingPeriodEnd);
    }

    [Fact]
    public void A_date_makes_it_end_and_a_past_one_ends_it_now()
    {
        var end = Later + Duration.FromDays(3);
        var bounded = Update(Trial, new() { TrialEndDate = end }).Value.Subject;
        var ended = Update(Trial, new() { TrialEndDate = Given.Now }).Value.Subject;
        var asked = Provision(Ask with { Trial = new(true, end, TrialEndBehavior.CancelSubscription) }).Value.Subject;

        Assert.Equal((end, end), (bounded.TrialEndDate, bounded.CurrentBillingPeriodEnd));
        Assert.Equal(Ten, bounded.Budget);
        // It is announced when it becomes known: it is less than a week off.
        Assert.Equal(new Due(Later, DueKind.TrialEndsSoon), Due.Next(bounded));
        Assert.Equal(SubscriptionStatus.Active, ended.Status);
        Assert.Equal((end, Ten, TrialEndBehavior.CancelSubscription), (asked.TrialEndDate, asked.Budget, asked.TrialEndBehavior));
    }

    [Fact]
    public void Something_has_to_bound_it()
    {
        var dated = new UpdateRequest { Budget = new(null), TrialEndDate = Later + Duration.FromDays(1) };

        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(Provision(Ask with { Budget = new(null) })));
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(Update(Trial, new() { Budget = new(null) })));
        Assert.Null(Update(Trial, dated).Value.Subject.Budget);
        Assert.Equal(new Budget(20, true), Update(Trial, new() { Budget = new(new Budget(20, true)) }).Value.Subject.Budget);
        // What is no trial any more needs no budget.
        Assert.Null(Update(Provision(Ask with { Trial = new(false) }, Trial).Value.Subject, new() { Budget = new(null) })
            .Value.Subject.Budget);
    }

    [Fact]
    public void It_has_no_end_to_be_cancelled_at()
    {
        var waiting = Provision(Ask with { StartDate = Later + Duration.FromDays(1) }).Value.Subject;

        foreach (var subscription in (Subscription[])[Trial, waiting])
        {
            Assert.Equal(
                ErrorCode.TrialMustBeCancelledImmediately,
                Given.Code(Cancel(subscription, new() { Time = CancellationTime.EndOfBillingPeriod })));
        }

        var date = Later + Duration.FromDays(9);
        var planned = Cancel(Trial, new() { Time = CancellationTime.SpecificDate, EndDate = date }).Value.Subject;
        Assert.Equal((date, (Instant?)null), (planned.CancellationDate, planned.TrialEndDate));
        Assert.Equal(SubscriptionStatus.Canceled, Cancel(Trial, new() { Time = CancellationTime.Immediate }).Value.Subject.Status);
    }

    [Fact]
    public void Nobody_has_two_of_them()
    {
        var tried = Given.Provision(Pro) with
        {
            Customer = Given.Customer() with { Trials = [new(Given.ProductId, Pro.Id, null, Given.Now)] },
        };

        Assert.Equal(
            SubscriptionStatus.Active, ProvisionSubscription.Decide(Ask, tried, Given.Now, Given.Ids()).Value.Subject.Status);
        // One that began long ago runs still, however long.
        Assert.Equal(
            SubscriptionStatus.InTrial,
            Provision(Ask with { StartDate = Given.Now - Duration.FromDays(900) }).Value.Subject.Status);
    }

    [Fact]
    public void Only_what_ends_can_wait_for_an_end()
    {
        var waits = Update(Trial, new()
        {
            Quantities = [new(Given.Seats, 2)],
            ScheduleStrategy = ScheduleStrategy.EndOfBillingPeriod,
        });

        Assert.Equal(ErrorCode.SubscriptionDoesNotHaveBillingPeriod, Given.Code(waits));
        Assert.Equal(
            ErrorCode.SubscriptionDoesNotHaveBillingPeriod,
            Given.Code(Provision(Ask with { ScheduleStrategy = ScheduleStrategy.EndOfBillingMonth })));
    }
}
