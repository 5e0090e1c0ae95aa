using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>What the rules of subscriptions need of the catalog.</summary>
internal sealed class PlanFactsReader(CatalogReader catalog)
{
    public async Task<PlanFacts> OfAsync(Session session, EnvironmentId environment, PackageVersion version) =>
        new(version, await catalog.InheritanceAsync(session, environment, version));

    public async Task<JourneyFacts> JourneyAsync(Session session, EnvironmentId environment, ProductId product)
    {
        var found = await catalog.ProductAsync(session, environment, product)
            ?? throw new InvalidOperationException($"Product {product} has plans but is not stored.");
        return new(found, found.Settings.DowngradePlanId is { } plan
            ? await catalog.LatestPlanAsync(session, environment, plan)
            : null);
    }

    public async Task<HeldSubscription> HeldAsync(Session session, EnvironmentId environment, Subscription subscription)
    {
        var plan = await VersionAsync(session, environment, subscription.PlanId, subscription.PlanVersion);
        return new(
            subscription,
            await OfAsync(session, environment, plan),
            subscription.PriceVersion == subscription.PlanVersion
                ? plan
                : await PricesAsync(session, environment, subscription));
    }

    /// <summary>The version whose charges the subscription has.</summary>
    public Task<PackageVersion> PricesAsync(Session session, EnvironmentId environment, Subscription subscription) =>
        VersionAsync(session, environment, subscription.PlanId, subscription.PriceVersion);

    /// <summary>The charges that apply to the subscription; none without a billing period.</summary>
    public static IReadOnlyList<Charge> ChargesOf(Subscription subscription, PackageVersion prices) =>
        subscription.BillingPeriod is { } period
            ? [.. PriceSelection.For(prices, period, subscription.BillingCountryCode)]
            : [];

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

    private async Task<PackageVersion> VersionAsync(
        Session session, EnvironmentId environment, PackageId plan, int version) =>
        await catalog.PlanVersionAsync(session, environment, plan, version)
        ?? throw new InvalidOperationException($"Plan {plan} version {version} is subscribed to but not stored.");
}
