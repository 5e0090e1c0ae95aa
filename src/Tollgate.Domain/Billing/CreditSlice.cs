using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>
/// The part of a billing period that bought credits are handed out for (spec credits 8.5): the whole of it, or one of
/// the twelve months of an annual term. Parts of credits and of money add up to the whole exactly.
/// </summary>
/// <param name="Index">Which part runs, from 0.</param>
/// <param name="Count">How many parts the period has: 1 or 12.</param>
/// <param name="End">When the part ends: its credits expire, and the next ones are handed out.</param>
public readonly record struct CreditSlice(int Index, int Count, Instant End)
{
    private const int MonthsOfYear = 12;

    public static CreditSlice At(Instant anchor, BillingPeriod period, int count, Instant at)
    {
        if (count == 1)
            return new(0, 1, BillingPeriods.Containing(anchor, period, at).End);
        var index = BillingPeriods.IndexAt(anchor, BillingPeriod.Monthly, at)
            - (BillingPeriods.IndexAt(anchor, BillingPeriod.Annually, at) * MonthsOfYear);
        return new(index, MonthsOfYear, BillingPeriods.MonthContaining(anchor, at).End);
    }

    /// <summary>
    /// In how many parts the credits of a charge come: by the month where every month has at least one.
    /// </summary>
    public static int CountOf(Charge charge, BillingPeriod period, decimal credits) =>
        period == BillingPeriod.Annually && charge.CreditGrantCadence == CreditGrantCadence.Monthly
            && credits >= MonthsOfYear
            ? MonthsOfYear
            : 1;

    /// <summary>The credits of this part, whole ones; what rounding leaves comes in later parts.</summary>
    public decimal Credits(decimal whole) =>
        Until(whole, whole, Index + 1, decimal.Floor) - Until(whole, whole, Index, decimal.Floor);

    /// <summary>What the credits of this part cost, in the currency's minor units.</summary>
    public decimal Money(decimal whole, string currency) =>
        MoneyUntil(whole, Index + 1, currency) - MoneyUntil(whole, Index, currency);

    /// <summary>What the parts after this one cost together.</summary>
    public decimal MoneyAfter(decimal whole, string currency) =>
        MoneyUntil(whole, Count, currency) - MoneyUntil(whole, Index + 1, currency);

    private decimal MoneyUntil(decimal whole, int parts, string currency) => Until(
        whole, Currencies.Round(whole, currency), parts, sum => Currencies.Round(sum, currency));

    private decimal Until(decimal exact, decimal whole, int parts, Func<decimal, decimal> round) =>
        parts == 0 ? 0 : parts == Count ? whole : round(exact * parts / Count);
}
