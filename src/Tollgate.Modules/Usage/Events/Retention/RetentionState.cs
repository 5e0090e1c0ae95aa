using NodaTime;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Accounts;

namespace Tollgate.Modules.Usage.Events.Retention;

/// <summary>
/// Where the retention of an environment's usage stands. The members of the steps are stored and stay.
/// </summary>
internal enum RetentionStep
{
    Idle = 0,
    SumEvents = 1,
    SumReports = 2,
    Remove = 3,
}

/// <summary>How far an environment's usage was removed, and what is being done about it.</summary>
internal sealed record RetentionState
{
    public required int UsageDays { get; init; }
    public required int ReportLogDays { get; init; }

    /// <summary>When to begin again; null = as the settings say.</summary>
    public Instant? DueAt { get; init; }

    /// <summary>Usage dated before it is not taken any more; null = any is.</summary>
    public Instant? ClosedAt { get; init; }

    /// <summary>Of events dated before it only the sums count.</summary>
    public Instant? SummedAt { get; init; }

    /// <summary>Events dated before it are gone.</summary>
    public Instant? RemovedAt { get; init; }
    public RetentionStep Step { get; init; }

    /// <summary>The customer, or the number of the sender, that the step did last; empty = none.</summary>
    public string Position { get; init; } = "";

    /// <summary>The rows of the meters whose sums are kept by the run, comma-separated.</summary>
    public string Meters { get; init; } = "";

    /// <summary>The last run, by the clock of the environment.</summary>
    public Instant? StartedAt { get; init; }

    /// <summary>Null = it goes on.</summary>
    public Instant? FinishedAt { get; init; }

    /// <summary>What it removed.</summary>
    public long Events { get; init; }
    public long Reports { get; init; }
    public int Months { get; init; }

    /// <summary>
    /// When its next month falls behind the horizon; not before the environment is as old as it keeps usage.
    /// </summary>
    public Instant DueFor(AccountEnvironment environment)
    {
        var grown = environment.CreatedAt + Duration.FromDays(UsageDays);
        return ClosedAt is { } closed ? Instant.Max(grown, RetentionMonths.DueAt(closed, UsageDays)) : grown;
    }
}
