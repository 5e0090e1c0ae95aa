using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Credits;

/// <summary>
/// Credits that a subscription buys every billing period (spec credits 8.5): at once at its beginning, or a twelfth of
/// an annual term each month, at what they cost.
/// </summary>
internal static class SoldCredits
{
    /// <summary>None while nothing is charged: in trials, and where there is no price.</summary>
    public static IEnumerable<CreditContribution> Of(SubscriptionContent content, Instant at)
    {
        var subscription = content.Subscription;
        if (subscription is not
            {
                Status: SubscriptionStatus.Active, PricingType: PricingType.Paid, BillingPeriod: { } period,
                BillingCycleAnchor: { } anchor,
            })
        {
            yield break;
        }

        var billed = BilledContent.Of(content);
        foreach (var package in BilledCharge.Packages(billed))
        {
            var items = billed.Addons.FirstOrDefault(a => a.Prices == package)?.Quantity ?? 1;
            foreach (var sold in BilledCharge.InAdvance(billed, package))
            {
                if (sold.Charge.TopUpCurrencyId is { } currency)
                    yield return Slice(billed, subscription, sold, currency, items, period, anchor, at);
            }
        }
    }

    private static CreditContribution Slice(
        BilledContent billed, Subscription subscription, BilledCharge sold, CurrencyId currency, int items,
        BillingPeriod period, Instant anchor, Instant at)
    {
        var minimum = sold.Charge.MinUnitQuantity ?? 1;
        var quantity = sold.AddonId is null ? billed.CreditQuantities.GetValueOrDefault(currency, minimum) : minimum;
        // Packs are sold whole: a stair-step grants up to its bound.
        var credits = (PriceCalculator.CommittedLimit(sold.Charge, quantity) ?? quantity) * items;
        var running = subscription.RunningCharges.FirstOrDefault(c => c.Key == sold.Key);
        // The parts that were paid for, though a change that is not charged would sell others.
        var parts = running?.Credits?.Slices ?? CreditSlice.CountOf(sold.Charge, period, credits);
        var slice = CreditSlice.At(anchor, period, parts, at);
        // A period from before there was billing counts as paid at the list price.
        var whole = running?.Net
            ?? (subscription.RunningCharges.Count > 0
                ? 0
                : PriceCalculator.Amount(sold.Charge, quantity).Amount * items);
        var paid = running?.Granted is { } granted && granted.Until > at
            ? granted.Paid
            : slice.Money(whole, billed.Currency);
        return new()
        {
            CurrencyId = currency,
            Source = CreditGrantSource.Price,
            PackageId = sold.Package.Id,
            Package = sold.Package,
            Cadence = period == BillingPeriod.Annually && slice.Count == 1 ? CreditCadence.Year : CreditCadence.Month,
            BaseAmount = slice.Credits(credits),
            AddonQuantity = items,
            Cost = new(paid, billed.Currency),
            Effect = ContributionEffect.Counted,
        };
    }
}
