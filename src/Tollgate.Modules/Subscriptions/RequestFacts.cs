using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Customers;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>What the rules need to judge a request, whether a caller makes it now or a schedule did before.</summary>
internal sealed class RequestFacts(CatalogReader catalog, CustomerReader customers)
{
    private readonly SubscriptionStore _store = new();
    private readonly PlanFactsReader _plans = new(catalog);

    public async Task<ProvisionFacts> OfProvisionAsync(
        Session session, EnvironmentId environment, ProvisionRequest request, SubscriptionRecords records)
    {
        var version = await catalog.LatestPlanAsync(session, environment, request.PlanId);
        var plan = version is null ? null : await _plans.OfAsync(session, environment, version);
        var customer = await customers.FindAsync(session, environment, request.CustomerId);
        var facts = new ProvisionFacts
        {
            Customer = customer,
            PayingCustomer = request.PayingCustomerId is { } payer
                ? await customers.FindAsync(session, environment, payer)
                : null,
            Plan = plan,
            Journey = version is null
                ? null
                : await _plans.JourneyAsync(session, environment, version.ProductId, customer?.Experiment, records),
            WithRequestedId = request.Id is { } id ? (await _store.FindAsync(session, environment, id))?.Value : null,
        };
        if (plan is null)
            return facts;

        var product = plan.Version.ProductId;
        var scope = new List<HeldSubscription>();
        foreach (var open in records.Open(product, request.ResourceId))
            scope.Add(await _plans.HeldAsync(session, environment, open));
        var addons = await _plans.AddonsAsync(
            session, environment, request.Addons, [plan.Version, .. scope.Select(h => h.Plan.Version)]);
        return facts with
        {
            Features = await _plans.FeaturesAsync(
                session, environment, request.Overrides, [plan, .. scope.Select(h => h.Plan)],
                addons.Latest.Values.Concat(scope.SelectMany(h => h.Addons.Values.Select(a => a.Content)))),
            Addons = addons,
            Currencies = await CurrenciesAsync(session, environment, request.CreditOverrides, request.CreditQuantities),
            Coupon = await _plans.CouponAsync(session, environment, request.Coupon),
            Scope = scope,
            LastEnded = records.LastEnded(product, request.ResourceId),
            HasPaidBefore = records.HasPaid(product, request.ResourceId),
            FixedCurrency = await FixedCurrencyAsync(session, environment, records),
            FixedCountry = records.FixingCountry.Select(s => s.BillingCountryCode).FirstOrDefault(c => c is not null),
        };
    }

    public async Task<UpdateFacts> OfUpdateAsync(
        Session session, EnvironmentId environment, UpdateRequest request, HeldSubscription held,
        SubscriptionRecords records)
    {
        var before = held.Subscription;
        var addons = await _plans.AddonsAsync(session, environment, request.Addons, [held.Plan.Version]);
        return new(
            held,
            await _plans.JourneyAsync(session, environment, before, records),
            await _plans.FeaturesAsync(
                session, environment, request.Overrides, [held.Plan],
                addons.Latest.Values.Concat(held.Addons.Values.Select(a => a.Content))),
            records.Open(before.ProductId, before.ResourceId))
        {
            Addons = addons,
            Currencies = await CurrenciesAsync(session, environment, request.CreditOverrides, request.CreditQuantities),
            Coupon = await _plans.CouponAsync(session, environment, request.Coupon),
        };
    }

    public async Task<MigrationFacts> OfMigrationAsync(
        Session session, EnvironmentId environment, HeldSubscription held, SubscriptionRecords records)
    {
        var before = held.Subscription;
        var latest = await catalog.LatestPlanAsync(session, environment, before.PlanId)
            ?? throw new InvalidOperationException($"Plan {before.PlanId} is subscribed to but not stored.");
        var addons = new Dictionary<PackageId, PackageVersion>();
        foreach (var addon in before.Addons)
        {
            if (await catalog.LatestAddonAsync(session, environment, addon.Id) is { } version)
                addons.Add(addon.Id, version);
        }

        var anew = new ProvisionRequest(before.CustomerId, before.PlanId)
        {
            ResourceId = before.ResourceId,
            Addons = [.. before.Addons.Select(a => new AddonInput(a.Id, a.Quantity))],
            Overrides = [.. before.Overrides.Select(o => new OverrideInput(o.FeatureId))],
        };
        return new(
            held,
            await _plans.JourneyAsync(session, environment, before, records),
            await _plans.OfAsync(session, environment, latest),
            addons,
            await OfProvisionAsync(session, environment, anew, records));
    }

    /// <summary>What carrying out the subscription's next scheduled updates needs.</summary>
    public async Task<ScheduledFacts> OfScheduledAsync(
        Session session, EnvironmentId environment, Subscription subscription, SubscriptionRecords records)
    {
        var facts = new ScheduledFacts { Held = await _plans.HeldAsync(session, environment, subscription) };
        if (ExecuteUpdates.PlanRequest(subscription) is { } request)
            return facts with { Provision = await OfProvisionAsync(session, environment, request, records) };
        return ExecuteUpdates.IsMigration(subscription)
            ? facts with { Migration = await OfMigrationAsync(session, environment, facts.Held, records) }
            : facts with
            {
                Update = await OfUpdateAsync(
                    session, environment, ExecuteUpdates.UpdateRequest(subscription), facts.Held, records),
            };
    }

    /// <summary>Read only for requests that name credits.</summary>
    private async Task<IReadOnlyDictionary<CurrencyId, CustomCurrency>> CurrenciesAsync(
        Session session, EnvironmentId environment, IReadOnlyList<CreditOverride>? overrides,
        IReadOnlyList<CreditQuantityInput>? quantities) => overrides is { Count: > 0 } || quantities is { Count: > 0 }
        ? await catalog.CurrenciesAsync(session, environment)
        : new Dictionary<CurrencyId, CustomCurrency>();

    private async Task<string?> FixedCurrencyAsync(
        Session session, EnvironmentId environment, SubscriptionRecords records)
    {
        foreach (var billed in records.FixingCurrency)
        {
            var charges = await _plans.ChargesAsync(session, environment, billed);
            if (charges.Select(c => PriceCalculator.CurrencyOf(c.Charge))
                .FirstOrDefault(c => c is not null) is { } currency)
                return currency;
        }

        return null;
    }
}
