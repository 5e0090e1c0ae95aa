using System.Runtime.InteropServices;
using NodaTime;
using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Subscriptions;

/// <summary>What time alone does to a subscription, in the order of one instant (spec subscriptions 3.4).</summary>
public enum DueKind
{
    /// <summary>A bill has waited long enough for usage of its period: it is issued.</summary>
    BillFinal,
    Cancellation,
    FixedEnd,
    TrialEnd,

    /// <summary>What waited for its payment, a first one or that of a change, is given up.</summary>
    PaymentExpiry,
    ScheduledUpdate,
    Start,

    /// <summary>A billing month inside a longer term ends: its usage is billed.</summary>
    UsageMonth,
    PeriodRoll,

    /// <summary>A cycle of credits ends and the next one is granted.</summary>
    CreditCycle,
    TrialEndsSoon,
    MonthEndsSoon,
}

/// <summary>A change that falls due at an instant.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Due(Instant At, DueKind Kind)
{
    /// <summary>A trial's end is announced this long before it, or as soon as it is known when that is later.</summary>
    public static readonly Duration TrialNotice = Duration.FromDays(7);

    /// <summary>The end of a billing month is announced this long before it.</summary>
    public static readonly Duration MonthNotice = Duration.FromHours(1);

    /// <summary>
    /// The next thing time does to the subscription; null when nothing ever will. What lies in the past is due still:
    /// a late
    /// caller works it off, one step at a time.
    /// </summary>
    public static Due? Next(Subscription subscription)
    {
        Due? next = null;
        foreach (var due in All(subscription))
        {
            if (next is not { } best || due.At < best.At || (due.At == best.At && due.Kind < best.Kind))
                next = due;
        }

        return next;
    }

    /// <summary>
    /// The next step of a customer: the earliest; at one instant bills of former periods first, then ends, oldest
    /// subscription first, then scheduled updates in order of creation, then starts, then period rolls, then notices. Null when nothing is due up to and including <paramref name="until"/>.
    /// </summary>
    public static (Subscription Subscription, Due Due)? NextOf(IEnumerable<Subscription> ofCustomer, Instant until)
    {
        var due = ofCustomer
            .Select(s => (Subscription: s, Due: Next(s)))
            .Where(x => x.Due is { } d && d.At <= until)
            .Select(x => (x.Subscription, Due: x.Due!.Value))
            .OrderBy(x => x.Due.At).ThenBy(x => Phase(x.Due.Kind))
            .ThenBy(x => x.Due.Kind == DueKind.ScheduledUpdate
                ? FutureUpdates.Next(x.Subscription)[0].CreatedAt
                : x.Subscription.CreatedAt).ThenBy(x => x.Subscription.Id.Value, StringComparer.Ordinal)
            .ToList();
        return due.Count == 0 ? null : due[0];
    }

    private static int Phase(DueKind kind) => kind switch
    {
        DueKind.BillFinal => -1,
        DueKind.Cancellation or DueKind.FixedEnd or DueKind.TrialEnd or DueKind.PaymentExpiry => 0,
        DueKind.ScheduledUpdate => 1,
        DueKind.Start => 2,
        DueKind.UsageMonth or DueKind.PeriodRoll => 3,
        DueKind.CreditCycle => 4,
        DueKind.TrialEndsSoon or DueKind.MonthEndsSoon => 5,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a kind of due change."),
    };

    private static IEnumerable<Due> All(Subscription s)
    {
        if (s.DraftBills.Count > 0)
            yield return new(s.DraftBills.Min(draft => draft.FinalizeAt), DueKind.BillFinal);
        if (s.IsEnded)
            yield break;
        if (s.CancellationDate is { } cancellation)
            yield return new(cancellation, DueKind.Cancellation);
        if (FutureUpdates.NextAt(s) is { } update)
            yield return new(update, DueKind.ScheduledUpdate);
        if (s is { Status: SubscriptionStatus.PaymentPending, PaymentPendingSince: { } since })
            yield return new(since + PendingPayments.Lifetime, DueKind.PaymentExpiry);
        if (s.UnpaidChange?.ExpiryOn(s) is { } expiry)
            yield return new(expiry, DueKind.PaymentExpiry);
        if (s.Status == SubscriptionStatus.NotStarted)
            yield return new(s.StartDate, DueKind.Start);
        if (s.IsLive && s.EndDate is { } end)
            yield return new(end, DueKind.FixedEnd);
        if (s is { Status: SubscriptionStatus.InTrial, TrialEndDate: { } trialEnd })
        {
            yield return new(trialEnd, DueKind.TrialEnd);
            if (s.TrialEndsSoonSentFor != trialEnd)
            {
                var known = Instant.Max(s.TrialEndSetAt ?? s.StartDate, s.StartDate);
                yield return new(Instant.Max(trialEnd - TrialNotice, known), DueKind.TrialEndsSoon);
            }
        }

        if (s.IsLive && s.CreditCycles.Count > 0)
            yield return new(s.CreditCycles.Min(cycle => cycle.End), DueKind.CreditCycle);
        if (s is
            {
                Status: SubscriptionStatus.Active, BillingCycleAnchor: { } anchor,
                CurrentBillingPeriodEnd: { } periodEnd
            })
        {
            yield return new(periodEnd, DueKind.PeriodRoll);
            if (s.UsageBilledUntil is { } billed
                && BillingPeriods.MonthContaining(anchor, billed).End is var monthEnd && monthEnd < periodEnd)
            {
                yield return new(monthEnd, DueKind.UsageMonth);
            }

            if (s.MonthEndsSoonSentFor is { } announced)
                yield return new(BillingPeriods.MonthContaining(anchor, announced).End - MonthNotice,
                    DueKind.MonthEndsSoon);
        }
    }
}
