using NodaTime;
using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Usage;

/// <summary>
/// The window arithmetic of spec entitlements-and-usage 5.2: UTC only, windows are <c>anchor + n units</c> for any
/// integer n, always counted from the ORIGINAL anchor so that Jan 31 gives Feb 28 and then Mar 31 again. Allocates
/// nothing.
/// </summary>
public static class UsageWindows
{
    /// <summary>1969-12-28, the last Sunday before the Unix epoch (day 0, a Thursday).</summary>
    private const int SundayBeforeEpoch = -4;

    /// <summary>The window that contains <paramref name="at"/>; instants before the anchor have windows too.</summary>
    /// <param name="rule">Null = usage never resets.</param>
    /// <param name="anchor">The exact start instant; it is truncated here, see <see cref="Truncate"/>.</param>
    /// <param name="at">The instant asked about, usually now.</param>
    public static UsageWindow At(ResetRule? rule, Instant anchor, Instant at) => rule?.Period switch
    {
        null => UsageWindow.Lifetime,
        ResetPeriod.Year => Anniversary(anchor, at, monthsPerUnit: 12),
        ResetPeriod.Month => Month(rule, anchor, at),
        ResetPeriod.Week => Repeating(WeekOrigin(rule, anchor), NodaConstants.TicksPerWeek, at),
        ResetPeriod.Day => Repeating(0, NodaConstants.TicksPerDay, at),
        ResetPeriod.Hour => Repeating(0, NodaConstants.TicksPerHour, at),
        _ => throw Unfit(rule),
    };

    /// <summary>
    /// The instant that windows are counted from: the anchor's UTC day, or its hour for HOUR. Callers see it as
    /// usagePeriodAnchor.
    /// </summary>
    public static Instant Truncate(ResetPeriod period, Instant anchor)
    {
        var unit = period == ResetPeriod.Hour ? NodaConstants.TicksPerHour : NodaConstants.TicksPerDay;
        return Instant.FromUnixTimeTicks(FloorDivide(anchor.ToUnixTimeTicks(), unit) * unit);
    }

    private static UsageWindow Month(ResetRule rule, Instant anchor, Instant at) => rule.Anchor switch
    {
        ResetAnchor.SubscriptionStart => Anniversary(anchor, at, monthsPerUnit: 1),
        // Counting from a first of the month is the calendar month, whatever first it is.
        ResetAnchor.StartOfTheMonth => Anniversary(NodaConstants.UnixEpoch, at, monthsPerUnit: 1),
        ResetAnchor.EverySunday or ResetAnchor.EveryMonday or ResetAnchor.EveryTuesday or ResetAnchor.EveryWednesday
            or ResetAnchor.EveryThursday or ResetAnchor.EveryFriday or ResetAnchor.EverySaturday
            or _ => throw Unfit(rule),
    };

    private static long WeekOrigin(ResetRule rule, Instant anchor) => rule.Anchor switch
    {
        ResetAnchor.SubscriptionStart => Truncate(ResetPeriod.Week, anchor).ToUnixTimeTicks(),
        ResetAnchor.StartOfTheMonth => throw Unfit(rule),
        _ => (SundayBeforeEpoch + (rule.Anchor - ResetAnchor.EverySunday)) * NodaConstants.TicksPerDay,
    };

    private static UsageWindow Repeating(long originTicks, long unitTicks, Instant at)
    {
        var n = FloorDivide(at.ToUnixTimeTicks() - originTicks, unitTicks);
        var start = originTicks + n * unitTicks;
        return new(Instant.FromUnixTimeTicks(start), Instant.FromUnixTimeTicks(start + unitTicks));
    }

    private static UsageWindow Anniversary(Instant anchor, Instant at, int monthsPerUnit)
    {
        var origin = anchor.InUtc().Date;
        var day = at.InUtc().Date;
        var months = (day.Year - origin.Year) * 12 + day.Month - origin.Month;
        var n = (int)FloorDivide(months, monthsPerUnit);
        // The same calendar month may still lie before the (clamped) day of the anchor.
        if (origin.PlusMonths(n * monthsPerUnit) > day)
            n--;
        return new(
            Midnight(origin.PlusMonths(n * monthsPerUnit)),
            Midnight(origin.PlusMonths((n + 1) * monthsPerUnit)));
    }

    private static Instant Midnight(LocalDate date) => Instant.FromUtc(date.Year, date.Month, date.Day, 0, 0);

    private static long FloorDivide(long value, long unit) => value >= 0 ? value / unit : -((unit - 1 - value) / unit);

    private static ArgumentException Unfit(ResetRule rule) =>
        new($"A {rule.Period} reset cannot start according to {rule.Anchor}.", nameof(rule));
}
