using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Customers;
using Tollgate.Domain.EventLog;

namespace Tollgate.Domain.Subscriptions;

/// <summary>Where new identities come from; rules never invent them.</summary>
public sealed record IdSource(Func<Guid> NextUid, Func<PackageId, SubscriptionId> NextSubscriptionId);

/// <summary>A plan version with the versions it inherits from, nearest first (spec catalog 5.3).</summary>
public sealed record PlanFacts(PackageVersion Version, IReadOnlyList<PackageVersion> Bases)
{
    /// <summary>Own and inherited entitlements; the nearest definition of a feature wins outright.</summary>
    public IReadOnlyList<PackageEntitlement> Entitlements =>
        [.. Bases.Prepend(Version).SelectMany(v => v.Entitlements).DistinctBy(e => e.FeatureId)];

    public bool InheritsFrom(PackageId plan) => Bases.Any(b => b.Id == plan);
}

/// <summary>
/// A subscription that has not ended, with the version whose entitlements it has (<paramref name="Plan"/>, version
/// <see cref="Subscription.PlanVersion"/>) and the one whose charges it has (<paramref name="Prices"/>, version
/// <see cref="Subscription.PriceVersion"/>).
/// </summary>
public sealed record HeldSubscription(Subscription Subscription, PlanFacts Plan, PackageVersion Prices);

/// <summary>The customer journey of a product: its settings and, when it downgrades to free, that plan's latest
/// version.</summary>
/// <param name="Product">The product.</param>
/// <param name="DowngradePlan">The latest version of the downgrade plan; null when there is none or it is not
/// published.</param>
public sealed record JourneyFacts(Product Product, PackageVersion? DowngradePlan);

/// <summary>
/// Usage of resettable features in this scope starts again at <paramref name="At"/>: the caller writes the reset marker
/// (spec subscriptions 6.6).
/// </summary>
public sealed record UsageCutoffMark(CustomerId CustomerId, ProductId ProductId, ResourceId? ResourceId, Instant At);

/// <summary>
/// What a subscription rule decided. <see cref="Changed"/> holds every new or changed record in its final state, ended
/// ones first;
/// nothing in it means that nothing changed and nothing is logged.
/// </summary>
public sealed record SubscriptionDecision(Subscription Subject)
{
    public IReadOnlyList<Subscription> Changed { get; init; } = [];
    public IReadOnlyList<DomainEvent> Events { get; init; } = [];
    public IReadOnlyList<UsageCutoffMark> UsageCutoffs { get; init; } = [];

    /// <summary>To append to <see cref="Customer.Trials"/>: eligibility counts them.</summary>
    public IReadOnlyList<TrialRecord> TrialsStarted { get; init; } = [];
    public PlanDirection Direction { get; init; }
    public bool IsNoChange => Changed.Count == 0;

    /// <summary>True when the subject starts later.</summary>
    public bool IsScheduled => Subject.Status == SubscriptionStatus.NotStarted;

    /// <summary>The scope's records that have not ended, after the decision.</summary>
    public IReadOnlyList<Subscription> Apply(IEnumerable<Subscription> scope)
    {
        var changed = Changed.ToDictionary(s => s.Uid);
        var all = scope.Select(s => changed.Remove(s.Uid, out var after) ? after : s).ToList();
        return [.. all.Concat(changed.Values).Where(s => !s.IsEnded)];
    }
}

/// <summary>Whether a change of plan goes up, down or neither (spec subscriptions 6.2).</summary>
public enum PlanDirection
{
    None,
    Upgrade,
    Downgrade,
}
