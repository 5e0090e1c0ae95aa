using NodaTime;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Rows;

namespace Tollgate.Modules.Usage;

/// <summary>
/// A report under a key that is stored: the same payload gets the first answer, another one is a conflict.
/// </summary>
internal static class ReportReplay
{
    public static Result<UsageRecorded> Of(PlannedMeasurement plan, StoredReport stored)
    {
        var report = plan.Report;
        var sameInstant = report.CreatedAt is { } at ? stored.IsDated && at == stored.At : !stored.IsDated;
        if (!sameInstant || report.Behavior != stored.Behavior || report.Value != stored.Value
            || !JsonTexts.AreSame(report.Dimensions, stored.Dimensions))
        {
            return new Refusal(ErrorCode.DuplicatedEntityNotAllowed,
                $"The idempotencyKey '{report.IdempotencyKey}' of customer '{report.CustomerId}' and feature "
                + $"'{report.FeatureId}' was used for "
                + $"{Describe(stored.Behavior, stored.Value, stored.IsDated ? stored.At : null, stored.Dimensions)}; "
                + $"this report is {Describe(report.Behavior, report.Value, report.CreatedAt, report.Dimensions)}. "
                + "Send the same report again or use a new key.");
        }

        return new UsageRecorded
        {
            Id = stored.Id,
            Report = report,
            Timestamp = stored.At,
            RecordedAt = stored.RecordedAt,
            CurrentUsage = stored.Usage,
            Window = stored.Window,
        };
    }

    private static string Describe(UpdateBehavior behavior, decimal value, Instant? createdAt, string? dimensions) =>
        $"{behavior.ToString().ToUpperInvariant()} {value:0.#############################}"
        + (createdAt is null ? "" : $" at {createdAt}")
        + (dimensions is null ? "" : $" with {dimensions}");
}
