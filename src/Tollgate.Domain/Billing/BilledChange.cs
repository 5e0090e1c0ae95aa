using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>One record before and after a decision, with what billing has to know about it.</summary>
public sealed record BilledChange(SubscriptionChange Change)
{
    /// <summary>Null when it was not charged before.</summary>
    public BilledRecord? Before { get; init; }

    /// <summary>Null when it is not charged from now on.</summary>
    public BilledRecord? After { get; init; }

    /// <summary><see cref="Subscription.PastContents"/> of the record before, with their prices.</summary>
    public IReadOnlyList<PastRecord> Past { get; init; } = [];

    /// <summary>The coupons after the change (<see cref="Discounts.InForce"/>).</summary>
    public IReadOnlyList<DiscountTerms> Discounts { get; init; } = [];

    /// <summary>Whether the product gives back the unused time of what is canceled at once.</summary>
    public bool ProductProrates { get; init; } = true;

    /// <summary>Whether the product charges added units of a month at its end (spec subscriptions 6.5).</summary>
    public bool ProductTruesUp { get; init; }

    /// <summary>Answers to <see cref="BillDecision.Needs"/>.</summary>
    public IReadOnlyDictionary<UsageNeed, MeasuredUsage> Measured { get; init; } =
        new Dictionary<UsageNeed, MeasuredUsage>();

    /// <summary>Answers to <see cref="BillDecision.CreditNeeds"/>.</summary>
    public IReadOnlyDictionary<CreditNeed, MeasuredDeficit> Overdrawn { get; init; } =
        new Dictionary<CreditNeed, MeasuredDeficit>();

    public BillingStep Step => StepOf(Change);

    /// <summary>Who pays from now on, or paid until now.</summary>
    public CustomerId Payer => Change.After.PayingCustomerId ?? Change.After.CustomerId;

    public string Currency => (After ?? Before)!.Content.Currency;

    /// <summary>What the change is to billing; <see cref="BillingStep.None"/> needs no facts.</summary>
    public static BillingStep StepOf(SubscriptionChange change)
    {
        var (before, after) = (change.Before, change.After);
        var (was, now) = (before is not null && IsCharged(before), IsCharged(after));
        // What is settled was billed when it was asked for.
        if (change.Reason is ChangeReason.Noticed or ChangeReason.PaymentNoted or ChangeReason.PaymentSettled
                or ChangeReason.CreditsDue
            || (!was && !now))
        {
            return BillingStep.None;
        }

        if (!was)
            return BillingStep.Start;
        if (!now)
            return BillingStep.End;
        if (change.Reason == ChangeReason.UsageCharged)
            return BillingStep.Usage;
        if (before!.BillingCycleAnchor != after.BillingCycleAnchor || before.BillingPeriod != after.BillingPeriod)
            return BillingStep.Restart;
        if (before.CurrentBillingPeriodStart != after.CurrentBillingPeriodStart)
            return BillingStep.Renewal;
        return PastContent.Of(before, default).IsOf(after) ? BillingStep.None : BillingStep.Change;
    }

    /// <summary>A record with a price and a running period.</summary>
    private static bool IsCharged(Subscription subscription) => subscription is
    {
        Status: SubscriptionStatus.Active, PricingType: PricingType.Paid, BillingCycleAnchor: not null,
    };

    /// <summary>The contents since the start of the term, the last one until <paramref name="at"/>.</summary>
    internal IReadOnlyList<ContentSpan> SpansUntil(Instant at) => SpansOf(Before!, Past, at);

    /// <summary>The same of a record and what it held before.</summary>
    internal static IReadOnlyList<ContentSpan> SpansOf(BilledRecord record, IReadOnlyList<PastRecord> pasts, Instant at)
    {
        var spans = new List<ContentSpan>();
        var from = record.Period.Start;
        foreach (var past in pasts)
        {
            spans.Add(past.Record.Span(from, past.Until) with
            {
                Scope = UsageScope.Beside(past.Record.Subscription, record.Subscription),
            });
            from = past.Until;
        }

        spans.Add(record.Span(from, at));
        return spans;
    }
}

/// <summary>What happened to a record, as billing sees it.</summary>
public enum BillingStep
{
    /// <summary>Nothing to bill: not paid, or only a note.</summary>
    None,

    /// <summary>A paid period begins where none ran.</summary>
    Start,

    /// <summary>The content changes within the running period. A coupon that comes or goes alone is none.</summary>
    Change,

    /// <summary>The running period is cut short and a new one begins at once.</summary>
    Restart,

    /// <summary>A period ended and the next one began.</summary>
    Renewal,

    /// <summary>Usage is billed and nothing else changes: the end of a billing month, or a call.</summary>
    Usage,

    /// <summary>The record ended, or is no longer paid for.</summary>
    End,
}
