using NodaTime;

namespace Tollgate.Domain.EventLog;

/// <summary>
/// What is kept for a number of days goes by whole UTC months, so that there is work once a month: it is kept at least
/// that long, and less than a month longer.
/// </summary>
public static class RetentionMonths
{
    /// <summary>The first of the UTC month that holds the instant, at 00:00.</summary>
    public static Instant StartOf(Instant at)
    {
        var date = at.InUtc().Date;
        return Instant.FromUtc(date.Year, date.Month, 1, 0, 0);
    }

    /// <summary>The first of the next UTC month, at 00:00.</summary>
    public static Instant Next(Instant at)
    {
        var start = StartOf(at).InUtc().Date.PlusMonths(1);
        return Instant.FromUtc(start.Year, start.Month, start.Day, 0, 0);
    }

    /// <summary>What is older may go: the start of a month, at least <paramref name="days"/> before now.</summary>
    public static Instant Horizon(Instant now, int days) => StartOf(now - Duration.FromDays(days));

    /// <summary>When what is dated at the instant falls behind the horizon.</summary>
    public static Instant DueAt(Instant dated, int days) => Next(dated) + Duration.FromDays(days);
}
