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
internal sealed class BilledChangeReader(
    CatalogReader catalog, CustomerReader customers, IUsageForBilling usage, ISubscriptionCredits credits)
{
    private readonly PlanFactsReader _plans = new(catalog);

    /// <summary>The change with its facts; nothing is read for one that has nothing to bill.</summary>
    /// <param name="session">The transaction of the bill.</param>
    /// <param name="environment">Where.</param>
    /// <param name="change">One of the decision.</param>
    /// <param name="at">The instant of the decision.</param>
    /// <param name="taken">Overdrawn credits that other changes of the decision bill; receives those of this one.</param>
    public async Task<BilledChange> OfAsync(
        Session session, EnvironmentId environment, SubscriptionChange change, Instant at, List<BilledDeficit> taken)
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
        if (BillDecision.Needs(billed, at) is { Count: > 0 } needs)
            billed = billed with { Measured = await usage.MeasureAsync(session, environment, change.Before!, needs) };
        if (BillDecision.CreditNeeds(billed, at) is { Count: > 0 } overdrawn)
        {
            var subject = change.Before!;
            billed = billed with
            {
                Overdrawn = await credits.MeasureAsync(session, environment, subject, overdrawn, at, taken),
            };
            taken.AddRange(billed.Overdrawn.Select(pair => new BilledDeficit(
                new(subject.CustomerId, subject.ResourceId, pair.Key.CurrencyId), pair.Key.Window, pair.Value.Owed)));
        }

        return billed;
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
            CurrencyNames = await CurrencyNamesAsync(session, environment, packages),
            FreeItems = await FreeItemsAsync(catalog, session, environment, held.Prices),
        })
        {
            Terms = UsageTerms.Of(entitled, features, at),
        };
    }

    /// <summary>What the credits are called that overages are charged for.</summary>
    private async Task<IReadOnlyDictionary<CurrencyId, string>> CurrencyNamesAsync(
        Session session, EnvironmentId environment, IEnumerable<PackageVersion> packages)
    {
        var names = new Dictionary<CurrencyId, string>();
        foreach (var id in packages.SelectMany(p => p.OverageCharges).Select(c => c.TopUpCurrencyId).OfType<CurrencyId>())
        {
            if (!names.ContainsKey(id) && await catalog.CurrencyAsync(session, environment, id) is { } currency)
                names[id] = currency.DisplayName;
        }

        return names;
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
