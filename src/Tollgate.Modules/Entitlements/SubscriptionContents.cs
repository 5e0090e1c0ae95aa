using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Subscriptions;
using Tollgate.Storage;

namespace Tollgate.Modules.Entitlements;

/// <summary>Subscriptions with the versions of plans and add-ons that they hold.</summary>
internal sealed class SubscriptionContents(CatalogReader catalog, SubscriptionReader subscriptions)
{
    /// <summary>Those of the customer that have not ended.</summary>
    public async Task<IReadOnlyList<SubscriptionContent>> OpenOfCustomerAsync(
        Session session, EnvironmentId environment, CustomerId customerId)
    {
        var contents = new List<SubscriptionContent>();
        foreach (var subscription in await subscriptions.OpenOfCustomerAsync(session, environment, customerId))
            contents.Add(await OfAsync(session, environment, subscription));
        return contents;
    }

    /// <summary>What a subscription with a budget held earlier in its running period.</summary>
    public async Task<IReadOnlyList<(SubscriptionContent, Instant)>> PastAsync(
        Session session, EnvironmentId environment, Subscription subscription)
    {
        var past = new List<(SubscriptionContent, Instant)>();
        if (!BudgetMeter.Applies(subscription))
            return past;
        foreach (var held in subscription.PastContents)
            past.Add((await OfAsync(session, environment, held.ApplyTo(subscription)), held.Until));
        return past;
    }

    /// <exception cref="InvalidOperationException">A version that is held is not stored.</exception>
    public async Task<SubscriptionContent> OfAsync(
        Session session, EnvironmentId environment, Subscription subscription)
    {
        var addons = new List<HeldAddon>();
        foreach (var held in subscription.Addons)
            addons.Add(await AddonAsync(session, environment, held));
        var plan = await PlanAsync(session, environment, subscription.PlanId, subscription.PlanVersion);
        var prices = subscription.PriceVersion == subscription.PlanVersion
            ? plan
            : await PlanAsync(session, environment, subscription.PlanId, subscription.PriceVersion);
        return new()
        {
            Subscription = subscription,
            Plan = plan,
            BasePlans = await catalog.InheritanceAsync(session, environment, plan),
            PriceVersion = prices,
            Addons = addons,
        };
    }

    private async Task<HeldAddon> AddonAsync(Session session, EnvironmentId environment, SubscriptionAddon held)
    {
        var content = await VersionAsync(held.Version);
        return new(content, held.Quantity)
        {
            PriceVersion = held.PriceVersion == held.Version ? null : await VersionAsync(held.PriceVersion),
        };

        async Task<PackageVersion> VersionAsync(int version) =>
            await catalog.AddonVersionAsync(session, environment, held.Id, version)
            ?? throw new InvalidOperationException($"Add-on {held.Id} version {version} is held but not stored.");
    }

    private async Task<PackageVersion> PlanAsync(
        Session session, EnvironmentId environment, PackageId id, int version) =>
        await catalog.PlanVersionAsync(session, environment, id, version)
        ?? throw new InvalidOperationException($"Plan {id} version {version} is subscribed to but not stored.");
}
