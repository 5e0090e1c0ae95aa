using NodaTime;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Entitlements;

/// <summary>
/// The future instants at which a subscription's contribution may change by itself (spec entitlements-and-usage 2.5).
/// </summary>
public static class SubscriptionChanges
{
    /// <summary>In no particular order; none for a subscription that has ended or waits for a payment.</summary>
    public static IEnumerable<EntitlementChange> Of(Subscription subscription, Instant now)
    {
        var id = subscription.Id;
        if (subscription.Status == SubscriptionStatus.NotStarted && subscription.StartDate > now)
            yield return new(subscription.StartDate, EntitlementChangeKind.SubscriptionStart, id);
        if (!subscription.IsLive)
            yield break;
        if (subscription is { Status: SubscriptionStatus.InTrial, TrialEndDate: { } trialEnd } && trialEnd > now)
            yield return new(trialEnd, EntitlementChangeKind.TrialEnd, id);
        if (subscription.EndDate is { } end && end > now)
            yield return new(end, EntitlementChangeKind.SubscriptionEnd, id);
        if (subscription.CancellationDate is { } cancellation && cancellation > now)
            yield return new(cancellation, EntitlementChangeKind.Cancellation, id);
        if (subscription.CurrentBillingPeriodEnd is { } periodEnd && periodEnd > now)
            yield return new(periodEnd, EntitlementChangeKind.BillingPeriodEnd, id);
    }
}
