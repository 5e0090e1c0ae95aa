using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Billing;

/// <summary>
/// What overdrawn credits cost in arrears (spec credits 11): <see cref="Needs"/> says what must be measured, and
/// <see cref="Lines"/> prices the answers.
/// </summary>
internal static class CreditOverageRating
{
    /// <summary>What has to be known to bill the deficits that are due; empty for most.</summary>
    public static IReadOnlySet<CreditNeed> Needs(IReadOnlyList<ContentSpan> spans, ArrearsDue due) =>
        RatedCredits.Due(spans, due).Select(rated => rated.Need).ToHashSet();

    /// <summary>
    /// One line a price and stretch of time; lines of 0 are kept. Credits count in whole ones, rounded up once a
    /// stretch however often it is billed on the way.
    /// </summary>
    /// <param name="spans">As for <see cref="Needs"/>.</param>
    /// <param name="due">The windows.</param>
    /// <param name="measured">An answer to every need.</param>
    public static IReadOnlyList<OverdrawnLine> Lines(
        IReadOnlyList<ContentSpan> spans, ArrearsDue due, IReadOnlyDictionary<CreditNeed, MeasuredDeficit> measured) =>
        [.. RatedCredits.Due(spans, due).Select(rated =>
            new OverdrawnLine(Line(rated, due, measured[rated.Need]), rated.Need, measured[rated.Need].Owed))];

    private static InvoiceLine Line(RatedCredits rated, ArrearsDue due, MeasuredDeficit deficit)
    {
        var whole = Line(rated, deficit.Total);
        if (deficit.Billed == 0)
            return whole;
        var until = due.BilledUntil is { } billed && rated.Window.Contains(billed) ? billed : rated.Window.Start;
        return UsageRating.Rest(
            whole, Line(rated with { Window = rated.Window with { End = until } }, deficit.Billed));
    }

    private static InvoiceLine Line(RatedCredits rated, decimal credits)
    {
        var (content, charge) = (rated.Content, rated.Charge);
        var units = decimal.Ceiling(credits);
        // An overage is usage, whichever of the two models spells it: nothing overdrawn costs nothing.
        var quote = PriceCalculator.Quote(charge.Charge with { Model = BillingModel.UsageBased }, units);
        return new()
        {
            Type = InvoiceLineType.OverageCharge,
            Description = charge.Describe(content),
            Amount = Currencies.Round(quote.Amount, content.Currency),
            Quantity = quote.Quantity,
            UnitPrice = quote.UnitPrice,
            Usage = units,
            PeriodStart = rated.Window.Start,
            PeriodEnd = rated.Window.End,
            SubscriptionId = content.SubscriptionId,
            PackageId = charge.Package.Id,
            Key = charge.Key,
            Inputs = new Dictionary<string, string>(
                LineInputs.Of(charge.Package, ("overdrawn credits", credits), ("billed units", units)))
            {
                ["counted"] = "overdrawn in the period and not repaid by grants",
            },
        };
    }
}

/// <summary>A line about overdrawn credits, and how many of them it settles.</summary>
/// <param name="Line">To bill.</param>
/// <param name="Need">Their currency, and when they were overdrawn.</param>
/// <param name="Credits">0 or more.</param>
internal sealed record OverdrawnLine(InvoiceLine Line, CreditNeed Need, decimal Credits);
