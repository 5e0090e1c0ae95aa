using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

/// <summary>When there is a trial, when it ends, and what ends with it (spec subscriptions 5.4, 8.1 and 8.4).</summary>
public sealed class TrialBoundsTests
{
    private static readonly PackageVersion Pro = Given.ProPlan() with
    {
        DefaultTrial = new(14, TrialUnits.Day, new(10, false), TrialEndBehavior.ConvertToPaid),
    };
    private static readonly Instant Over = Given.Now + Duration.FromDays(14);

    private static ProvisionRequest Ask => new(Given.CustomerId, Pro.Id) { BillingPeriod = BillingPeriod.Monthly };

    private static Subscription Provision(ProvisionRequest request) =>
        ProvisionSubscription.Decide(request, Given.Provision(Pro), Given.Now, Given.Ids()).Value.Subject;

    private static Result<SubscriptionDecision> Update(
        Subscription subscription, UpdateRequest request, bool isPaymentMissing = false) =>
        UpdateSubscription.Decide(request,
            new(Given.Held(subscription, Pro), Given.Journey(), Given.Features(), [subscription])
            {
                IsPaymentMissing = isPaymentMissing,
            },
            Given.Now + Duration.FromDays(1), Given.Ids());

    private static Subscription AfterTrial(Subscription trial) =>
        Timeline.Run([trial], _ => Given.Journey(), Over, Given.Ids(9000), Pro)
            .Single(step => step.Due.Kind == DueKind.TrialEnd).Decision.Subject;

    [Fact]
    public void The_budget_of_the_plans_trial_goes_with_it_and_one_that_was_given_stays()
    {
        var trial = Provision(Ask);
        var given = Provision(Ask with { Budget = new(new Budget(10, false)) });
        var raised = Update(trial, new() { Budget = new(new Budget(25, true)) }).Value.Subject;
        var bought = ProvisionSubscription.Decide(
            Ask with { Trial = new(false) }, Given.Provision(Pro, Given.Held(trial, Pro)), Given.Now, Given.Ids(3000))
            .Value.Subject;

        Assert.Equal(new Budget(10, false), trial.Budget);
        Assert.Equal((SubscriptionStatus.Active, (Budget?)null), (AfterTrial(trial).Status, AfterTrial(trial).Budget));
        Assert.Equal((SubscriptionStatus.Active, (Budget?)null), (bought.Status, bought.Budget));
        Assert.Equal(new Budget(10, false), AfterTrial(given).Budget);
        Assert.Equal(new Budget(25, true), AfterTrial(raised).Budget);
    }

    [Fact]
    public void A_trial_ended_by_call_converts_or_without_means_to_pay_expires()
    {
        var trial = Provision(Ask);
        var ended = new UpdateRequest { TrialEndDate = Given.Now - Duration.FromDays(1) };

        Assert.Equal(SubscriptionStatus.Active, Assert.Single(Update(trial, ended).Value.Changed).Status);
        var expired = Assert.Single(Update(trial, ended, isPaymentMissing: true).Value.Changed);
        Assert.Equal((SubscriptionStatus.Expired, CancelReason.TrialEnded), (expired.Status, expired.CancelReason));
    }

    [Fact]
    public void There_is_no_default_trial_that_would_be_over_or_is_backdated()
    {
        // Started 14 days ago to the millisecond: a trial would be over now.
        Assert.Equal(SubscriptionStatus.Active, Provision(Ask with { StartDate = Given.Now - Duration.FromDays(14) }).Status);
        Assert.Equal(SubscriptionStatus.InTrial, Provision(Ask with { StartDate = Given.Now - Duration.FromDays(13) }).Status);
        Assert.Equal(SubscriptionStatus.Active, Provision(Ask with { IsBackdated = true }).Status);
        Assert.Equal(SubscriptionStatus.InTrial,
            Provision(Ask with { IsBackdated = true, Trial = new(true) }).Status);
    }

    [Fact]
    public void A_trial_that_has_not_started_cannot_end_before_it_does()
    {
        var start = Given.Now + Duration.FromDays(100);
        var waiting = Provision(Ask with { StartDate = start });

        foreach (var end in (Instant[])[start, start - Duration.FromDays(20), Given.Now - Duration.FromDays(1)])
        {
            var refused = Update(waiting, new() { TrialEndDate = end });
            Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(refused));
        }

        var sooner = start + Duration.FromMilliseconds(1);
        Assert.Equal(sooner, Update(waiting, new() { TrialEndDate = sooner }).Value.Subject.TrialEndDate);
    }
}
