using System.Globalization;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Usage;

/// <summary>
/// How many days an environment keeps what happened in it (spec entitlements-and-usage 8.2, platform 8). Counters, and
/// what is needed to count on, are kept for ever.
/// </summary>
/// <param name="UsageDays">Raw events and usage reports, by the instant they are dated.</param>
/// <param name="ReportLogDays">For how long each report is listed as the event MEASUREMENT_REPORTED.</param>
/// <param name="EventLogDays">The event log.</param>
public sealed record RetentionSettings(int UsageDays, int ReportLogDays, int EventLogDays)
{
    /// <summary>
    /// At least 13 months, so that a year can be compared with the one before and a yearly window is whole.
    /// </summary>
    public const int MinUsageDays = 400;
    public const int MinReportLogDays = 1;
    public const int MinEventLogDays = 30;

    /// <summary>A hundred years.</summary>
    public const int MaxDays = 36_500;

    public static RetentionSettings Default { get; } = new(MinUsageDays, 30, 365);

    /// <summary>What is wrong with them; null when nothing is.</summary>
    public Refusal? Check()
    {
        var findings = new Findings();
        Check(findings, "usageDays", UsageDays, MinUsageDays);
        Check(findings, "reportLogDays", ReportLogDays, MinReportLogDays);
        Check(findings, "eventLogDays", EventLogDays, MinEventLogDays);
        if (ReportLogDays > UsageDays)
        {
            findings.Add(ErrorCode.InvalidArgumentError, "reportLogDays",
                $"reportLogDays is {ReportLogDays}, but usage is kept for {UsageDays} days; give at most usageDays.");
        }

        return findings.ToRefusal();
    }

    private static void Check(Findings findings, string field, int given, int least)
    {
        if (given < least || given > MaxDays)
        {
            findings.Add(ErrorCode.InvalidArgumentError, field, string.Create(
                CultureInfo.InvariantCulture,
                $"{field} is {given}; give {least} to {MaxDays} days."));
        }
    }
}
