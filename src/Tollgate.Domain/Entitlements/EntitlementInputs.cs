using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Entitlements;

/// <summary>Everything the effective entitlements of one scope follow from (spec entitlements-and-usage 2).</summary>
public sealed record EntitlementInputs
{
    /// <summary>
    /// The scope asked: null = the customer as a whole, otherwise one resource and the global subscriptions.
    /// </summary>
    public ResourceId? ResourceId { get; init; }

    /// <summary>
    /// The customer's subscriptions as they are at <see cref="Now"/>, in any order; those outside the scope or without
    /// access are sorted out by the rules, so passing all of them is right. NOT_STARTED ones tell when entitlements
    /// will change.
    /// </summary>
    public IReadOnlyList<SubscriptionContent> Subscriptions { get; init; } = [];

    /// <summary>The customer's promotional grants, ended ones included or not.</summary>
    public IReadOnlyList<PromotionalGrant> Promotions { get; init; } = [];

    /// <summary>
    /// The environment's features, archived ones included; rows of features that are not here are skipped.
    /// </summary>
    public required IReadOnlyDictionary<FeatureId, Feature> Features { get; init; }
    public required Instant Now { get; init; }
}

/// <summary>A subscription with the package versions it draws its entitlements from.</summary>
public sealed record SubscriptionContent
{
    public required Subscription Subscription { get; init; }

    /// <summary>The plan version whose entitlements apply (<see cref="Subscription.PlanVersion"/>).</summary>
    public required PackageVersion Plan { get; init; }

    /// <summary>The plans <see cref="Plan"/> inherits from, the nearest first.</summary>
    public IReadOnlyList<PackageVersion> BasePlans { get; init; } = [];

    /// <summary>
    /// The plan version whose charges apply (<see cref="Subscription.PriceVersion"/>); null = <see cref="Plan"/>.
    /// </summary>
    public PackageVersion? PriceVersion { get; init; }
    public IReadOnlyList<HeldAddon> Addons { get; init; } = [];

    public PackageVersion Prices => PriceVersion ?? Plan;
}

/// <summary>An add-on version on a subscription, <paramref name="Quantity"/> times.</summary>
public sealed record HeldAddon(PackageVersion Addon, int Quantity)
{
    /// <summary>The version whose charges apply; null = <see cref="Addon"/>.</summary>
    public PackageVersion? PriceVersion { get; init; }

    public PackageVersion Prices => PriceVersion ?? Addon;
}
