using NodaTime;
using Tollgate.Domain.Credits;
using Tollgate.Domain.EventLog;

namespace Tollgate.Domain.Subscriptions;

/// <summary>
/// Changes of live subscriptions that wait for their payment (spec subscriptions 7 and 15). Until then everything stays as
/// it was; whatever else changes the subscription takes their place.
/// </summary>
public static class UnpaidChanges
{
    /// <summary>The decision when the bill of its subject's change could not be paid: the change waits.</summary>
    /// <param name="decision">As it was meant.</param>
    /// <param name="billed">The subject as it would be, with what billing keeps on it.</param>
    /// <param name="invoice">What has to be paid.</param>
    /// <param name="failure">What the payer has to do.</param>
    /// <param name="at">The instant of the decision.</param>
    /// <param name="ids">Names the future updates.</param>
    /// <param name="overdrawn">The overdrawn credits that are on the bill.</param>
    public static SubscriptionDecision Hold(
        SubscriptionDecision decision, Subscription billed, Guid invoice, PaymentCollection failure, Instant at,
        Func<Guid> ids, IEnumerable<SettleOverdraft> overdrawn)
    {
        var meant = decision.Changes.Single(change => change.After.Uid == billed.Uid);
        var before = Drop(meant.Before!, at);
        var due = before.FutureUpdates.Where(u => u.IsScheduled && meant.After.FutureUpdates.Any(
            done => done.Uid == u.Uid && done.Status == ScheduleStatus.Done)).Select(u => u.Uid).ToHashSet();
        var held = before with
        {
            // A change that was scheduled waits on, now for its payment; one that was asked for just now is new.
            FutureUpdates = due.Count > 0
                ? [.. before.FutureUpdates.Select(u => due.Contains(u.Uid)
                    ? u with { Status = ScheduleStatus.PendingPayment }
                    : u)]
                : [.. before.FutureUpdates, .. ContentDifference.Updates(before, billed, decision.Direction, at, ids)
                    .Select(u => u with { Status = ScheduleStatus.PendingPayment })],
            UnpaidChange = new()
            {
                InvoiceUid = invoice,
                Record = billed with { UnpaidChange = null, PendingLines = [] },
                // Used up or not when they are paid: what others repaid by then is the customer's for good.
                Settlements = [.. overdrawn.Select(settled => settled with { InvoiceUid = invoice, ExpireAt = null })],
                AddedLines = [.. billed.PendingLines.Except(before.PendingLines)],
                RestartsPeriod = billed.BillingCycleAnchor != before.BillingCycleAnchor
                    || billed.BillingPeriod != before.BillingPeriod,
                ResetsUsage = decision.UsageCutoffs.Count > 0,
                Replaces = [.. decision.Changes.Where(c => c is { Before.IsLive: true, After.IsEnded: true })
                    .Select(c => c.After.Uid)],
                Direction = decision.Direction,
                OtherCollection = before.PaymentCollection,
            },
            LatestInvoiceUid = invoice,
            PaymentCollection = failure,
            UpdatedAt = at,
        };
        var (replaced, events) = PendingPayments.Replaced(decision);
        return new(held)
        {
            Changes = [.. replaced, new(meant.Before, held, ChangeReason.PaymentNoted)],
            Events =
            [
                .. events,
                new(EventType.SubscriptionUpdated, EntityKind.Subscription, held.Id.Value, held.CustomerId, meant.Before, held),
            ],
            Direction = decision.Direction,
        };
    }

