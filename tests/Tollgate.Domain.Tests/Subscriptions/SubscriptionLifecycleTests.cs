using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

public sealed class SubscriptionLifecycleTests
{
    [Theory]
    [InlineData(SubscriptionStatus.NotStarted, SubscriptionStatus.Active, true)]
    [InlineData(SubscriptionStatus.NotStarted, SubscriptionStatus.InTrial, true)]
    [InlineData(SubscriptionStatus.PaymentPending, SubscriptionStatus.Active, true)]
    [InlineData(SubscriptionStatus.PaymentPending, SubscriptionStatus.InTrial, false)]
    [InlineData(SubscriptionStatus.InTrial, SubscriptionStatus.Active, true)]
    [InlineData(SubscriptionStatus.InTrial, SubscriptionStatus.Expired, true)]
    [InlineData(SubscriptionStatus.Active, SubscriptionStatus.InTrial, false)]
    [InlineData(SubscriptionStatus.Active, SubscriptionStatus.Canceled, true)]
    [InlineData(SubscriptionStatus.Active, SubscriptionStatus.NotStarted, false)]
    public void Transitions_follow_the_status_table(SubscriptionStatus from, SubscriptionStatus to, bool allowed) =>
        Assert.Equal(allowed, SubscriptionLifecycle.Allows(from, to));

    [Theory]
    [InlineData(SubscriptionStatus.Canceled)]
    [InlineData(SubscriptionStatus.Expired)]
    public void Ended_subscriptions_leave_for_nowhere_and_refuse_changes(SubscriptionStatus ended)
    {
        var subscription = Given.Subscription(status: ended);

        Assert.All(Enum.GetValues<SubscriptionStatus>(), to => Assert.False(SubscriptionLifecycle.Allows(ended, to)));
        Assert.Equal(ErrorCode.SubscriptionAlreadyCanceledOrExpired,
            SubscriptionLifecycle.CheckNotEnded(subscription)?.Code);
        Assert.Throws<ArgumentException>(
            () => SubscriptionLifecycle.Cancel(subscription, Given.Now, CancelReason.Immediate));
    }

    [Fact]
    public void Activation_shows_the_period_of_now_counted_from_a_backdated_anchor()
    {
        var pending = Given.Subscription(status: SubscriptionStatus.NotStarted) with
        {
            BillingPeriod = BillingPeriod.Monthly,
        };

        var active = SubscriptionLifecycle.Activate(
            pending, Given.Now, anchor: Instant.FromUtc(2025, 10, 31, 0, 0));

        Assert.Equal(SubscriptionStatus.Active, active.Status);
        Assert.Equal(Instant.FromUtc(2026, 1, 31, 0, 0), active.CurrentBillingPeriodStart);
        Assert.Equal(Instant.FromUtc(2026, 2, 28, 0, 0), active.CurrentBillingPeriodEnd);
    }

    [Fact]
    public void The_effective_end_is_the_earliest_end_that_is_known()
    {
        var cancellation = Given.Now + Duration.FromDays(20);
        var trialEnd = Given.Now + Duration.FromDays(14);
        var trial = Given.Subscription(status: SubscriptionStatus.InTrial) with
        {
            CancellationDate = cancellation,
            TrialEndDate = trialEnd,
            TrialEndBehavior = TrialEndBehavior.CancelSubscription,
        };

        Assert.Equal(trialEnd, SubscriptionLifecycle.EffectiveEnd(trial));
        Assert.Equal(cancellation, SubscriptionLifecycle.EffectiveEnd(
            trial with { TrialEndBehavior = TrialEndBehavior.ConvertToPaid }));
        Assert.Null(SubscriptionLifecycle.EffectiveEnd(Given.Subscription()));
    }
}
