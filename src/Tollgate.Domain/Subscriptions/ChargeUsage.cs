using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Subscriptions;

/// <summary>Bills usage of the running billing month before it ends (spec subscriptions 22).</summary>
public static class ChargeUsage
{
    /// <summary>
    /// What is billed already, or not charged by usage at all, is no change: a repeated call makes no second bill.
    /// </summary>
    /// <param name="subscription">After everything that was due by now.</param>
    /// <param name="until">Usage before it is billed; null = now.</param>
    /// <param name="journey">Its product.</param>
    /// <param name="now">When it is asked for.</param>
    public static Result<SubscriptionDecision> Decide(
        Subscription subscription, Instant? until, JourneyFacts journey, Instant now)
    {
        if (Check(subscription, until, now) is { } refusal)
            return refusal;
        var draft = new DecisionDraft(journey, now);
        if (subscription.UsageBilledUntil is { } billed && (until ?? now) is var end && end > billed)
            draft.UsageCharged(subscription, subscription with { UsageBilledUntil = end });
        return draft.Decide(subscription);
    }

    private static Refusal? Check(Subscription subscription, Instant? until, Instant now)
    {
        if (SubscriptionLifecycle.CheckNotEnded(subscription) is { } ended)
            return ended;
        if (subscription.Status != SubscriptionStatus.Active)
        {
            return new(ErrorCode.InvalidSubscriptionStatus,
                $"Subscription '{subscription.Id}' is {SubscriptionLifecycle.Word(subscription.Status)}; "
                + "its usage is charged once it is ACTIVE.");
        }

        if (subscription.PricingType != PricingType.Paid)
        {
            return new(ErrorCode.SubscriptionDoesNotHaveBillingPeriod,
                $"Subscription '{subscription.Id}' has a plan without prices: there is no usage to charge.");
        }

        return until > now
            ? new(ErrorCode.InvalidArgumentError,
                $"untilDate is {until}, which is after now ({now}); usage can be charged only once it happened. "
                + "Send an earlier date or leave it out.")
            : null;
    }
}
