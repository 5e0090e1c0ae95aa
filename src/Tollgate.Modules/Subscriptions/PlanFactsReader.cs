using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Catalog.Experiments;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>What the rules of subscriptions need of the catalog.</summary>
internal sealed class PlanFactsReader(CatalogReader catalog)
{
    public async Task<PlanFacts> OfAsync(Session session, EnvironmentId environment, PackageVersion version) =>
        new(version, await catalog.InheritanceAsync(session, environment, version));

    /// <summary>The journey of a subscription's product for its customer (as below).</summary>
    public Task<JourneyFacts> JourneyAsync(
        Session session, EnvironmentId environment, Subscription subscription, SubscriptionRecords records) =>
        JourneyAsync(session, environment, subscription.ProductId, subscription.Experiment, records);

    /// <summary>
    /// The journey of a product for a customer in this group of an experiment, whose records tell what its cancellation
    /// rules reach.
    /// </summary>
    public async Task<JourneyFacts> JourneyAsync(
        Session session, EnvironmentId environment, ProductId product, ExperimentInfo? group,
        SubscriptionRecords records)
    {
        var journey = await JourneyAsync(session, environment, product, group);
        if (journey.Product.AutoCancellationRules.Count == 0)
            return journey;
        var linked = new List<LinkedSubscription>();
        foreach (var rule in journey.Product.AutoCancellationRules)
        {
            foreach (var target in records.All.Where(s => !s.IsEnded && s.PlanId == rule.TargetPlanId))
            {
                linked.Add(new(
                    rule.SourcePlanId, target,
                    await JourneyAsync(session, environment, target.ProductId, target.Experiment),
                    records.Open(target.ProductId, target.ResourceId)));
            }
        }

        return journey with { Linked = linked };
    }

    public async Task<HeldSubscription> HeldAsync(Session session, EnvironmentId environment, Subscription subscription)
    {
        var versions = new PackageVersions(catalog, session, environment);
        var plan = await versions.GetAsync(PackageKind.Plan, subscription.PlanId, subscription.PlanVersion);
        var prices = await versions.GetAsync(PackageKind.Plan, subscription.PlanId, subscription.PriceVersion);
        var addons = new Dictionary<PackageId, AddonVersions>();
        foreach (var addon in subscription.Addons)
        {
            addons[addon.Id] = new(
                await versions.GetAsync(PackageKind.Addon, addon.Id, addon.Version),
                await versions.GetAsync(PackageKind.Addon, addon.Id, addon.PriceVersion));
        }

        return new(subscription, await OfAsync(session, environment, plan), prices) { Addons = addons };
    }

    /// <summary>What entitlements and credits of a subscription follow from.</summary>
    public static SubscriptionContent ContentOf(HeldSubscription held) => new()
    {
        Subscription = held.Subscription,
        Plan = held.Plan.Version,
        BasePlans = held.Plan.Bases,
        PriceVersion = held.Prices,
        Addons = [.. held.Subscription.Addons.Select(a =>
            new HeldAddon(held.Addons[a.Id].Content, a.Quantity) { PriceVersion = held.Addons[a.Id].Prices })],
    };

    /// <summary>The charges of the subscription, for reading only: without what its plan inherits.</summary>
    public static async Task<IReadOnlyList<SubscriptionCharge>> ChargesAsync(
        PackageVersions versions, Subscription subscription)
    {
        if (subscription.BillingPeriod is null)
            return [];
        var plan = await versions.GetAsync(PackageKind.Plan, subscription.PlanId, subscription.PlanVersion);
        var prices = await versions.GetAsync(PackageKind.Plan, subscription.PlanId, subscription.PriceVersion);
        var addons = new Dictionary<PackageId, AddonVersions>();
        foreach (var addon in subscription.Addons)
        {
            addons[addon.Id] = new(
                await versions.GetAsync(PackageKind.Addon, addon.Id, addon.Version),
                await versions.GetAsync(PackageKind.Addon, addon.Id, addon.PriceVersion));
        }

        return SubscriptionCharges.Of(new(subscription, new(plan, []), prices) { Addons = addons });
    }

    public Task<IReadOnlyList<SubscriptionCharge>> ChargesAsync(
        Session session, EnvironmentId environment, Subscription subscription) =>
        ChargesAsync(new PackageVersions(catalog, session, environment), subscription);

    public PackageVersions Versions(Session session, EnvironmentId environment) => new(catalog, session, environment);

    /// <summary>The add-ons that a request names, and the groups that the plans take add-ons of.</summary>
    public async Task<AddonFacts> AddonsAsync(
        Session session, EnvironmentId environment, IReadOnlyList<AddonInput>? named, IEnumerable<PackageVersion> plans)
    {
        var latest = new Dictionary<PackageId, PackageVersion>();
        foreach (var id in (named ?? []).Select(addon => addon.Id).Distinct())
        {
            if (await catalog.LatestAddonAsync(session, environment, id) is { } addon)
                latest.Add(id, addon);
        }

        var groups = new Dictionary<string, PackageGroup>();
        foreach (var id in plans.SelectMany(plan => plan.CompatibleGroups).Select(taken => taken.GroupId).Distinct())
        {
            if (await catalog.PackageGroupAsync(session, environment, id) is { } group)
                groups.Add(id, group);
        }

        return new() { Latest = latest, Groups = groups };
    }

    /// <summary>
    /// The coupon that a request names; null when it names none, several, or one that does not exist.
    /// </summary>
    public async Task<Coupon?> CouponAsync(
        Session session, EnvironmentId environment, Optional<CouponRequest> asked) =>
        asked.Or(null) is { References: [{ Form: not CouponForm.PromotionCode } reference] }
            ? await catalog.CouponAsync(session, environment, reference.Id)
            : null;

    /// <summary>The features of these ids that exist.</summary>
    public async Task<IReadOnlyDictionary<FeatureId, Feature>> FeaturesAsync(
        Session session, EnvironmentId environment, IEnumerable<FeatureId> ids)
    {
        var features = new Dictionary<FeatureId, Feature>();
        foreach (var id in ids.Distinct())
        {
            if (await catalog.FeatureAsync(session, environment, id) is { } feature)
                features.Add(id, feature);
        }

        return features;
    }

    /// <summary>The features that a request's values name, and those whose value the packages leave open.</summary>
    public Task<IReadOnlyDictionary<FeatureId, Feature>> FeaturesAsync(
        Session session, EnvironmentId environment, IReadOnlyList<OverrideInput>? asked, IEnumerable<PlanFacts> plans,
        IEnumerable<PackageVersion> addons) =>
        FeaturesAsync(session, environment, (asked ?? []).Select(o => o.FeatureId).Concat(plans
            .SelectMany(p => p.Entitlements).Concat(addons.SelectMany(a => a.Entitlements))
            .Where(e => e.IsCustom).Select(e => e.FeatureId)));

    private async Task<JourneyFacts> JourneyAsync(
        Session session, EnvironmentId environment, ProductId product, ExperimentInfo? group)
    {
        var stored = await catalog.ProductAsync(session, environment, product)
            ?? throw new InvalidOperationException($"Product {product} has plans but is not stored.");
        var found = await catalog.ForGroupAsync(session, environment, stored, group);
        return new(found, found.Settings.DowngradePlanId is { } plan
            ? await catalog.LatestPlanAsync(session, environment, plan)
            : null);
    }
}
