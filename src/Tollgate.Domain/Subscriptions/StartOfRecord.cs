using NodaTime;
using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Subscriptions;

/// <summary>What happens when a record goes live, at once or on its start date (spec subscriptions 5.6).</summary>
internal static class StartOfRecord
{
    /// <summary>
    /// Ends the records of the scope that the starting one replaces, and answers the one it follows: a trial ends the
    /// trial before
    /// it; a plan ends the plan before it and, unless it is free, the trial too.
    /// </summary>
    public static Subscription? Displace(
        DecisionDraft draft, Subscription starting, bool isTrial, IReadOnlyList<Subscription> scope)
    {
        var trial = scope.FirstOrDefault(s => s.Status == SubscriptionStatus.InTrial && s.Uid != starting.Uid);
        var main = scope.FirstOrDefault(s => s.Status == SubscriptionStatus.Active && s.Uid != starting.Uid);
        if (isTrial)
        {
            if (trial is not null)
                draft.Canceled(trial, CancelReason.UpgradeOrDowngrade);
            return trial;
        }

        var ousted = starting.PricingType == PricingType.Free ? null : trial;
        if (ousted is not null)
            draft.Replaced(ousted, CancelReason.TrialConverted);
        if (main is not null)
            draft.Canceled(main, CancelReason.UpgradeOrDowngrade);
        return main ?? ousted;
    }

    /// <summary>The record live from its start date, with its cycle and its usage windows.</summary>
    public static Subscription Begin(
        DecisionDraft draft, Subscription record, bool isTrial, Subscription? predecessor, Product product, Instant at)
    {
        var live = isTrial
            ? SubscriptionLifecycle.BeginTrial(record, at)
            : SubscriptionLifecycle.Activate(record, at, anchor: record.StartDate);
        if (predecessor is null)
            return live with { UsageAnchor = record.StartDate };
        var (after, cutoff) = Transition.Apply(product, predecessor, live, at);
        draft.CutOff(cutoff);
        return after;
    }
}
