using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Modules.Entitlements;

/// <summary>
/// What credits mean to a scope: which features they pay, in which currencies, and how far below zero.
/// </summary>
internal static class ScopeCredits
{
    /// <summary>
    /// Of several subscriptions that map a feature the one whose entitlement counts prices its usage, else the
    /// resource's own before a global one.
    /// </summary>
    public static Dictionary<string, FeatureMapping> MappingsOf(
        IReadOnlyList<SubscriptionContent> contents, ResourceId? resourceId, EntitlementSet set,
        IReadOnlyDictionary<FeatureId, Feature> features)
    {
        var mappings = new Dictionary<string, FeatureMapping>();
        foreach (var content in contents
            .Where(c => c.Subscription.IsLive && EffectiveEntitlements.IsInScope(c.Subscription, resourceId))
            .OrderBy(c => c.Subscription.ResourceId is null))
        {
            foreach (var id in CreditMapping.Features(content))
            {
                if (!features.TryGetValue(id, out var feature))
                    continue;
                var isWinner = set.Find(id)?.Winner.SubscriptionId == content.Subscription.Id;
                if (CreditMapping.Of(content, id) is not { } rate || (!isWinner && mappings.ContainsKey(id.Value)))
                    continue;
                var subscription = content.Subscription;
                mappings[id.Value] = new(
                    new(subscription.CustomerId, subscription.ResourceId, rate.CurrencyId), rate, feature);
            }
        }

        return mappings;
    }

    /// <summary>When credits of a subscription are granted next; null when none are.</summary>
    public static Instant? NextCreditCycle(IReadOnlyList<SubscriptionContent> contents) => contents
        .SelectMany(content => content.Subscription.CreditCycles).Select(cycle => (Instant?)cycle.End).Min();

    /// <summary>
    /// The pool of the subscription whose mapping prices the feature pays for it (spec credits 3); null under a
    /// soft limit.
    /// </summary>
    public static CreditPrice? PriceOf(
        CreditCell cell, CustomerId customer, EffectiveEntitlement entitlement,
        IReadOnlyList<SubscriptionContent> contents, IReadOnlyDictionary<CurrencyId, bool> currencies) =>
        entitlement.Winner.CreditRate is { } rate && !currencies.GetValueOrDefault(rate.CurrencyId)
            ? new(
                cell,
                new(
                    customer,
                    contents.FirstOrDefault(c => c.Subscription.Id == entitlement.Winner.SubscriptionId)
                        ?.Subscription.ResourceId,
                    rate.CurrencyId),
                rate.CostFormula is null ? rate.Amount : null)
            : null;

    /// <summary>
    /// The currencies that live subscriptions of the scope grant or price features in, and whether checks of them go on
    /// below zero: any contributing row or overage price says so.
    /// </summary>
    public static Dictionary<CurrencyId, bool> CurrenciesOf(
        IReadOnlyList<SubscriptionContent> contents, ResourceId? resourceId,
        IReadOnlyDictionary<FeatureId, Feature> features, Instant now)
    {
        var currencies = new Dictionary<CurrencyId, bool>();
        foreach (var content in contents)
        {
            if (!content.Subscription.IsLive || !EffectiveEntitlements.IsInScope(content.Subscription, resourceId))
                continue;
            var contributions = CreditContributions.Of(content, features, now);
            foreach (var id in contributions.Where(c => c.IsCounted).Select(c => c.CurrencyId)
                .Concat(CreditMapping.Currencies(content)).Distinct())
            {
                currencies[id] = currencies.GetValueOrDefault(id)
                    || CreditContributions.IsSoft(content, id, contributions);
            }
        }

        return currencies;
    }
}
