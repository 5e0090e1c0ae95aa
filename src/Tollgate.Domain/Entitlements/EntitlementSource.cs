using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Entitlements;

/// <summary>
/// One subscription or one promotion with what it alone gives of a feature. Values of different sources are never
/// added; the most generous one wins as a whole (spec entitlements-and-usage 2.3).
/// </summary>
public sealed record EntitlementSource
{
    public required EntitlementSourceKind Kind { get; init; }

    /// <summary>The subscription's or the promotion's unique id.</summary>
    public required Guid Uid { get; init; }
    public SubscriptionId? SubscriptionId { get; init; }

    /// <summary>The resource the subscription belongs to; null = global.</summary>
    public ResourceId? ResourceId { get; init; }
    public ProductId? ProductId { get; init; }
    public PackageId? PlanId { get; init; }
    public int? PlanVersion { get; init; }
    public SubscriptionStatus? Status { get; init; }

    /// <summary>The add-ons of the subscription that took part in the value.</summary>
    public IReadOnlyList<PackageId> AddonIds { get; init; } = [];

    /// <summary>When the subscription or the promotion started.</summary>
    public required Instant StartDate { get; init; }

    /// <summary>What the usage windows of this source are counted from, not truncated.</summary>
    public required Instant Anchor { get; init; }

    /// <summary>Null = nothing is granted, see <see cref="IsRevoked"/>.</summary>
    public EntitlementValue? Value { get; init; }

    /// <summary>Nothing is granted because the plan or an add-on revokes the feature (spec 2.2 step 9).</summary>
    public bool IsRevoked { get; init; }

    /// <summary>The plan prices the feature by usage: an exhausted hard budget denies it.</summary>
    public bool IsPayAsYouGo { get; init; }

    /// <summary>What one unit costs in credits when the plan maps the feature to a currency; null otherwise.</summary>
    public CreditRate? CreditRate { get; init; }

    /// <summary>How the value arose, in the order of the rules.</summary>
    public IReadOnlyList<EntitlementContribution> Contributions { get; init; } = [];

    /// <summary>Where the feature stands among the source's rows; features are listed in this order.</summary>
    internal EntitlementOrder Order { get; init; }

    /// <summary>When this source changes by itself.</summary>
    internal IReadOnlyList<EntitlementChange> Changes { get; init; } = [];
}

public enum EntitlementSourceKind
{
    Subscription,
    Promotion,
}

/// <summary>
/// Plan rows first, then add-on rows, then promotions; inside each the row's own order, else its position.
/// </summary>
internal readonly record struct EntitlementOrder(int Group, decimal Position) : IComparable<EntitlementOrder>
{
    public int CompareTo(EntitlementOrder other)
    {
        var byGroup = Group.CompareTo(other.Group);
        return byGroup != 0 ? byGroup : Position.CompareTo(other.Position);
    }
}

/// <summary>One term of a source's value: a plan row, a charge, an override, an add-on row or a promotion.</summary>
public sealed record EntitlementContribution
{
    public required ContributionKind Kind { get; init; }

    /// <summary>The plan or add-on; null for overrides and promotions.</summary>
    public PackageId? PackageId { get; init; }
    public int? Version { get; init; }

    /// <summary>How many times the add-on is held; 1 for everything else.</summary>
    public int Quantity { get; init; } = 1;

    /// <summary>Whether an add-on adds to the plan's value or replaces it.</summary>
    public EntitlementBehavior Behavior { get; init; }

    /// <summary>The value of ONE instance; for an override the value after merging. Null = it grants nothing.</summary>
    public EntitlementValue? Value { get; init; }
    public required ContributionEffect Effect { get; init; }
}

public enum ContributionKind
{
    Plan,
    BasePlan,
    Charge,
    Overage,
    Override,
    Addon,
    Promotion,
}

public enum ContributionEffect
{
    /// <summary>The result is made of it.</summary>
    Counted,

    /// <summary>An Override add-on replaced it.</summary>
    Replaced,

    /// <summary>An add-on that revokes the feature removed it.</summary>
    Removed,

    /// <summary>It revokes the feature.</summary>
    Revokes,

    /// <summary>Its value is to be supplied per subscription and was not (spec 2.2 step 8).</summary>
    MissingValue,
}

/// <summary>A future instant at which an entitlement may change without anybody's request.</summary>
public sealed record EntitlementChange(Instant At, EntitlementChangeKind Kind, SubscriptionId? SubscriptionId);

public enum EntitlementChangeKind
{
    SubscriptionStart,
    TrialEnd,
    SubscriptionEnd,
    Cancellation,
    BillingPeriodEnd,
    PromotionStart,
    PromotionEnd,
    WindowReset,
}
