using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions.Publishing;

/// <summary>What a full period costs in advance, before discounts and tax (spec catalog 9.9).</summary>
public sealed record RecurringAmount(string Currency, BillingPeriod Period, decimal Amount);

/// <summary>
/// Reads versions once and prices many subscriptions by them, with their own quantities and prices: the same lines as a
/// bill of a full period has.
/// </summary>
internal sealed class RecurringAmounts(CatalogReader catalog, Session session, EnvironmentId environment)
{
    /// <summary>The lines' period plays no part in their amounts.</summary>
    private static readonly BillingWindow AnyPeriod = new(Instant.MinValue, Instant.MaxValue);

    private readonly Dictionary<(PackageId, int), IReadOnlyList<FreeItems>> _free = [];
    private readonly Dictionary<(PackageId, int), PlanFacts> _plans = [];

    public PackageVersions Versions { get; } = new(catalog, session, environment);

    /// <summary>Null when the subscription is not PAID.</summary>
    public async Task<RecurringAmount?> OfAsync(Subscription subscription)
    {
        if (subscription is not { PricingType: PricingType.Paid, BillingPeriod: { } period })
            return null;
        var plan = await Versions.GetAsync(PackageKind.Plan, subscription.PlanId, subscription.PriceVersion);
        var addons = new List<BilledAddon>();
        foreach (var addon in subscription.Addons)
            addons.Add(new(await Versions.GetAsync(PackageKind.Addon, addon.Id, addon.PriceVersion), addon.Quantity));
        var content = BilledContent.Of(subscription, plan, addons) with { FreeItems = await FreeItemsAsync(plan) };
        return new(content.Currency, period, InAdvance.Lines(content, AnyPeriod).Sum(line => line.Amount));
    }

    /// <summary>A plan version with the versions it inherits from.</summary>
    public async Task<PlanFacts> PlanAsync(PackageId id, int version)
    {
        if (_plans.TryGetValue((id, version), out var known))
            return known;
        var found = await Versions.GetAsync(PackageKind.Plan, id, version);
        return _plans[(id, version)] = new(found, await catalog.InheritanceAsync(session, environment, found));
    }

    /// <summary>The subscription with the versions it is on.</summary>
    public async Task<HeldSubscription> HeldAsync(Subscription subscription)
    {
        var addons = new Dictionary<PackageId, AddonVersions>();
        foreach (var addon in subscription.Addons)
        {
            addons[addon.Id] = new(
                await Versions.GetAsync(PackageKind.Addon, addon.Id, addon.Version),
                await Versions.GetAsync(PackageKind.Addon, addon.Id, addon.PriceVersion));
        }

        return new(
            subscription,
            await PlanAsync(subscription.PlanId, subscription.PlanVersion),
            await Versions.GetAsync(PackageKind.Plan, subscription.PlanId, subscription.PriceVersion))
        {
            Addons = addons,
        };
    }

    private async Task<IReadOnlyList<FreeItems>> FreeItemsAsync(PackageVersion plan) =>
        _free.TryGetValue((plan.Id, plan.Version), out var known)
            ? known
            : _free[(plan.Id, plan.Version)] = await Bills.BilledChangeReader.FreeItemsAsync(
                catalog, session, environment, plan);
}
