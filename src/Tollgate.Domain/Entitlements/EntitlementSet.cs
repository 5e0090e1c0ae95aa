using NodaTime;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Entitlements;

/// <summary>
/// The effective entitlements of one scope at one instant: what lists show and checks read. Immutable.
/// </summary>
public sealed class EntitlementSet
{
    private readonly Dictionary<FeatureId, EffectiveEntitlement> _byFeature;

    internal EntitlementSet(
        ResourceId? resourceId, bool hasLiveSubscription, IReadOnlyList<EffectiveEntitlement> entitlements,
        IReadOnlyList<ConsideredSubscription> considered, Instant? validUntil)
    {
        ResourceId = resourceId;
        HasLiveSubscription = hasLiveSubscription;
        Entitlements = entitlements;
        Considered = considered;
        ValidUntil = validUntil;
        _byFeature = entitlements.ToDictionary(each => each.FeatureId);
    }

    /// <summary>The scope: null = the customer as a whole.</summary>
    public ResourceId? ResourceId { get; }

    /// <summary>Whether an ACTIVE or IN_TRIAL subscription takes part in this scope.</summary>
    public bool HasLiveSubscription { get; }

    /// <summary>Granted features and revoked ones with their reason, in package order, then by id.</summary>
    public IReadOnlyList<EffectiveEntitlement> Entitlements { get; }

    /// <summary>Every subscription that was looked at, by id, and whether it took part.</summary>
    public IReadOnlyList<ConsideredSubscription> Considered { get; }

    /// <summary>
    /// The earliest future instant at which anything in the set, or what is in it, may change by itself.
    /// </summary>
    public Instant? ValidUntil { get; }

    /// <summary>The list-level reason: nobody live and nothing to list (spec 4, notes); otherwise null.</summary>
    public AccessDeniedReason? ListDeniedReason =>
        HasLiveSubscription || Entitlements.Count > 0 ? null : AccessDeniedReason.NoActiveSubscription;

    /// <summary>Null when no source grants or revokes the feature. Allocates nothing.</summary>
    public EffectiveEntitlement? Find(FeatureId feature) => _byFeature.GetValueOrDefault(feature);
}

/// <summary>A subscription the computation looked at.</summary>
public sealed record ConsideredSubscription(
    SubscriptionId Id, PackageId PlanId, int PlanVersion, SubscriptionStatus Status, SubscriptionStanding Standing);

public enum SubscriptionStanding
{
    /// <summary>Live and in scope.</summary>
    Contributes,

    /// <summary>Its status gives no access.</summary>
    NotLive,

    /// <summary>Live, but of another resource than the one asked about.</summary>
    OtherResource,
}
