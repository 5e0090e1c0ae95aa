using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Entitlements;

/// <summary>
/// The exact computation of spec entitlements-and-usage 2: each subscription by itself, then per feature the most
/// generous source. The result does not depend on the order of the inputs.
/// </summary>
public static class EffectiveEntitlements
{
    public static EntitlementSet Compute(EntitlementInputs inputs)
    {
        var inScope = inputs.Subscriptions.Where(each => IsInScope(each.Subscription, inputs.ResourceId)).ToList();
        var live = inScope.Where(each => each.Subscription.IsLive).ToList();
        var starting = inScope.Where(each => each.Subscription.Status == SubscriptionStatus.NotStarted).ToList();
        var active = inputs.Promotions.Where(each => each.IsActiveAt(inputs.Now)).ToList();

        var entitlements = live.SelectMany(SubscriptionEntitlement.Mentioned)
            .Concat(active.Select(promotion => promotion.FeatureId))
            .Distinct()
            .Where(inputs.Features.ContainsKey)
            .Select(id => Merge(inputs, inputs.Features[id], live, starting, active))
            .OfType<EffectiveEntitlement>()
            .OrderBy(each => each.Winner.Order)
            .ThenBy(each => each.FeatureId.Value, StringComparer.Ordinal)
            .ToList();
        var changes = inScope.SelectMany(each => SubscriptionChanges.Of(each.Subscription, inputs.Now))
            .Concat(inputs.Promotions.SelectMany(each => PromotionEntitlement.Changes(each, inputs.Now)))
            .Select(change => (Instant?)change.At);
        return new(inputs.ResourceId, live.Count > 0, entitlements, Consider(inputs), changes.Min());
    }

    /// <summary>
    /// Whether a subscription counts for a scope once it is live: global ones everywhere, a resource's only for that
    /// resource (spec 2.1).
    /// </summary>
    public static bool IsInScope(Subscription subscription, ResourceId? scope) =>
        subscription.ResourceId is null || subscription.ResourceId == scope;

    private static EffectiveEntitlement? Merge(
        EntitlementInputs inputs, Feature feature, List<SubscriptionContent> live, List<SubscriptionContent> starting,
        List<PromotionalGrant> active)
    {
        var sources = live.Select(each => SubscriptionEntitlement.Of(each, feature, inputs.Now))
            .OfType<EntitlementSource>()
            .Concat(active.Where(each => each.FeatureId == feature.Id)
                .Select(each => PromotionEntitlement.Of(each, feature, inputs.Now)))
            .ToList();
        sources.Sort(BestFirst);
        var winner = sources.Find(source => source.Value is not null) ?? sources.Find(source => source.IsRevoked);
        if (winner is null)
            return null;
        var value = winner.Value ?? new();
        if (feature.Type == FeatureType.Enum)
        {
            var values = sources.Select(source => source.Value).OfType<EntitlementValue>();
            value = value with { EnumValues = EntitlementValues.Union(feature, values) };
        }

        var future = starting.Select(each => SubscriptionEntitlement.Of(each, feature, inputs.Now))
            .OfType<EntitlementSource>()
            .SelectMany(source => source.Changes)
            .Concat(inputs.Promotions.Where(each => each.FeatureId == feature.Id && !each.IsActiveAt(inputs.Now))
                .SelectMany(each => PromotionEntitlement.Changes(each, inputs.Now)));
        return new()
        {
            Feature = feature,
            DeniedReason = winner.Value is null ? AccessDeniedReason.Revoked : null,
            Value = value,
            Winner = winner,
            Sources = sources,
            CountsOnResource = inputs.ResourceId is { } resource
                && sources.Exists(source => source.Value is not null && source.ResourceId == resource),
            Changes =
            [
                .. sources.SelectMany(source => source.Changes).Concat(future)
                    .OrderBy(change => change.At).ThenBy(change => change.Kind)
                    .ThenBy(change => change.SubscriptionId?.Value, StringComparer.Ordinal),
            ],
        };
    }

    /// <summary>
    /// Granting before not granting, then generosity (spec 2.3). Sources that are equal in all of it are put in a fixed
    /// order, so that the winner, and with it the usage windows, stays the same: subscriptions before promotions, the
    /// resource's own before global ones, the older before the younger.
    /// </summary>
    private static int BestFirst(EntitlementSource left, EntitlementSource right)
    {
        var byGrant = (right.Value is not null).CompareTo(left.Value is not null);
        if (byGrant != 0)
            return byGrant;
        var byValue = left.Value is { } mine && right.Value is { } theirs ? Generosity.Compare(theirs, mine) : 0;
        if (byValue != 0)
            return byValue;
        var byRevoke = right.IsRevoked.CompareTo(left.IsRevoked);
        if (byRevoke != 0)
            return byRevoke;
        var byKind = left.Kind.CompareTo(right.Kind);
        if (byKind != 0)
            return byKind;
        var byResource = (right.ResourceId is not null).CompareTo(left.ResourceId is not null);
        if (byResource != 0)
            return byResource;
        var byStart = left.StartDate.CompareTo(right.StartDate);
        if (byStart != 0)
            return byStart;
        var byId = string.CompareOrdinal(left.SubscriptionId?.Value, right.SubscriptionId?.Value);
        return byId != 0 ? byId : left.Uid.CompareTo(right.Uid);
    }

    private static List<ConsideredSubscription> Consider(EntitlementInputs inputs) =>
    [
        .. inputs.Subscriptions
            .Select(each => new ConsideredSubscription(
                each.Subscription.Id, each.Plan.Id, each.Plan.Version, each.Subscription.Status,
                !each.Subscription.IsLive ? SubscriptionStanding.NotLive
                    : IsInScope(each.Subscription, inputs.ResourceId) ? SubscriptionStanding.Contributes
                    : SubscriptionStanding.OtherResource))
            .OrderBy(each => each.Id.Value, StringComparer.Ordinal),
    ];
}
