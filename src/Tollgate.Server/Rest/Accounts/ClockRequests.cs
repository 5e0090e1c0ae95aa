using System.Text.Json;
using NodaTime;
using NodaTime.Text;
using Tollgate.Domain.Errors;

namespace Tollgate.Server.Rest.Accounts;

/// <summary>Where a clock is to be moved: to an instant, or on by a period in calendar units.</summary>
internal static class ClockRequests
{
    /// <summary>The last instant that can be written.</summary>
    private static readonly Instant Last = Instant.FromUtc(9999, 12, 31, 23, 59, 59);

    /// <summary>
    /// Reads the target; the function answers the instant meant when the clock shows the one it is given.
    /// </summary>
    public static Result<Func<Instant, Result<Instant>>> TargetFromRest(JsonElement body)
    {
        var (to, by) = (body.InstantOrNull("to"), body.TextOrNull("by"));
        // Freezing or releasing the clock where it stands needs no target.
        if (to is null && by is null && body.FlagOrNull("frozen") is not null)
            return Result<Func<Instant, Result<Instant>>>.Ok(now => now);
        if (to is null == by is null)
        {
            return Refusal.Of(ErrorCode.BadUserInput,
                [new("to", "Give one of to (an instant) and by (a period such as P1M), or only frozen.")]);
        }

        if (to is { } instant)
            return Result<Func<Instant, Result<Instant>>>.Ok(_ => instant);
        var parsed = PeriodPattern.Roundtrip.Parse(by!);
        if (!parsed.Success || !IsNotBack(parsed.Value))
        {
            return Refusal.Of(ErrorCode.BadUserInput,
                [new(
                    "by",
                    $"by is '{by}'; give an ISO 8601 period that does not go back, such as P1M, P14M, P1DT12H or "
                    + "PT0S.")]);
        }

        return Result<Func<Instant, Result<Instant>>>.Ok(now => Add(now, parsed.Value));
    }

    private static bool IsNotBack(Period period)
    {
        long[] parts =
        [
            period.Years, period.Months, period.Weeks, period.Days, period.Hours, period.Minutes, period.Seconds,
            period.Milliseconds,
        ];
        return parts.All(part => part >= 0) && period is { Ticks: 0, Nanoseconds: 0 };
    }

    private static Result<Instant> Add(Instant now, Period period)
    {
        try
        {
            var target = now.InUtc().LocalDateTime.Plus(period).InUtc().ToInstant();
            if (target <= Last)
                return target;
        }
        catch (Exception exception) when (exception is OverflowException or ArgumentOutOfRangeException)
        {
            // Beyond what a calendar can name: refused like anything beyond the last instant.
        }

        return Refusal.Of(ErrorCode.BadUserInput,
            [new("by", $"{now} plus the period lies beyond the year 9999; give a shorter one.")]);
    }
}
