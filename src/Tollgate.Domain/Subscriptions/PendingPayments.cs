using NodaTime;
using Tollgate.Domain.EventLog;

namespace Tollgate.Domain.Subscriptions;

/// <summary>
/// What payments do to subscriptions (spec subscriptions 4, 5.5 and 15): access only to what was paid. A first payment
/// that fails leaves PAYMENT_PENDING, one of a renewal leaves ACTIVE with a payment error until the attempts end.
/// </summary>
public static class PendingPayments
{
    /// <summary>How long a first payment may take.</summary>
    public static readonly Duration Lifetime = Duration.FromHours(23);

    /// <summary>
    /// The decision when the first payment of its subject failed: the subject waits, and what it would have taken the
    /// place of goes on. Older records that wait for payment are replaced all the same.
    /// </summary>
    /// <param name="decision">As it was meant.</param>
    /// <param name="billed">The subject as it would be, with what billing keeps on it.</param>
    /// <param name="failure">What the payer has to do.</param>
    /// <param name="at">The instant of the decision.</param>
    public static SubscriptionDecision Hold(
        SubscriptionDecision decision, Subscription billed, PaymentCollection failure, Instant at)
    {
        var meant = decision.Changes.Single(change => change.After.Uid == billed.Uid);
        var pending = billed with
        {
            Status = SubscriptionStatus.PaymentPending,
            PaymentCollection = failure,
            PaymentPendingSince = at,
            UpdatedAt = at,
        };
        var (replaced, events) = Replaced(decision);
        return new(pending)
        {
            Changes = [.. replaced, meant with { After = pending }],
            Events =
            [
                .. events,
                new(
                    meant.Before is null ? EventType.SubscriptionCreated : EventType.SubscriptionUpdated,
                    EntityKind.Subscription, pending.Id.Value, pending.CustomerId, meant.Before, pending)
                {
                    Facts = decision.Events.FirstOrDefault(e => e.After is Subscription after
                        && after.Uid == billed.Uid && e.Type == EventType.SubscriptionCreated)?.Facts,
                },
            ],
            Direction = decision.Direction,
        };
    }

    /// <summary>
    /// Older records that wait for their first payment, which the decision replaces whether or not it is paid.
    /// </summary>
    internal static (IReadOnlyList<SubscriptionChange> Changes, IEnumerable<DomainEvent> Events) Replaced(
        SubscriptionDecision decision)
    {
        var replaced = decision.Changes.Where(c => c.Before?.Status == SubscriptionStatus.PaymentPending).ToList();
        var uids = replaced.Select(change => change.After.Uid).ToHashSet();
        return (replaced, decision.Events.Where(e => e.After is Subscription after && uids.Contains(after.Uid)));
    }

    /// <summary>
    /// The payment came: the subscription goes live with the period that was paid for, and replaces what it replaces.
    /// </summary>
    public static SubscriptionDecision Settle(Subscription pending, AdvanceFacts facts, Instant at)
    {
        var draft = new DecisionDraft(facts.Journey, at);
        var predecessor = StartOfRecord.Displace(draft, pending, isTrial: false, facts.Scope);
        if (predecessor is null && !facts.Scope.Any(s => s.IsLive))
            predecessor = facts.LastEnded;
        var live = SubscriptionLifecycle.Activate(pending, at, pending.BillingCycleAnchor ?? at) with
        {
            PaymentCollection = PaymentCollection.NotRequired,
            PaymentPendingSince = null,
            UsageAnchor = at,
        };
        if (pending.BillingCycleAnchor is not null)
        {
            // The period that was paid for, also when it is over by now.
            live = live with
            {
                CurrentBillingPeriodStart = pending.CurrentBillingPeriodStart,
                CurrentBillingPeriodEnd = pending.CurrentBillingPeriodEnd,
                MonthEndsSoonSentFor = pending.MonthEndsSoonSentFor,
            };
        }

        if (predecessor is not null)
        {
            var (after, cutoff) = Transition.Apply(facts.Journey.Product, predecessor, live, at);
            live = after;
            draft.CutOff(cutoff);
        }

        draft.Updated(pending, live, ChangeReason.PaymentSettled);
        return draft.Decide(live);
    }

    /// <summary>The subscription with what its invoices say; no change when it says so already.</summary>
    /// <param name="subscription">As stored.</param>
    /// <param name="state">Of all its invoices.</param>
    /// <param name="otherState">The same without the invoice that a change waits for.</param>
    /// <param name="journey">Its product.</param>
    /// <param name="at">When it became so.</param>
    public static SubscriptionDecision Note(
        Subscription subscription, PaymentCollection state, PaymentCollection otherState, JourneyFacts journey,
        Instant at)
    {
        var draft = new DecisionDraft(journey, at);
        var noted = subscription with
        {
            PaymentCollection = state,
            UnpaidChange = subscription.UnpaidChange is { } change && change.OtherCollection != otherState
                ? change with { OtherCollection = otherState }
                : subscription.UnpaidChange,
        };
        if (noted != subscription)
            draft.Updated(subscription, noted with { UpdatedAt = at }, ChangeReason.PaymentNoted);
        return draft.Decide(subscription);
    }

    /// <summary>Nothing more is collected: billing ends the subscription, and its journey's end follows.</summary>
    public static SubscriptionDecision GiveUp(Subscription subscription, AdvanceFacts facts, Instant at, IdSource ids)
    {
        var draft = new DecisionDraft(facts.Journey, at);
        draft.Canceled(subscription, CancelReason.CancelledByBilling);
        if (subscription.IsLive)
            draft.EndJourney(subscription, facts.Scope, ids);
        return draft.Decide(subscription);
    }
}
