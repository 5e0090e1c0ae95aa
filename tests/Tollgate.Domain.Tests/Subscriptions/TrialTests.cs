using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

public sealed class TrialTests
{
    private static readonly Instant End = Given.Now + Duration.FromDays(14);
    private static readonly PackageVersion Pro = Given.ProPlan();
    private static readonly PackageVersion Trialable = Pro with
    {
        DefaultTrial = new(14, TrialUnits.Day, new(100, false), TrialEndBehavior.ConvertToPaid),
    };

    private static ProvisionRequest Ask(PackageVersion plan) =>
        new(Given.CustomerId, plan.Id) { BillingPeriod = BillingPeriod.Monthly };

    private static Result<SubscriptionDecision> Decide(ProvisionRequest request, ProvisionFacts facts) =>
        ProvisionSubscription.Decide(request, facts, Given.Now, Given.Ids());

    private static EventType[] Types(SubscriptionDecision decision) => [.. decision.Events.Select(e => e.Type)];

    [Fact]
    public void A_default_trial_starts_for_an_eligible_customer_and_shows_its_length_as_period()
    {
        var decision = Decide(Ask(Trialable), Given.Provision(Trialable)).Value;

        Assert.Equal(SubscriptionStatus.InTrial, decision.Subject.Status);
        Assert.Equal(End, decision.Subject.TrialEndDate);
        Assert.Equal(End, decision.Subject.CurrentBillingPeriodEnd);
        Assert.Equal(new Budget(100, false), decision.Subject.Budget);
        Assert.Equal(TrialEndBehavior.ConvertToPaid, decision.Subject.TrialEndBehavior);
        Assert.Equal([EventType.SubscriptionCreated, EventType.SubscriptionTrialStarted], Types(decision));
        Assert.Equal(Pro.Id, Assert.Single(decision.TrialsStarted).PlanId);
    }

    [Fact]
    public void A_trial_of_months_counts_calendar_months()
    {
        var plan = Pro with { DefaultTrial = new(1, TrialUnits.Month, null, null) };

        Assert.Equal(Instant.FromUtc(2026, 2, 28, 10, 13),
            Decide(Ask(plan), Given.Provision(plan)).Value.Subject.TrialEndDate);
    }

    [Fact]
    public void Whoever_tried_or_paid_before_starts_without_trial()
    {
        var facts = Given.Provision(Trialable);
        var tried = Given.Customer() with { Trials = [new TrialRecord(Given.ProductId, Pro.Id, null, Given.Now)] };

        Assert.Equal(SubscriptionStatus.Active,
            Decide(Ask(Trialable), facts with { Customer = tried }).Value.Subject.Status);
        Assert.Equal(SubscriptionStatus.Active,
            Decide(Ask(Trialable), facts with { HasPaidBefore = true }).Value.Subject.Status);
        Assert.Equal(SubscriptionStatus.InTrial,
            Decide(Ask(Trialable) with { Trial = new(true) }, facts with { Customer = tried }).Value.Subject.Status);
        Assert.Equal(SubscriptionStatus.Active,
            Decide(Ask(Trialable) with { Trial = new(false) }, facts).Value.Subject.Status);
    }

    [Fact]
    public void Impossible_trials_are_refused()
    {
        var free = Given.FreePlan();

        Assert.Equal(ErrorCode.InvalidArgumentError,
            Given.Code(Decide(Ask(Pro) with { Trial = new(true) }, Given.Provision(Pro))));
        Assert.Equal(ErrorCode.InvalidArgumentError,
            Given.Code(Decide(Ask(free) with { Trial = new(true, End) }, Given.Provision(free))));
        Assert.Equal(ErrorCode.InvalidArgumentError,
            Given.Code(Decide(Ask(Pro) with { Trial = new(true, Given.Now) }, Given.Provision(Pro))));
    }