    /// <summary>The payment came: the change is made now, with what was paid for.</summary>
    public static SubscriptionDecision Apply(Subscription subscription, AdvanceFacts facts, Instant at)
    {
        var change = subscription.UnpaidChange
            ?? throw new ArgumentException("Nothing waits for a payment.", nameof(subscription));
        var draft = new DecisionDraft(facts.Journey, at);
        foreach (var trial in facts.Scope.Where(s => s.IsLive && change.Replaces.Contains(s.Uid)))
            draft.Replaced(trial, CancelReason.TrialConverted);
        var paid = change.Record with
        {
            FutureUpdates = Done(subscription, change.Record, at),
            PaymentCollection = change.OtherCollection,
            LatestInvoiceUid = subscription.LatestInvoiceUid,
            DraftBills = subscription.DraftBills,
            ContractId = subscription.ContractId,
            UsageAnchor = change.ResetsUsage ? at : change.Record.UsageAnchor,
            UpdatedAt = at,
        };
        if (change.RestartsPeriod)
        {
            paid = paid with { PendingLines = change.AddedLines };
        }
        else
        {
            paid = paid with
            {
                MonthEndsSoonSentFor = subscription.MonthEndsSoonSentFor,
                UsageBilledUntil = subscription.UsageBilledUntil ?? change.Record.UsageBilledUntil,
                MinimumSpendLeft = subscription.MinimumSpendLeft,
                PendingLines = [.. subscription.PendingLines, .. change.AddedLines],
                PastContents = PastOf(subscription, change, at),
            };
        }

        if (change.ResetsUsage)
            draft.CutOff(new(paid.CustomerId, paid.ProductId, paid.ResourceId, at));
        draft.Updated(subscription, paid, ChangeReason.PaymentSettled, change.Direction);
        return draft.Decide(paid, change.Direction);
    }

    /// <summary>The subscription without what waits for a payment; itself when nothing does.</summary>
    public static Subscription Drop(Subscription subscription, Instant at) => subscription.UnpaidChange is not { } change
        ? subscription
        : subscription with
        {
            UnpaidChange = null,
            PaymentCollection = change.OtherCollection,
            FutureUpdates = FutureUpdates.Close(
                subscription.FutureUpdates, u => u.Status == ScheduleStatus.PendingPayment, ScheduleStatus.Canceled, at),
        };

    /// <summary>Nothing will be paid: the subscription stays as it is.</summary>
    public static SubscriptionDecision GiveUp(Subscription subscription, JourneyFacts journey, Instant at)
    {
        var draft = new DecisionDraft(journey, at);
        draft.Updated(subscription, Drop(subscription, at) with { UpdatedAt = at }, ChangeReason.PaymentNoted);
        return draft.Decide(subscription);
    }

    /// <summary>
    /// The decision without what waited on the records it changes: that was billed for what they were. Notices, notes about
    /// payments, and usage that is no part of the bill leave it waiting.
    /// </summary>
    public static SubscriptionDecision Replaced(SubscriptionDecision decision, Instant at) =>
        decision.Changes.Any(change => Replaces(change))
            ? decision.With(decision.Changes.Where(change => Replaces(change)).Select(change => Drop(change.After, at)))
            : decision;

    private static bool Replaces(SubscriptionChange change) =>
        change is { Before.UnpaidChange: { } waiting, After.UnpaidChange: not null } && change.Reason switch
        {
            ChangeReason.Noticed or ChangeReason.PaymentNoted or ChangeReason.PaymentSettled => false,
            ChangeReason.UsageCharged => waiting.RestartsPeriod,
            _ => true,
        };

    /// <summary>What the change does to what waits, with itself done.</summary>
    private static IReadOnlyList<FutureUpdate> Done(Subscription subscription, Subscription paid, Instant at)
    {
        var done = FutureUpdates.Close(
            subscription.FutureUpdates, u => u.Status == ScheduleStatus.PendingPayment, ScheduleStatus.Done, at);
        var waited = subscription.FutureUpdates.Where(u => u.Status == ScheduleStatus.PendingPayment)
            .Select(u => u.Uid).ToHashSet();
        var meant = paid.FutureUpdates.Where(u => !waited.Contains(u.Uid)).ToDictionary(u => u.Uid);
        return [.. done.Select(u => meant.Remove(u.Uid, out var changed) ? changed : u), .. meant.Values];
    }

    /// <summary>Usage until the payment was that of the old content.</summary>
    private static IReadOnlyList<PastContent> PastOf(Subscription subscription, UnpaidChange change, Instant at)
    {
        if (change.Record.UsageBilledUntil is null)
            return subscription.PastContents;
        var from = subscription.PastContents.Count > 0
            ? subscription.PastContents[^1].Until
            : subscription.CurrentBillingPeriodStart;
        return from < at ? [.. subscription.PastContents, PastContent.Of(subscription, at)] : subscription.PastContents;
    }
}
