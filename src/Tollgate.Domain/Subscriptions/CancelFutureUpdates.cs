using NodaTime;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Subscriptions;

/// <summary>Takes back changes that wait, for their time or for their payment (spec subscriptions 7).</summary>
public static class CancelFutureUpdates
{
    /// <summary>Nothing of the status waiting is no change.</summary>
    public static Result<SubscriptionDecision> Decide(
        Subscription subscription, ScheduleStatus status, JourneyFacts journey, Instant now)
    {
        if (subscription.FutureUpdates.All(u => u.Status != status))
            return new SubscriptionDecision(subscription);
        if (status == ScheduleStatus.PendingPayment)
        {
            var given = new DecisionDraft(journey, now);
            given.Updated(subscription, UnpaidChanges.Drop(subscription, now) with { UpdatedAt = now });
            return given.Decide(subscription);
        }

        var draft = new DecisionDraft(journey, now);
        draft.Updated(subscription, subscription with
        {
            FutureUpdates = FutureUpdates.Close(
                subscription.FutureUpdates, u => u.Status == status, ScheduleStatus.Canceled, now),
            UpdatedAt = now,
        });
        return draft.Decide(subscription);
    }
}
