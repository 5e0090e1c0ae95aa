using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Customers;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions.Bills;

/// <summary>Reads what billing has to know about changed records: prices, names, coupons, measured usage.</summary>
internal sealed class BilledChangeReader(CatalogReader catalog, CustomerReader customers, IUsageForBilling usage)
{
    private readonly PlanFactsReader _plans = new(catalog);

    /// <summary>The change with its facts; nothing is read for one that has nothing to bill.</summary>
    public async Task<BilledChange> OfAsync(
        Session session, EnvironmentId environment, SubscriptionChange change, Instant at)
    {
        var billed = new BilledChange(change);
        if (billed.Step == BillingStep.None)
            return billed;
        var product = await catalog.ProductAsync(session, environment, change.After.ProductId);
        billed = billed with
        {
            Before = await RecordAsync(session, environment, change.Before, at),
            After = await RecordAsync(session, environment, change.After, at),
            Past = await PastAsync(session, environment, change.Before, at),
            Discounts = await DiscountsAsync(session, environment, change.After),
            ProductProrates = product is not { Settings.ProrateAtEndOfBillingPeriod: false },
            ProductTruesUp = product is { Settings.TruesUpAddedUnits: true },
        };
        var needs = BillDecision.Needs(billed, at);
        return needs.Count == 0
            ? billed
            : billed with { Measured = await usage.MeasureAsync(session, environment, change.Before!, needs) };
    }

    /// <summary>What a subscription is charged for; null when it has no price.</summary>
    public async Task<BilledRecord?> RecordAsync(
        Session session, EnvironmentId environment, Subscription? subscription, Instant at)
    {
        if (subscription is not { PricingType: PricingType.Paid, BillingPeriod: not null })
            return null;
        var held = await _plans.HeldAsync(session, environment, subscription);
        var packages = held.Addons.Values.Select(a => a.Prices).Prepend(held.Prices).ToList();
        var features = await _plans.FeaturesAsync(session, environment, packages
            .SelectMany(p => p.Charges.Concat(p.OverageCharges)).Select(c => c.FeatureId).OfType<FeatureId>());
        var content = BilledContent.Of(
            subscription,
            held.Prices,
            [.. subscription.Addons.Select(a => new BilledAddon(held.Addons[a.Id].Prices, a.Quantity))]);
        var entitled = PlanFactsReader.ContentOf(held);
        return new(subscription, content with
        {
            Features = features,
            FreeItems = await FreeItemsAsync(catalog, session, environment, held.Prices),
        })
        {
            Terms = UsageTerms.Of(entitled, features, at),
        };
    }

    /// <summary>The coupons that an invoice of the subscription may apply: its own before the payer's.</summary>
    public async Task<IReadOnlyList<DiscountTerms>> DiscountsAsync(
        Session session, EnvironmentId environment, Subscription subscription)
    {
        var payer = await customers.FindAsync(
            session, environment, subscription.PayingCustomerId ?? subscription.CustomerId);
        var coupon = payer?.CouponId is { } id ? await catalog.CouponAsync(session, environment, id) : null;
        return Discounts.InForce(
            subscription.Coupons, payer is null ? null : DiscountTerms.OfCustomer(payer, coupon));
    }

    /// <summary>Of which groups how many items are not charged, as the plan says whose prices apply.</summary>
    internal static async Task<IReadOnlyList<FreeItems>> FreeItemsAsync(
        CatalogReader catalog, Session session, EnvironmentId environment, PackageVersion prices)
    {
        var free = new List<FreeItems>();
        foreach (var taken in prices.CompatibleGroups)
        {
            if (taken.FreeItems is > 0 and var count
                && await catalog.PackageGroupAsync(session, environment, taken.GroupId) is { } group)
            {
                free.Add(new(group.AddonIds, count));
            }
        }

        return free;
    }

    /// <summary>What the record held earlier in its term, with its prices.</summary>
    public async Task<IReadOnlyList<PastRecord>> PastAsync(
        Session session, EnvironmentId environment, Subscription? before, Instant at)
    {
        var past = new List<PastRecord>();
        foreach (var content in before?.PastContents ?? [])
            past.Add(new(content.Until, (await RecordAsync(session, environment, content.ApplyTo(before!), at))!));
        return past;
    }
}
