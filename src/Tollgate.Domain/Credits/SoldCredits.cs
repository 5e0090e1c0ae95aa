using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Credits;

/// <summary>
/// Credits that a subscription buys every billing period (spec credits 8.5): at once at its beginning, or a twelfth of an annual
/// term each month, at what they cost.
/// </summary>
internal static class SoldCredits
{
    private const int MonthsOfYear = 12;

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
        var paid = subscription.RunningCharges.FirstOrDefault(c => c.Key == sold.Key)?.Net
            ?? PriceCalculator.Amount(sold.Charge, quantity).Amount * items;
        var isSliced = period == BillingPeriod.Annually
            && sold.Charge.CreditGrantCadence == CreditGrantCadence.Monthly;
        if (isSliced)
        {
            var month = BillingPeriods.IndexAt(anchor, BillingPeriod.Monthly, at)
                - (BillingPeriods.IndexAt(anchor, BillingPeriod.Annually, at) * MonthsOfYear);
            credits = Share(credits, month, decimal.Floor);
            paid = Share(paid, month, sum => Currencies.Round(sum, billed.Currency));
        }

        return new()
        {
            CurrencyId = currency,
            Source = CreditGrantSource.Price,
            PackageId = sold.Package.Id,
            Package = sold.Package,
            Cadence = period == BillingPeriod.Annually && !isSliced ? CreditCadence.Year : CreditCadence.Month,
            BaseAmount = credits,
            AddonQuantity = items,
            Cost = new(Currencies.Round(paid, billed.Currency), billed.Currency),
            Effect = ContributionEffect.Counted,
        };
    }

    /// <summary>Part <paramref name="month"/> of twelve; what rounding leaves comes in later months, and all parts are the
    /// whole.</summary>
    private static decimal Share(decimal whole, int month, Func<decimal, decimal> round) =>
        month == MonthsOfYear - 1
            ? whole - round(whole * month / MonthsOfYear)
            : round(whole * (month + 1) / MonthsOfYear) - round(whole * month / MonthsOfYear);
}
