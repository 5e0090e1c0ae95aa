using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Subscriptions;

/// <summary>
/// The status machine of spec subscriptions 4. A move outside the table is a broken call; whether a caller may ask for
/// a move is
/// decided before, by <see cref="CheckNotEnded"/> and the rules of each operation.
/// </summary>
public static class SubscriptionLifecycle
{
    /// <summary>True when the table of spec subscriptions 4 has the transition.</summary>
    public static bool Allows(SubscriptionStatus from, SubscriptionStatus to) => from switch
    {
        SubscriptionStatus.NotStarted => to is SubscriptionStatus.Active or SubscriptionStatus.InTrial
            or SubscriptionStatus.PaymentPending or SubscriptionStatus.Canceled or SubscriptionStatus.Expired,
        SubscriptionStatus.PaymentPending => to is SubscriptionStatus.Active or SubscriptionStatus.Canceled,
        SubscriptionStatus.InTrial => to is SubscriptionStatus.Active or SubscriptionStatus.PaymentPending
            or SubscriptionStatus.Canceled or SubscriptionStatus.Expired,
        SubscriptionStatus.Active => to is SubscriptionStatus.Canceled or SubscriptionStatus.Expired,
        SubscriptionStatus.Canceled or SubscriptionStatus.Expired => false,
        _ => throw new ArgumentOutOfRangeException(nameof(from), from, "Not a subscription status."),
    };

    /// <summary>Null while the subscription may still change; ended ones never do.</summary>
    public static Refusal? CheckNotEnded(Subscription subscription) => subscription.IsEnded
        ? new Refusal(ErrorCode.SubscriptionAlreadyCanceledOrExpired,
            $"Subscription '{subscription.Id}' is {Word(subscription.Status)} and cannot change any more; "
            + "provision a new subscription instead.")
        : null;

    /// <summary>Ends the subscription at <paramref name="at"/> as CANCELED.</summary>
    public static Subscription Cancel(Subscription subscription, Instant at, CancelReason reason) =>
        Move(subscription, SubscriptionStatus.Canceled, at) with { CancellationDate = at, CancelReason = reason };

    /// <summary>Ends a trial, or a subscription with a fixed end, by its own date.</summary>
    public static Subscription Expire(Subscription subscription, Instant at, CancelReason reason) =>
        Move(subscription, SubscriptionStatus.Expired, at) with { CancelReason = reason };

    /// <summary>
    /// Makes the subscription ACTIVE; the billing cycle, if the plan has one, counts from <paramref name="anchor"/>
    /// and the
    /// period shown is the one that contains <paramref name="at"/>.
    /// </summary>
    public static Subscription Activate(Subscription subscription, Instant at, Instant anchor) =>
        WithCycle(Move(subscription, SubscriptionStatus.Active, at), anchor, at);

    /// <summary>Starts a trial: its whole length is shown as the current period and nothing is billed.</summary>
    public static Subscription BeginTrial(Subscription subscription, Instant at) =>
        WithTrialPeriod(Move(subscription, SubscriptionStatus.InTrial, at));

    /// <summary>Restarts (or starts) the billing cycle at <paramref name="anchor"/>, as seen at
    /// <paramref name="at"/>.</summary>
    public static Subscription WithCycle(Subscription subscription, Instant anchor, Instant at)
    {
        if (subscription.BillingPeriod is not { } period)
            return WithoutCycle(subscription);
        var current = BillingPeriods.Containing(anchor, period, at);
        return subscription with
        {
            BillingCycleAnchor = anchor,
            CurrentBillingPeriodStart = current.Start,
            CurrentBillingPeriodEnd = current.End,
            MonthEndsSoonSentFor = BillingPeriods.MonthContaining(anchor, at).Start,
        };
    }

    /// <summary>Shows <c>[startDate, trialEndDate)</c> as the current period of a trial (spec subscriptions 3.1); one
    /// without an end is a period without one.</summary>
    public static Subscription WithTrialPeriod(Subscription subscription) => subscription.BillingPeriod is null
        ? WithoutCycle(subscription)
        : subscription with
        {
            BillingCycleAnchor = null,
            CurrentBillingPeriodStart = subscription.StartDate,
            CurrentBillingPeriodEnd = subscription.TrialEndDate,
            MonthEndsSoonSentFor = null,
        };

    /// <summary>
    /// The earliest of the cancellation, the fixed end and, for a trial that ends by cancellation, the trial's end;
    /// null when
    /// the subscription goes on for ever (spec subscriptions 3.1).
    /// </summary>
    public static Instant? EffectiveEnd(Subscription subscription)
    {
        var trialEnd = subscription.TrialEndBehavior == TrialEndBehavior.ConvertToPaid ? null
            : subscription.TrialEndDate;
        if (subscription.Status is SubscriptionStatus.Active)
            trialEnd = null;
        return Earliest(Earliest(subscription.CancellationDate, subscription.EndDate), trialEnd);
    }

    private static Instant? Earliest(Instant? a, Instant? b) => (a, b) switch
    {
        (null, _) => b,
        (_, null) => a,
        ({ } x, { } y) => Instant.Min(x, y),
    };

    private static Subscription WithoutCycle(Subscription subscription) => subscription with
    {
        BillingCycleAnchor = null,
        CurrentBillingPeriodStart = null,
        CurrentBillingPeriodEnd = null,
        MonthEndsSoonSentFor = null,
    };

    private static Subscription Move(Subscription subscription, SubscriptionStatus to, Instant at) =>
        Allows(subscription.Status, to)
            ? subscription with
            {
                Status = to,
                UpdatedAt = at,
                // What ends changes no more.
                FutureUpdates = to is SubscriptionStatus.Canceled or SubscriptionStatus.Expired
                    ? FutureUpdates.Close(subscription.FutureUpdates, _ => true, ScheduleStatus.Canceled, at)
                    : subscription.FutureUpdates,
            }
            : throw new ArgumentException(
                $"Subscription '{subscription.Id}' cannot go from {Word(subscription.Status)} to {Word(to)}.",
                nameof(subscription));

    /// <summary>The status as it is spelled on the wire.</summary>
    internal static string Word(SubscriptionStatus status) => status switch
    {
        SubscriptionStatus.PaymentPending => "PAYMENT_PENDING",
        SubscriptionStatus.Active => "ACTIVE",
        SubscriptionStatus.Expired => "EXPIRED",
        SubscriptionStatus.InTrial => "IN_TRIAL",
        SubscriptionStatus.Canceled => "CANCELED",
        SubscriptionStatus.NotStarted => "NOT_STARTED",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "Not a subscription status."),
    };
}