    [Fact]
    public void Repeating_the_call_that_started_a_trial_changes_nothing()
    {
        var first = Decide(Ask(Trialable), Given.Provision(Trialable)).Value;
        var facts = Given.Provision(Trialable, Given.Held(first.Subject, Trialable)) with
        {
            Customer = Given.Customer() with { Trials = first.TrialsStarted },
        };

        Assert.True(Decide(Ask(Trialable), facts).Value.IsNoChange);
    }

    [Fact]
    public void The_same_plan_without_trial_converts_the_trial_now()
    {
        var trial = Given.Trial(Pro, End);
        var free = Given.Live(Given.FreePlan());
        var facts = Given.Provision(Pro, Given.Held(trial, Pro), Given.Held(free, Given.FreePlan()));

        var decision = Decide(Ask(Pro), facts).Value;

        Assert.Equal(trial.Uid, decision.Subject.Uid);
        Assert.Equal(SubscriptionStatus.Active, decision.Subject.Status);
        Assert.Null(decision.Subject.CancelReason);
        Assert.Equal(Given.Now, decision.Subject.BillingCycleAnchor);
        Assert.Equal([EventType.SubscriptionCanceled, EventType.SubscriptionTrialConverted], Types(decision));
        Assert.Equal("PAID_SUBSCRIPTION_PROVISIONED", decision.Events[1].Facts!["reason"]);
        Assert.Single(decision.UsageCutoffs);
    }

    [Fact]
    public void Another_paid_plan_ends_the_trial_and_a_free_one_leaves_it()
    {
        var trial = Given.Trial(Pro, End);
        var team = Given.ProPlan("team");
        var free = Given.FreePlan();

        var paid = Decide(Ask(team), Given.Provision(team, Given.Held(trial, Pro))).Value;
        var both = Decide(Ask(free), Given.Provision(free, Given.Held(trial, Pro))).Value;

        Assert.Equal([EventType.SubscriptionTrialConverted, EventType.SubscriptionCreated], Types(paid));
        Assert.Equal(CancelReason.TrialConverted, paid.Changed[0].CancelReason);
        Assert.Equal(SubscriptionStatus.Canceled, paid.Changed[0].Status);
        Assert.Equal([EventType.SubscriptionCreated], Types(both));
    }

    [Fact]
    public void A_new_trial_replaces_the_trial_and_leaves_the_plan()
    {
        var team = Given.ProPlan("team");
        var facts = Given.Provision(team, Given.Held(Given.Trial(Pro, End), Pro),
            Given.Held(Given.Live(Given.FreePlan()), Given.FreePlan()));

        var decision = Decide(Ask(team) with { Trial = new(true, End) }, facts).Value;

        Assert.Equal(2, decision.Changed.Count);
        Assert.Equal(CancelReason.UpgradeOrDowngrade, decision.Changed[0].CancelReason);
        Assert.Equal(SubscriptionStatus.InTrial, decision.Subject.Status);
    }

    [Fact]
    public void Paying_for_the_plan_that_is_also_tried_lets_the_live_record_take_the_content()
    {
        var main = Given.Live(Pro);
        var trial = Given.Trial(Pro, End) with { Uid = Given.Uid(999), Id = new("trial") };
        var facts = Given.Provision(Pro, Given.Held(main, Pro), Given.Held(trial, Pro));

        var decision = Decide(Ask(Pro) with { Quantities = [new(Given.Seats, 8)] }, facts).Value;

        Assert.Equal(main.Uid, decision.Subject.Uid);
        Assert.Equal(8m, decision.Subject.Quantities[Given.Seats]);
        Assert.Equal([EventType.SubscriptionTrialConverted, EventType.SubscriptionUpdated], Types(decision));
    }

    [Fact]
    public void Repeating_a_later_start_leaves_the_running_trial_of_the_plan_alone()
    {
        var trial = Given.Trial(Pro, End);
        var request = Ask(Pro) with { StartDate = End };
        var first = Decide(request, Given.Provision(Pro, Given.Held(trial, Pro))).Value;

        var again = Decide(request, Given.Provision(Pro, Given.Held(trial, Pro), Given.Held(first.Subject, Pro))).Value;

        Assert.True(again.IsNoChange);
    }
}
