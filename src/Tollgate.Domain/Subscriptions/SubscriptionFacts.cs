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

    /// <summary>The same of credits; the nearest definition of a currency wins outright.</summary>
    public IReadOnlyList<PackageCreditEntitlement> CreditEntitlements =>
        [.. Bases.Prepend(Version).SelectMany(v => v.CreditEntitlements).DistinctBy(e => e.CurrencyId)];

    public bool InheritsFrom(PackageId plan) => Bases.Any(b => b.Id == plan);
}

/// <summary>
/// A subscription that has not ended, with the version whose entitlements it has (<paramref name="Plan"/>, version
/// <see cref="Subscription.PlanVersion"/>) and the one whose charges it has (<paramref name="Prices"/>, version
/// <see cref="Subscription.PriceVersion"/>).
/// </summary>
public sealed record HeldSubscription(Subscription Subscription, PlanFacts Plan, PackageVersion Prices)
{
    /// <summary>The versions of each add-on in <see cref="Subscription.Addons"/>.</summary>
    public IReadOnlyDictionary<PackageId, AddonVersions> Addons { get; init; } =
        new Dictionary<PackageId, AddonVersions>();
}

/// <summary>The customer journey of a product: its settings and, when it downgrades to free, that plan's latest
/// version.</summary>
/// <param name="Product">The product.</param>
/// <param name="DowngradePlan">The latest version of the downgrade plan; null when there is none or it is not
/// published.</param>
public sealed record JourneyFacts(Product Product, PackageVersion? DowngradePlan)
{
    /// <summary>
    /// The customer's subscriptions that the product's auto-cancellation rules name as targets and that have not ended.
    /// </summary>
    public IReadOnlyList<LinkedSubscription> Linked { get; init; } = [];
}

/// <summary>A subscription that ends with another one (spec catalog 3.3).</summary>
/// <param name="SourcePlanId">Ending a subscription to this plan ends it.</param>
/// <param name="Subscription">As stored.</param>
/// <param name="Journey">Its product: what follows its end.</param>
/// <param name="Scope">All records of its scope that have not ended, itself included.</param>
public sealed record LinkedSubscription(
    PackageId SourcePlanId, Subscription Subscription, JourneyFacts Journey, IReadOnlyList<Subscription> Scope);

/// <summary>
/// Usage of resettable features in this scope starts again at <paramref name="At"/>: the caller writes the reset marker
/// (spec subscriptions 6.6).
/// </summary>
public sealed record UsageCutoffMark(CustomerId CustomerId, ProductId ProductId, ResourceId? ResourceId, Instant At);

/// <summary>
/// What a subscription rule decided. <see cref="Changes"/> holds every new or changed record, ended ones first;
/// nothing in it means that nothing changed and nothing is logged.
/// </summary>
public sealed record SubscriptionDecision(Subscription Subject)
{
    public IReadOnlyList<SubscriptionChange> Changes { get; init; } = [];

    /// <summary>The records of <see cref="Changes"/> in their final state.</summary>
    public IReadOnlyList<Subscription> Changed => [.. Changes.Select(change => change.After)];
    public IReadOnlyList<DomainEvent> Events { get; init; } = [];
    public IReadOnlyList<UsageCutoffMark> UsageCutoffs { get; init; } = [];

    /// <summary>To append to <see cref="Customer.Trials"/>: eligibility counts them.</summary>
    public IReadOnlyList<TrialRecord> TrialsStarted { get; init; } = [];
    public PlanDirection Direction { get; init; }
    public bool IsNoChange => Changes.Count == 0;

    /// <summary>True when the subject starts later, or is to change its plan later.</summary>
    public bool IsScheduled => PlanWaits || Subject.Status == SubscriptionStatus.NotStarted;

    /// <summary>The change of plan that was asked for waits on the subject.</summary>
    public bool PlanWaits { get; init; }

    /// <summary>The same decision with its records in these states, in the events too.</summary>
    public SubscriptionDecision With(IEnumerable<Subscription> records)
    {
        var states = records.ToDictionary(record => record.Uid);
        return this with
        {
            Subject = states.GetValueOrDefault(Subject.Uid, Subject),
            Changes = [.. Changes.Select(c => c with { After = states.GetValueOrDefault(c.After.Uid, c.After) })],
            Events = [.. Events.Select(e => e.After is Subscription after
                ? e with { After = states.GetValueOrDefault(after.Uid, after) }
                : e)],
        };
    }

    /// <summary>The scope's records that have not ended, after the decision.</summary>
    public IReadOnlyList<Subscription> Apply(IEnumerable<Subscription> scope)
    {
        var changed = Changed.ToDictionary(s => s.Uid);
        var all = scope.Select(s => changed.Remove(s.Uid, out var after) ? after : s).ToList();
        return [.. all.Concat(changed.Values).Where(s => !s.IsEnded)];
    }
}

/// <summary>One record before and after a decision, and what happened to it: what billing goes by.</summary>
/// <param name="Before">As stored; null for a new record.</param>
/// <param name="After">Its final state.</param>
/// <param name="Reason">What happened. Why a record ended is in <see cref="Subscription.CancelReason"/>.</param>
public sealed record SubscriptionChange(Subscription? Before, Subscription After, ChangeReason Reason);

public enum ChangeReason
{
    /// <summary>A new record, live at once or waiting for its start.</summary>
    Created,

    /// <summary>A record that waited goes live.</summary>
    Started,

    /// <summary>Content, dates or texts of a record that stays on its plan.</summary>
    Updated,

    /// <summary>The record is on another plan.</summary>
    PlanChanged,

    /// <summary>The record is on a newer version of its plan or add-ons.</summary>
    Migrated,

    /// <summary>A trial is ACTIVE.</summary>
    Converted,

    /// <summary>A billing period ended and the next one began.</summary>
    Renewed,
    Canceled,
    Expired,

    /// <summary>Only a note that a notice was sent.</summary>
    Noticed,

    /// <summary>The record waited for a payment that came: it is billed already.</summary>
    PaymentSettled,

    /// <summary>A cycle of its credits ended: the next one is granted.</summary>
    CreditsDue,

    /// <summary>What its payments say; what it holds stays.</summary>
    PaymentNoted,

    /// <summary>Usage until now is charged: a billing month of a longer term ended, or a call asked for it.</summary>
    UsageCharged,
}

/// <summary>Whether a change of plan goes up, down or neither (spec subscriptions 6.2).</summary>
public enum PlanDirection
{
    None,
    Upgrade,
    Downgrade,
}
