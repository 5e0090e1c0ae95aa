using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Subscriptions;

/// <summary>When a change takes effect (spec subscriptions 6.3).</summary>
internal static class ScheduleTiming
{
    /// <summary>A change at once, or later.</summary>
    public readonly record struct Moment(Instant? At);

    /// <summary>
    /// The call's strategy, else the product's setting for downgrades, else at once. The setting alone never makes a
    /// subscription without a billing period wait.
    /// </summary>
    public static Result<Moment> Of(
        ScheduleStrategy? asked, bool isDowngrade, Subscription subscription, Product product, Instant now)
    {
        if (asked is null)
        {
            return product.Settings.DowngradeAtEndOfBillingPeriod && isDowngrade
                && subscription.Status == SubscriptionStatus.Active
                    ? new Moment(subscription.CurrentBillingPeriodEnd)
                    : new Moment(null);
        }

        if (asked == ScheduleStrategy.Immediate)
            return new Moment(null);
        if (subscription.CurrentBillingPeriodEnd is not { } end)
            return NoPeriod($"Subscription '{subscription.Id}'");
        return asked == ScheduleStrategy.EndOfBillingMonth && subscription.BillingCycleAnchor is { } anchor
            ? new Moment(BillingPeriods.MonthContaining(anchor, now).End)
            : new Moment(end);
    }

    /// <summary>Null unless a change that waits is to start the cycle again at once.</summary>
    public static Refusal? CheckCycle(Moment moment, bool restartsCycle) => moment.At is { } at && restartsCycle
        ? new(ErrorCode.InvalidArgumentError,
            $"billingCycleAnchor NOW starts a cycle at once, but the change waits for {at}; "
            + "send scheduleStrategy IMMEDIATE or leave billingCycleAnchor out.")
        : null;

    public static Refusal NoPeriod(string subject) => new(ErrorCode.SubscriptionDoesNotHaveBillingPeriod,
        $"{subject} has no billing period, so nothing can wait for its end; leave scheduleStrategy out or send "
        + "IMMEDIATE.");
}
