using System.Runtime.InteropServices;
using NodaTime;
using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Subscriptions;

/// <summary>A half-open stretch of time <c>[Start, End)</c>, exact to the millisecond.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct BillingWindow(Instant Start, Instant End)
{
    public bool Contains(Instant instant) => Start <= instant && instant < End;
}

/// <summary>
/// Periods counted from an immutable anchor: period n is <c>[anchor + n terms, anchor + (n + 1) terms)</c>, where a
/// term is 1 or
/// 12 calendar months in UTC and a missing day becomes the last of its month (spec subscriptions 3.4). Every bound is
/// computed
/// from the anchor itself, never from the bound before: Jan 31, Feb 28, Mar 31.
/// </summary>
public static class BillingPeriods
{
    private const int LastYear = 9999;

    public static int MonthsOf(BillingPeriod period) => period switch
    {
        BillingPeriod.Monthly => 1,
        BillingPeriod.Annually => 12,
        _ => throw new ArgumentOutOfRangeException(nameof(period), period, "Not a billing period."),
    };

    /// <summary>The last millisecond that a calendar can name: what would lie beyond it ends here instead.</summary>
    public static readonly Instant EndOfCalendar =
        Instant.FromUtc(LastYear, 12, 31, 23, 59, 59) + Duration.FromMilliseconds(999);

    /// <summary>
    /// <paramref name="anchor"/> plus calendar months, clamped to the last day of the month reached and to
    /// <see cref="EndOfCalendar"/>: dates that callers give may lie close to it.
    /// </summary>
    public static Instant AddMonths(Instant anchor, int months)
    {
        var from = anchor.InUtc().LocalDateTime;
        var reached = ((long)from.Year * 12) + from.Month - 1 + months;
        return reached >= 12L * (LastYear + 1) ? EndOfCalendar : from.PlusMonths(months).InUtc().ToInstant();
    }

    /// <summary>Period <paramref name="n"/>, counted from 0; negative numbers lie before the anchor.</summary>
    public static BillingWindow Nth(Instant anchor, BillingPeriod period, int n)
    {
        var months = MonthsOf(period);
        return new(AddMonths(anchor, n * months), AddMonths(anchor, (n + 1) * months));
    }

    /// <summary>The one period that contains <paramref name="at"/>.</summary>
    public static BillingWindow Containing(Instant anchor, BillingPeriod period, Instant at) =>
        Nth(anchor, period, IndexAt(anchor, period, at));

    /// <summary>The number of the period that contains <paramref name="at"/>.</summary>
    public static int IndexAt(Instant anchor, BillingPeriod period, Instant at)
    {
        var from = anchor.InUtc();
        var to = at.InUtc();
        var months = ((to.Year - from.Year) * 12) + to.Month - from.Month;
        // The calendar distance overshoots by one while the anchor's day and time of that month are still ahead.
        if (AddMonths(anchor, months) > at)
            months--;
        return FloorDivide(months, MonthsOf(period));
    }

    /// <summary>The monthly slice of a term, for both cadences: what overage and the ends-soon notice go by.</summary>
    public static BillingWindow MonthContaining(Instant anchor, Instant at) =>
        Containing(anchor, BillingPeriod.Monthly, at);

    private static int FloorDivide(int dividend, int divisor) =>
        (dividend / divisor) - (dividend % divisor < 0 ? 1 : 0);
}
