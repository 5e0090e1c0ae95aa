using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>
/// The lines a subscription pays before it uses anything: one a charge, in the order base fee, committed units,
/// add-ons, recurring credits, minimum spend (spec catalog 9.9, subscriptions 11). Lines of 0 are kept; discounts come
/// later.
/// </summary>
public static class InAdvance
{
    /// <summary>What a full period costs.</summary>
    /// <param name="content">What is subscribed to.</param>
    /// <param name="service">The service period the lines name.</param>
    public static IReadOnlyList<InvoiceLine> Lines(BilledContent content, BillingWindow service)
    {
        var lines = new List<InvoiceLine>();
        var ofPlan = BilledCharge.InAdvance(content, content.Plan).ToList();
        foreach (var charge in ofPlan.Where(c => c.Charge.Model == BillingModel.FlatFee))
            lines.Add(Line(content, charge, UnitsOf(content, charge.Charge), 1, service));
        foreach (var charge in ofPlan.Where(c => c.Charge is { Model: BillingModel.PerUnit, FeatureId: not null }))
            lines.Add(Line(content, charge, UnitsOf(content, charge.Charge), 1, service));
        var free = FreeItemWaiver.Of(content);
        foreach (var addon in content.Addons)
        {
            if (FreeItemWaiver.Charged(addon, free) is > 0 and var items)
                lines.AddRange(OfAddon(content, BilledCharge.InAdvance(content, addon.Prices), items, service));
        }

        foreach (var charge in ofPlan.Where(c => c.Charge is { Model: BillingModel.PerUnit, FeatureId: null }))
            lines.Add(Line(content, charge, UnitsOf(content, charge.Charge), 1, service));
        if (content.MinimumSpend is { } minimum && minimum.Currency == content.Currency)
            lines.Add(MinimumSpendLine(content, minimum, service));
        return lines;
    }

    /// <summary>
    /// What is paid once and was not bought before: everything at provisioning, the added items and units at a later
    /// change, at their full price and in no later period (spec catalog 9.9). What costs nothing more has no line.
    /// </summary>
    /// <param name="after">The content bought.</param>
    /// <param name="before">The content held until now; null when there was none, or it was never paid for.</param>
    /// <param name="at">When it is bought.</param>
    public static IReadOnlyList<InvoiceLine> OneOffLines(BilledContent after, BilledContent? before, Instant at)
    {
        var lines = new List<InvoiceLine>();
        var bought = new BillingWindow(at, at);
        var held = before?.Plan.Id == after.Plan.Id ? before : null;
        foreach (var charge in BilledCharge.OneOff(after, after.Plan))
        {
            var isHeld = held is not null && BilledCharge.OneOff(held, held.Plan).Any(c => c.Key == charge.Key);
            if (charge.Charge.Model == BillingModel.FlatFee ? isHeld : held is not null && isHeld
                && UnitsOf(after, charge.Charge) <= UnitsOf(held, charge.Charge))
            {
                continue;
            }

            var units = UnitsOf(after, charge.Charge) - (isHeld ? UnitsOf(held!, charge.Charge) : 0);
            lines.Add(Line(after, charge, units, 1, bought));
        }

        var (freeAfter, freeBefore) = (FreeItemWaiver.Of(after), before is null ? [] : FreeItemWaiver.Of(before));
        foreach (var addon in after.Addons)
        {
            var had = before?.Addons.FirstOrDefault(a => a.Prices.Id == addon.Prices.Id);
            var items = FreeItemWaiver.Charged(addon, freeAfter)
                - (had is null ? 0 : FreeItemWaiver.Charged(had, freeBefore));
            if (items > 0)
                lines.AddRange(OfAddon(after, BilledCharge.OneOff(after, addon.Prices), items, bought));
        }

        return lines;
    }

    private static IEnumerable<InvoiceLine> OfAddon(
        BilledContent content, IEnumerable<BilledCharge> charges, int items, BillingWindow service) =>
        charges.OrderBy(c => c.Charge.Model != BillingModel.FlatFee)
            .Select(c => Line(content, c, c.Charge.MinUnitQuantity ?? 1, items, service));

    private static InvoiceLine Line(
        BilledContent content, BilledCharge charge, decimal units, int items, BillingWindow service)
    {
        var quote = PriceCalculator.Quote(charge.Charge, units);
        return new()
        {
            Type = TypeOf(charge.Key),
            Description = charge.Describe(content),
            Amount = Currencies.Round(quote.Amount * items, content.Currency),
            Quantity = quote.Quantity * items,
            UnitPrice = quote.UnitPrice,
            PeriodStart = service.Start,
            PeriodEnd = service.End,
            SubscriptionId = content.SubscriptionId,
            PackageId = charge.Package.Id,
            Key = charge.Key,
            Credits = charge.Charge.TopUpCurrencyId is null
                ? null
                : SoldBy(charge.Charge, units, items, content.Period),
            Inputs = LineInputs.Of(charge.Package, ("units", units * items)),
        };
    }

    /// <summary>Packs are sold whole: a stair-step grants up to its bound.</summary>
    private static CreditsSold SoldBy(Charge charge, decimal units, int items, BillingPeriod period)
    {
        var credits = (PriceCalculator.CommittedLimit(charge, units) ?? units) * items;
        return new(credits, CreditSlice.CountOf(charge, period, credits));
    }

    private static InvoiceLine MinimumSpendLine(BilledContent content, Money minimum, BillingWindow service) => new()
    {
        Type = InvoiceLineType.MinimumSpendCharge,
        Description = MinimumSpendDraw.Describe(content),
        Amount = Currencies.Round(minimum.Amount, content.Currency),
        UnitPrice = minimum.Amount,
        PeriodStart = service.Start,
        PeriodEnd = service.End,
        SubscriptionId = content.SubscriptionId,
        PackageId = content.Plan.Id,
        Inputs = LineInputs.Of(content.Plan),
    };

    internal static InvoiceLineType TypeOf(ChargeKey key) =>
        key.AddonId is not null ? InvoiceLineType.AddonCharge
        : key is { Model: BillingModel.FlatFee, Cadence: BillingCadence.Recurring } ? InvoiceLineType.BaseCharge
        : key.Cadence == BillingCadence.Recurring ? InvoiceLineType.InAdvanceCommitmentCharge
        : InvoiceLineType.Other;

    private static decimal UnitsOf(BilledContent content, Charge charge)
    {
        var minimum = charge.MinUnitQuantity ?? 1;
        if (charge.FeatureId is { } feature)
            return content.Quantities.TryGetValue(feature, out var committed) ? committed : minimum;
        if (charge.TopUpCurrencyId is { } currency)
            return content.CreditQuantities.TryGetValue(currency, out var bought) ? bought : minimum;
        return 1;
    }
}
