using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;

namespace Tollgate.Domain.Billing;

/// <summary>
/// What overage is counted against: what a subscription alone includes of a feature (spec catalog 9.7).
/// </summary>
/// <param name="Included">Sold units; null = unlimited, or not granted at all: nothing of it is overage.</param>
/// <param name="Reset">The usage windows; null = usage never starts again at 0.</param>
/// <param name="Anchor">What the windows are counted from.</param>
public sealed record UsageTerms(decimal? Included, ResetRule? Reset, Instant Anchor)
{
    /// <summary>
    /// The terms of every metered feature that the subscription's prices have an overage for. Promotions and other
    /// subscriptions raise access, not what is included.
    /// </summary>
    public static IReadOnlyDictionary<FeatureId, UsageTerms> Of(
        SubscriptionContent content, IReadOnlyDictionary<FeatureId, Feature> features, Instant at) =>
        content.Addons.Select(held => held.Addon).Prepend(content.Prices)
            .SelectMany(package => package.OverageCharges)
            .Select(charge => charge.FeatureId).OfType<FeatureId>().Distinct()
            .Where(features.ContainsKey)
            .ToDictionary(id => id, id => Of(content, features[id], at));

    private static UsageTerms Of(SubscriptionContent content, Feature feature, Instant at)
    {
        var value = SubscriptionEntitlement.Of(content, feature, at)?.Value;
        return new(
            value is null or { HasUnlimitedUsage: true } ? null : value.UsageLimit ?? 0,
            value?.Reset,
            content.Subscription.UsageAnchor);
    }
}
