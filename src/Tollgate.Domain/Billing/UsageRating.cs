using System.Globalization;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Domain.Usage;

namespace Tollgate.Domain.Billing;

/// <summary>
/// What usage costs in arrears (spec catalog 9.6 and 9.7): <see cref="Needs"/> says what must be measured, and
/// <see cref="Lines"/> rates the measurements. Measured quantities are rounded up to whole sold units once a line.
/// </summary>
public static class UsageRating
{
    /// <summary>What has to be known to rate the usage due.</summary>
    /// <param name="spans">The contents in force over the windows that are due, oldest first, without gaps.</param>
    /// <param name="due">The windows.</param>
    public static IReadOnlySet<UsageNeed> Needs(IReadOnlyList<ContentSpan> spans, ArrearsDue due) =>
        RatedUsage.Due(spans, due)
            .SelectMany(rated => rated.Billed is { } billed ? new[] { rated.Need, billed } : [rated.Need])
            .ToHashSet();

    /// <summary>
    /// One line a charge and stretch of time at one price: pay-as-you-go first, overage after it. Lines of 0 are kept.
    /// The minimum spend is the caller's next step (<see cref="MinimumSpendDraw"/>).
    /// </summary>
    /// <param name="spans">As for <see cref="Needs"/>.</param>
    /// <param name="due">The windows.</param>
    /// <param name="measured">An answer to every need.</param>
    public static IReadOnlyList<InvoiceLine> Lines(
        IReadOnlyList<ContentSpan> spans, ArrearsDue due, IReadOnlyDictionary<UsageNeed, MeasuredUsage> measured) =>
        [.. RatedUsage.Due(spans, due).Select(rated => rated.Billed is { } billed
            ? Rest(Line(rated, measured[rated.Need]), Line(rated with { Need = billed }, measured[billed]))
            : Line(rated, measured[rated.Need]))];

    /// <summary>
    /// What counts against a budget: pay-as-you-go before discount, tax and the minimum spend (spec subscriptions 3.5).
    /// </summary>
    public static decimal Cost(IEnumerable<InvoiceLine> lines) =>
        lines.Where(line => line.Type == InvoiceLineType.PayAsYouGoCharge).Sum(line => line.Amount);

    /// <summary>
    /// What the whole stretch costs less what its billed part did: the bills of a month sum up to its price, whatever
    /// was charged on the way, and a tier that makes everything cheaper gives back.
    /// </summary>
    internal static InvoiceLine Rest(InvoiceLine whole, InvoiceLine billed)
    {
        var amount = whole.Amount - billed.Amount;
        var isPerUnit = whole.UnitPrice == billed.UnitPrice && whole.Quantity != billed.Quantity;
        return whole with
        {
            Amount = amount,
            Quantity = isPerUnit ? whole.Quantity - billed.Quantity : 1,
            UnitPrice = isPerUnit ? whole.UnitPrice : amount,
            Usage = whole.Usage - billed.Usage,
            PeriodStart = billed.PeriodEnd,
            Inputs = new Dictionary<string, string>(whole.Inputs)
            {
                ["billed before"] = LineInputs.Number(billed.Usage!.Value),
                ["amount billed before"] = LineInputs.Number(billed.Amount),
            },
        };
    }

    internal static InvoiceLine Line(RatedUsage rated, MeasuredUsage measured)
    {
        var (content, charge) = (rated.Content, rated.Charge);
        var units = rated.Feature?.UnitTransformation;
        var raw = rated.Need.Measure switch
        {
            UsageMeasure.Level => measured.Level,
            UsageMeasure.Accumulated => measured.Accumulated,
            // Compared in raw units, so that dividing by the sold unit and rounding up comes last.
            UsageMeasure.PerUsageWindow => rated.Terms!.Included is { } included
                ? measured.Beyond(included * (units?.Divide ?? 1), rated.Terms.Reset is not null)
                : 0,
            _ => throw new ArgumentOutOfRangeException(nameof(rated), rated.Need.Measure, "Unknown measure."),
        };
        var quantity = SoldUnits.Billed(raw, units);
        var quote = PriceCalculator.Quote(charge.Charge, quantity);
        return new()
        {
            Type = rated.IsOverage ? InvoiceLineType.OverageCharge : InvoiceLineType.PayAsYouGoCharge,
            Description = charge.Describe(content),
            Amount = Currencies.Round(quote.Amount, content.Currency),
            Quantity = quote.Quantity,
            UnitPrice = quote.UnitPrice,
            Usage = quantity,
            PeriodStart = rated.Need.Window.Start,
            PeriodEnd = rated.Need.Window.End,
            SubscriptionId = content.SubscriptionId,
            PackageId = charge.Package.Id,
            Key = charge.Key,
            Inputs = Explain(rated, raw, quantity),
        };
    }

    private static Dictionary<string, string> Explain(RatedUsage rated, decimal raw, decimal quantity)
    {
        var inputs = new Dictionary<string, string>(LineInputs.Of(
            rated.Charge.Package, (rated.IsOverage ? "measured beyond" : "measured", raw), ("billed units", quantity)))
        {
            ["counted"] = rated.Need.Measure switch
            {
                UsageMeasure.Level => "level at the end",
                UsageMeasure.Accumulated => "added in the period",
                UsageMeasure.PerUsageWindow => "beyond the included amount",
                _ => throw new ArgumentOutOfRangeException(nameof(rated), rated.Need.Measure, "Unknown measure."),
            },
        };
        if (rated.Terms is { } terms)
        {
            inputs["included"] = terms.Included is { } included ? LineInputs.Number(included) : "unlimited";
            if (terms.Reset is { } reset)
                inputs["resets every"] = reset.Period.ToString().ToLower(CultureInfo.InvariantCulture);
        }

        return inputs;
    }
}
