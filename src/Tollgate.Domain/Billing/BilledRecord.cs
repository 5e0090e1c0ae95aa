using NodaTime;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>A paid subscription in one state, with what it is charged for.</summary>
public sealed record BilledRecord(Subscription Subscription, BilledContent Content)
{
    /// <summary>What overage is counted against; a feature without an entry has no overage.</summary>
    public IReadOnlyDictionary<FeatureId, UsageTerms> Terms { get; init; } = new Dictionary<FeatureId, UsageTerms>();

    /// <summary>The running period.</summary>
    public BillingWindow Period => new(
        Subscription.CurrentBillingPeriodStart!.Value, Subscription.CurrentBillingPeriodEnd!.Value);

    /// <summary>
    /// The whole period that the running one is, or is the last part of, as its anchor counts: what its prices are for.
    /// </summary>
    public BillingWindow WholePeriod => BillingPeriods.Containing(
        Subscription.BillingCycleAnchor!.Value, Content.Period, Period.Start);

    /// <summary>It began within a period shared with others (<see cref="BillingAnchors"/>).</summary>
    internal bool BeganWithin => Period.Start > WholePeriod.Start;

    /// <summary>Anything it holds is charged by usage, of credits beyond what was granted too.</summary>
    internal bool ChargesUsage =>
        BilledCharge.CreditOverage(Content).Any()
        || BilledCharge.Packages(Content).Any(package =>
            BilledCharge.PayAsYouGo(Content, package).Any() || BilledCharge.Overage(Content, package).Any());

    internal ContentSpan Span(Instant from, Instant until) => new(from, until, Content)
    {
        Terms = Terms,
        UsageAnchor = Subscription.UsageAnchor,
    };
}

/// <summary>A subscription's content until an instant, with its prices.</summary>
public sealed record PastRecord(Instant Until, BilledRecord Record);
