using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Subscriptions;

/// <summary>A request to end a subscription (spec subscriptions 9.1); null = the product's default, or not
/// given.</summary>
public sealed record CancelRequest
{
    public CancellationTime? Time { get; init; }

    /// <summary>Only with SPECIFIC_DATE.</summary>
    public Instant? EndDate { get; init; }
    public CancellationAction? Action { get; init; }

    /// <summary>
    /// Whether the unused time is credited; null = as the product says for an end at once, not for one that is planned.
    /// </summary>
    public bool? Prorate { get; init; }
}

/// <param name="Subscription">The subscription to end.</param>
/// <param name="Journey">Its product: default time and what follows the end.</param>
/// <param name="Scope">All records of its scope that have not ended, itself included.</param>
public sealed record CancelFacts(Subscription Subscription, JourneyFacts Journey, IReadOnlyList<Subscription> Scope);

/// <summary>Ends a subscription now or plans its end; a newer request replaces a pending one (spec subscriptions
/// 9).</summary>
public static class CancelSubscription
{
    public static Result<SubscriptionDecision> Decide(CancelRequest request, CancelFacts facts, Instant now,
        IdSource ids)
    {
        var before = facts.Subscription;
        if (SubscriptionLifecycle.CheckNotEnded(before) is { } ended)
            return ended;
        var time = request.Time ?? facts.Journey.Product.Settings.CancellationTime;
        if (request.EndDate is not null && time != CancellationTime.SpecificDate)
        {
            return new Refusal(ErrorCode.InvalidArgumentError,
                $"endDate belongs to the cancellation time SPECIFIC_DATE, not to {Word(time)}; "
                + "remove it or change the time.");
        }

        if (!EndOf(time, request, before, now).TryGet(out var end, out var refusal))
            return refusal;
        var draft = new DecisionDraft(facts.Journey, now);
        var asked = before with { CancellationAction = request.Action ?? CancellationAction.Default };
        if (end.At is not { } at)
        {
            draft.Canceled(asked, CancelReason.Immediate);
            if (before.IsLive)
                draft.EndJourney(asked, facts.Scope, ids);
            return draft.Decide(before);
        }

        var planned = asked with
        {
            CancellationDate = at,
            ProratedEnd = request.Prorate == true ? at : null,
            FutureUpdates = FutureUpdates.Drop(before.FutureUpdates, now),
            // A date after the trial's end extends the trial to it.
            TrialEndDate = before.Status == SubscriptionStatus.InTrial && at > before.TrialEndDate
                ? at
                : before.TrialEndDate,
        };
        if (planned.TrialEndDate != before.TrialEndDate)
            planned = planned with { TrialEndSetAt = now };
        if (before.Status == SubscriptionStatus.InTrial)
            planned = SubscriptionLifecycle.WithTrialPeriod(planned);
        if (!SubscriptionEquality.Same(before, planned))
            draft.Updated(before, planned with { UpdatedAt = now });
        return draft.Decide(before);
    }

    /// <summary>Every record of an archived customer ends at once, with no plan after it (spec subscriptions
    /// 2.5).</summary>
    public static IReadOnlyList<SubscriptionDecision> ForArchivedCustomer(
        IEnumerable<(Subscription Subscription, JourneyFacts Journey)> notEnded, Instant now) =>
        [.. notEnded.Select(held =>
        {
            var draft = new DecisionDraft(held.Journey, now);
            draft.Canceled(held.Subscription, CancelReason.CustomerArchived);
            return draft.Decide(held.Subscription);
        })];

    /// <summary>When the subscription ends; null = now.</summary>
    private readonly record struct End(Instant? At);

    private static Result<End> EndOf(CancellationTime time, CancelRequest request, Subscription subscription,
        Instant now)
    {
        switch (time)
        {
            case CancellationTime.Immediate:
                return new End(null);
            case CancellationTime.SpecificDate:
                return request.EndDate is { } date && date > now
                    ? new End(date)
                    : new Refusal(ErrorCode.InvalidCancellationDate, request.EndDate is null
                        ? "The cancellation time SPECIFIC_DATE needs an endDate in the future."
                        : $"The endDate {request.EndDate} is not in the future; give a later one or cancel IMMEDIATE.");
            case CancellationTime.EndOfBillingPeriod:
                if (PeriodEnd(subscription) is { } end)
                    return new End(end);
                if (request.Time is null)
                    return new End(null);
                return IsTrialWithoutEnd(subscription)
                    ? new Refusal(ErrorCode.TrialMustBeCancelledImmediately,
                        $"The trial of subscription '{subscription.Id}' has no end to wait for; "
                        + "cancel IMMEDIATE or at a SPECIFIC_DATE.")
                    : new Refusal(ErrorCode.SubscriptionDoesNotHaveBillingPeriod,
                        $"Subscription '{subscription.Id}' has no billing period to end with; cancel IMMEDIATE or at a "
                        + "SPECIFIC_DATE.");
            default:
                throw new ArgumentOutOfRangeException(nameof(time), time, "Not a cancellation time.");
        }
    }

    private static bool IsTrialWithoutEnd(Subscription subscription) => subscription is
    {
        Status: SubscriptionStatus.InTrial or SubscriptionStatus.NotStarted, StartsAsTrial: true, TrialEndDate: null,
    };

    private static Instant? PeriodEnd(Subscription subscription) => subscription.Status switch
    {
        SubscriptionStatus.InTrial => subscription.TrialEndDate,
        SubscriptionStatus.NotStarted =>
            subscription.TrialEndDate ?? (subscription is { StartsAsTrial: false, BillingPeriod: { } period }
            ? BillingPeriods.Nth(subscription.StartDate, period, 0).End
            : null),
        SubscriptionStatus.Active or SubscriptionStatus.PaymentPending or SubscriptionStatus.Canceled
            or SubscriptionStatus.Expired => subscription.CurrentBillingPeriodEnd,
        _ => throw new ArgumentOutOfRangeException(nameof(subscription), subscription.Status, "Not a status."),
    };

    private static string Word(CancellationTime time) => time switch
    {
        CancellationTime.Immediate => "IMMEDIATE",
        CancellationTime.EndOfBillingPeriod => "END_OF_BILLING_PERIOD",
        CancellationTime.SpecificDate => "SPECIFIC_DATE",
        _ => throw new ArgumentOutOfRangeException(nameof(time), time, "Not a cancellation time."),
    };
}
