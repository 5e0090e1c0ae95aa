using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Subscriptions;

/// <summary>
/// What a decision asks of the billing provider of its payer (spec subscriptions 5.3 and 6.3). Only what is asked for
/// is judged: what time alone does was accepted before.
/// </summary>
public static class ProviderLimits
{
    /// <summary>
    /// Whether the subscription is one of those a provider may allow a number of: active, paid, billed.
    /// </summary>
    public static bool IsCounted(Subscription subscription) =>
        IsBilled(subscription) && subscription.Status == SubscriptionStatus.Active;

    /// <summary>
    /// By how many the decision raises the counted subscriptions of each payer; those it does not raise are left out.
    /// What starts later, or after a trial, counts as soon as somebody asks for it.
    /// </summary>
    public static IReadOnlyDictionary<CustomerId, int> Gains(SubscriptionDecision decision)
    {
        var gains = new Dictionary<CustomerId, int>();
        foreach (var (before, after, _) in decision.Changes)
        {
            if (before is not null && IsCounted(before))
                Add(PayerOf(before), -1);
            var begins = before is null || PayerOf(before) != PayerOf(after) || !IsBilled(before);
            if (IsCounted(after) || (begins && IsBilled(after)))
                Add(PayerOf(after), 1);
        }

        return gains.Where(gain => gain.Value > 0).ToDictionary();

        void Add(CustomerId payer, int count) => gains[payer] = gains.GetValueOrDefault(payer) + count;
    }

    /// <summary>Null unless the payer would have more than its provider takes.</summary>
    public static Refusal? CheckCount(CustomerId payer, int active, int gain, int most, string vendor) =>
        active + gain > most
        ? new(ErrorCode.TooManySubscriptionsPerCustomer,
            $"Customer '{payer}' pays for {active} active paid subscriptions, and '{vendor}' takes {most} a customer; "
            + "end some of them, or let another customer pay.")
        : null;

    /// <summary>Null unless the decision makes a downgrade to another billing period wait.</summary>
    public static Refusal? CheckSchedule(SubscriptionDecision decision, string vendor)
    {
        foreach (var (before, after, _) in decision.Changes)
        {
            var known = (before?.FutureUpdates ?? []).Where(u => u.IsScheduled).ToList();
            var added = after.FutureUpdates.FirstOrDefault(u =>
                u.IsScheduled && PeriodAfter(after, u) is not null && !known.Exists(k => FutureUpdates.Same(k, u)));
            if (added is null)
                continue;
            return new(ErrorCode.DowngradeBillingPeriodNotSupportedError,
                $"Subscription '{after.Id}' is billed {Symbol(after.BillingPeriod!.Value)}, and '{vendor}' cannot let "
                + $"a downgrade to {Symbol(PeriodAfter(after, added)!.Value)} wait for {added.ExecuteAt}; "
                + "send scheduleStrategy IMMEDIATE, or keep the billing period.");
        }

        return null;
    }

    public static CustomerId PayerOf(Subscription subscription) =>
        subscription.PayingCustomerId ?? subscription.CustomerId;

    /// <summary>It is, or will be, made at a provider.</summary>
    public static bool IsBilled(Subscription subscription) => subscription is
    {
        IsEnded: false,
        PricingType: PricingType.Paid,
        PaymentCollectionMethod: not PaymentCollectionMethod.None,
    };

    /// <summary>The other billing period that a downgrade leads to; null of everything else.</summary>
    private static BillingPeriod? PeriodAfter(Subscription subscription, FutureUpdate update) =>
        (update.Type, subscription.BillingPeriod, update.Plan?.BillingPeriod ?? update.BillingPeriod) switch
        {
            (ScheduleType.Downgrade, { } from, { } to) when from != to => to,
            (ScheduleType.BillingPeriod, BillingPeriod.Annually, BillingPeriod.Monthly) => BillingPeriod.Monthly,
            _ => null,
        };

    private static string Symbol(BillingPeriod period) => period.ToString().ToUpperInvariant();
}
