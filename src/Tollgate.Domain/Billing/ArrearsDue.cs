using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>
/// Which stretches of usage one bill is for: pay-as-you-go and monthly overage bill the billing month, overage on
/// renewal the whole term (spec catalog 9.6, 9.7). What was charged on demand meanwhile is taken off.
/// </summary>
public sealed record ArrearsDue
{
    /// <summary>The billing month, up to this bill.</summary>
    public required BillingWindow Month { get; init; }

    /// <summary>
    /// Usage of the month up to this instant is billed already: the bill is for what the whole month costs less what
    /// that part did, so that tiers and blocks are those of the month however often it is charged. Null = none is.
    /// </summary>
    public Instant? BilledUntil { get; init; }

    /// <summary>The term, when it ends with this bill; null inside it.</summary>
    public BillingWindow? Term { get; init; }

    /// <summary>
    /// True when the month goes on after this bill (usage charged on demand): what is measured as a level, and is worth
    /// its price once a month, waits for the month's end.
    /// </summary>
    public bool IsInterim { get; init; }

    /// <summary>The bill at the end of a billing month, which may be the end of the term.</summary>
    /// <param name="anchor">What periods are counted from.</param>
    /// <param name="period">The term.</param>
    /// <param name="at">The end: an anniversary of the anchor.</param>
    /// <param name="billedUntil">Usage before it is billed already; null = none is.</param>
    public static ArrearsDue AtBoundary(Instant anchor, BillingPeriod period, Instant at, Instant? billedUntil)
    {
        var justBefore = at - Duration.FromMilliseconds(1);
        var term = BillingPeriods.Containing(anchor, period, justBefore);
        return Of(BillingPeriods.MonthContaining(anchor, justBefore).Start, term.Start, at, billedUntil,
            endsTerm: term.End == at);
    }

    /// <summary>The bill of a term that is cut short: by an end, or by a change that begins a new one.</summary>
    /// <param name="anchor">What periods are counted from.</param>
    /// <param name="period">The term.</param>
    /// <param name="start">When the running period began.</param>
    /// <param name="at">The end.</param>
    /// <param name="billedUntil">Usage before it is billed already; null = none is.</param>
    public static ArrearsDue AtEnd(
        Instant anchor, BillingPeriod period, Instant start, Instant at, Instant? billedUntil)
    {
        var lastInstant = at > start ? at - Duration.FromMilliseconds(1) : start;
        return Of(BillingPeriods.MonthContaining(anchor, lastInstant).Start,
            BillingPeriods.Containing(anchor, period, lastInstant).Start, at, billedUntil, endsTerm: true);
    }

    /// <summary>Usage charged on demand, in the middle of a month.</summary>
    public static ArrearsDue OnDemand(
        Instant anchor, BillingPeriod period, Instant start, Instant until, Instant? billedUntil) =>
        AtEnd(anchor, period, start, until, billedUntil) with { Term = null, IsInterim = true };

    private static ArrearsDue Of(
        Instant monthStart, Instant termStart, Instant at, Instant? billedUntil, bool endsTerm) => new()
        {
            Month = new(monthStart, at),
            BilledUntil = billedUntil > monthStart ? billedUntil : null,
            // Overage on renewal waits for the renewal, whatever was billed on the way.
            Term = endsTerm ? new(termStart, at) : null,
        };
}
