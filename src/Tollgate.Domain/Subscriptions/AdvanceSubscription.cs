using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.EventLog;

namespace Tollgate.Domain.Subscriptions;

/// <param name="Journey">The product of the subscription that advances.</param>
/// <param name="Scope">All records of its scope that have not ended, itself included.</param>
/// <param name="LastEnded">The scope's record that ended last; matters to a record that starts with nothing live
/// before it.</param>
public sealed record AdvanceFacts(JourneyFacts Journey, IReadOnlyList<Subscription> Scope,
    Subscription? LastEnded = null)
{
    /// <summary>Given for <see cref="DueKind.ScheduledUpdate"/>.</summary>
    public ScheduledFacts? Scheduled { get; init; }

    /// <summary>
    /// A payment is required and the payer has no method: a trial cannot convert (spec subscriptions 8.4).
    /// </summary>
    public bool IsPaymentMissing { get; init; }
}

/// <summary>What time alone does to subscriptions; the same steps whether they are worked off on time or
/// late.</summary>
public static class AdvanceSubscription
{
    /// <summary>Carries out <paramref name="due"/>, which <see cref="Due.Next"/> named, at its own instant.</summary>
    public static SubscriptionDecision Step(Subscription subscription, Due due, AdvanceFacts facts, IdSource ids)
    {
        var draft = new DecisionDraft(facts.Journey, due.At);
        switch (due.Kind)
        {
            case DueKind.Cancellation:
                draft.Canceled(subscription, CancelReason.ScheduledCancellation);
                if (subscription.IsLive)
                    draft.EndJourney(subscription, facts.Scope, ids);
                return draft.Decide(subscription);
            case DueKind.FixedEnd:
                draft.Expired(subscription, CancelReason.Expired);
                draft.EndJourney(subscription, facts.Scope, ids);
                return draft.Decide(subscription);
            case DueKind.TrialEnd:
                return draft.Decide(TrialEnding.End(
                    draft, subscription, facts.Scope, facts.Journey.Product, due.At, ids, !facts.IsPaymentMissing));
            case DueKind.ScheduledUpdate:
                return ExecuteUpdates.Run(subscription, facts, due.At, ids);
            case DueKind.PaymentExpiry when subscription.UnpaidChange is not null:
                draft.Updated(subscription, UnpaidChanges.Drop(subscription, due.At) with { UpdatedAt = due.At });
                return draft.Decide(subscription);
            case DueKind.PaymentExpiry:
                draft.Canceled(subscription, CancelReason.PendingPaymentExpired);
                // A trial that could not be paid for ends like any other; what never began leaves nothing to follow.
                if (subscription.StartsAsTrial)
                    draft.EndJourney(subscription, facts.Scope, ids);
                return draft.Decide(subscription);
            case DueKind.UsageMonth:
                draft.UsageCharged(subscription, subscription with { UsageBilledUntil = due.At });
                return draft.Decide(subscription);
            case DueKind.CreditCycle:
                draft.CreditsDue(subscription);
                return draft.Decide(subscription);
            case DueKind.Start:
                return Start(subscription, facts, draft, due.At);
            case DueKind.PeriodRoll:
                draft.Updated(subscription, Roll(subscription, due.At), ChangeReason.Renewed);
                return draft.Decide(subscription);
            case DueKind.TrialEndsSoon:
                draft.Noticed(EventType.SubscriptionTrialEndsSoon, subscription,
                    subscription with { TrialEndsSoonSentFor = subscription.TrialEndDate });
                return draft.Decide(subscription);
            case DueKind.MonthEndsSoon:
                draft.Noticed(EventType.SubscriptionBillingMonthEndsSoon, subscription,
                    subscription with { MonthEndsSoonSentFor = due.At + Due.MonthNotice });
                return draft.Decide(subscription);
            default:
                throw new ArgumentOutOfRangeException(nameof(due), due.Kind, "Not a kind of due change.");
        }
    }

    private static SubscriptionDecision Start(
        Subscription subscription, AdvanceFacts facts, DecisionDraft draft, Instant at)
    {
        var isTrial = subscription.StartsAsTrial;
        var predecessor = StartOfRecord.Displace(draft, subscription, isTrial, facts.Scope);
        if (predecessor is null && !facts.Scope.Any(s => s.IsLive))
            predecessor = facts.LastEnded;
        var started = StartOfRecord.Begin(draft, subscription, isTrial, predecessor, facts.Journey.Product, at);
        draft.Updated(subscription, started, ChangeReason.Started);
        if (isTrial)
            draft.TrialStarted(subscription, started, PlanDirection.None);
        return draft.Decide(started);
    }

    /// <summary>The period after the one that ends now, counted from the anchor.</summary>
    private static Subscription Roll(Subscription subscription, Instant at)
    {
        var next = BillingPeriods.Containing(subscription.BillingCycleAnchor!.Value,
            subscription.BillingPeriod!.Value, at);
        return subscription with
        {
            CurrentBillingPeriodStart = next.Start,
            CurrentBillingPeriodEnd = next.End,
            UpdatedAt = at,
        };
    }
}
