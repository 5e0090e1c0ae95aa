using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Entitlements.Promotions;
using Tollgate.Modules.Subscriptions;
using Tollgate.Storage;

namespace Tollgate.Modules.Entitlements;

/// <summary>
/// Reads what the entitlements of a scope follow from, and computes them (spec entitlements-and-usage 2).
/// </summary>
public sealed class ScopeCompiler(
    CatalogReader catalog, CustomerReader customers, SubscriptionReader subscriptions, IUsageLevels usage,
    ICreditLevels credits, TimeProvider time)
{
    private readonly PromotionalEntitlementStore _promotions = new();
    private readonly SubscriptionContents _contents = new(catalog, subscriptions);

    public async Task<ScopeAccess> CompileAsync(
        Session session,
        EnvironmentId environment,
        CustomerId customerId,
        ResourceId? resourceId,
        IReadOnlyDictionary<FeatureId, Feature> features,
        Instant now)
    {
        var stamp = time.GetTimestamp();
        var customer = await customers.FindAsync(session, environment, customerId);
        if (customer is null)
            return new(new() { IsCustomerUnknown = true }, null, [], now, stamp);
        if (customer.IsArchived)
            return new(new() { IsCustomerArchived = true }, null, [], now, stamp);
        if (resourceId is { } resource
            && !(await customers.ResourceIdsAsync(session, environment, customerId)).Contains(resource))
        {
            return new(new() { IsResourceUnknown = true }, null, [], now, stamp);
        }

        var contents = await _contents.OpenOfCustomerAsync(session, environment, customerId);
        var set = await ComputeAsync(session, environment, customerId, contents, resourceId, features, now);
        var resets = await subscriptions.UsageResetsAsync(session, environment, customerId);
        var budgets = new List<BudgetMeter>();
        foreach (var content in contents.Where(c => EffectiveEntitlements.IsInScope(c.Subscription, resourceId)))
        {
            var past = await _contents.PastAsync(session, environment, content.Subscription);
            if (BudgetMeter.Of(
                content, past, features, ResetsOf(content.Subscription, resets),
                CellsOf(environment, content.Subscription)) is { } meter)
            {
                budgets.Add(meter);
            }
        }

        var cell = credits.Cell(environment, customerId);
        var currencies = ScopeCredits.CurrenciesOf(contents, resourceId, features, now);
        var compiled = set.Entitlements
            .Select(e => Compile(
                environment, customerId, resourceId, e, resets, budgets,
                ScopeCredits.PriceOf(cell, customerId, e, contents, currencies)))
            .ToList();
        return new(new() { HasNoLiveSubscription = !set.HasLiveSubscription }, set, compiled, now, stamp, budgets,
            ScopeCredits.NextCreditCycle(contents))
        {
            Credits = cell,
            MappedCurrencies = currencies.Keys.ToHashSet(),
            HasResourceSubscriptions =
                contents.Any(content => content.Subscription is { IsLive: true, ResourceId: not null }),
            Mappings = ScopeCredits.MappingsOf(contents, resourceId, set, features),
            SoftCurrencies = currencies.Where(currency => currency.Value).Select(currency => currency.Key).ToHashSet(),
        };
    }

    /// <summary>
    /// The effective entitlements of the scope at <paramref name="now"/>, from what the session sees.
    /// </summary>
    public async Task<EntitlementSet> ComputeAsync(
        Session session,
        EnvironmentId environment,
        CustomerId customerId,
        ResourceId? resourceId,
        IReadOnlyDictionary<FeatureId, Feature> features,
        Instant now) =>
        await ComputeAsync(
            session, environment, customerId, await _contents.OpenOfCustomerAsync(session, environment, customerId),
            resourceId, features, now);

    /// <summary>The same as it would be with these subscriptions in place of the stored ones.</summary>
    /// <param name="session">What promotions and the catalog are read from.</param>
    /// <param name="environment">Where.</param>
    /// <param name="customerId">The customer.</param>
    /// <param name="resourceId">The resource; null for the customer as a whole.</param>
    /// <param name="held">The customer's subscriptions that have not ended.</param>
    /// <param name="features">The features of the environment.</param>
    /// <param name="now">The instant.</param>
    public async Task<EntitlementSet> ComputeWithAsync(
        Session session,
        EnvironmentId environment,
        CustomerId customerId,
        ResourceId? resourceId,
        IEnumerable<Subscription> held,
        IReadOnlyDictionary<FeatureId, Feature> features,
        Instant now)
    {
        var contents = new List<SubscriptionContent>();
        foreach (var subscription in held)
            contents.Add(await _contents.OfAsync(session, environment, subscription));
        return await ComputeAsync(session, environment, customerId, contents, resourceId, features, now);
    }

    /// <summary>The compiler in a catalog where these versions are published.</summary>
    public ScopeCompiler Publishing(IReadOnlyList<PackageVersion> versions) =>
        new(catalog.Publishing(versions), customers, subscriptions, usage, credits, time);

    /// <summary>
    /// What the scope's subscription that ended last granted while it lived, and when it ended; null when none
    /// ever ended.
    /// </summary>
    public async Task<(EntitlementSet Set, Instant EndedAt)?> ComputeLastEndedAsync(
        Session session,
        EnvironmentId environment,
        CustomerId customerId,
        ResourceId? resourceId,
        IReadOnlyDictionary<FeatureId, Feature> features)
    {
        var last = (await subscriptions.OfCustomerAsync(session, environment, customerId))
            .Where(s => s.IsEnded && EffectiveEntitlements.IsInScope(s, resourceId))
            .MaxBy(s => SubscriptionLifecycle.EffectiveEnd(s) ?? s.UpdatedAt);
        if (last is null)
            return null;
        var endedAt = SubscriptionLifecycle.EffectiveEnd(last) ?? last.UpdatedAt;
        var living = last with { Status = SubscriptionStatus.Active };
        var set = EffectiveEntitlements.Compute(new()
        {
            ResourceId = resourceId,
            Subscriptions = [await _contents.OfAsync(session, environment, living)],
            Features = features,
            Now = endedAt,
        });
        return (set, endedAt);
    }

    private async Task<EntitlementSet> ComputeAsync(
        Session session,
        EnvironmentId environment,
        CustomerId customerId,
        IReadOnlyList<SubscriptionContent> contents,
        ResourceId? resourceId,
        IReadOnlyDictionary<FeatureId, Feature> features,
        Instant now)
    {
        var promotions = await _promotions.ListLiveOfCustomerAsync(session, environment, customerId);
        return EffectiveEntitlements.Compute(new()
        {
            ResourceId = resourceId,
            Subscriptions = contents,
            Promotions = [.. promotions.Select(row => row.Value.ToGrant())],
            Features = features,
            Now = now,
        });
    }

    private static ILookup<FeatureId, Instant> ResetsOf(Subscription subscription, IReadOnlyList<UsageReset> resets) =>
        resets.Where(r => r.ResourceId == subscription.ResourceId).ToLookup(r => r.FeatureId, r => r.At);

    private Func<FeatureId, UsageCell> CellsOf(EnvironmentId environment, Subscription subscription) =>
        feature => usage.Cell(new(environment, subscription.CustomerId, subscription.ResourceId, feature));

    private CompiledEntitlement Compile(
        EnvironmentId environment,
        CustomerId customer,
        ResourceId? resource,
        EffectiveEntitlement entitlement,
        IReadOnlyList<UsageReset> resets,
        IReadOnlyList<BudgetMeter> budgets,
        CreditPrice? price)
    {
        if (!entitlement.Feature.IsMetered)
            return new(entitlement, null, []) { Credits = price };
        var level = entitlement.CountsOnResource ? resource : null;
        var key = new UsageKey(environment, customer, level, entitlement.FeatureId);
        var cutOffs = entitlement.Reset is null
            ? []
            : resets.Where(r => r.FeatureId == entitlement.FeatureId && r.ResourceId == level).Select(r => r.At)
                .ToArray();
        return new(entitlement, usage.Cell(key), cutOffs)
        {
            Credits = price,
            Budget = entitlement.Winner.IsPayAsYouGo
                ? budgets.FirstOrDefault(budget => !budget.Budget.HasSoftLimit
                    && budget.Subscription.Id == entitlement.Winner.SubscriptionId)
                : null,
        };
    }
}
