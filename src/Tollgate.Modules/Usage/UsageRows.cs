using NodaTime;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage;

/// <summary>
/// The statements of one group of reports. The two databases differ here because this is the hot path: PostgreSQL wants few
/// round trips with arrays, SQLite wants prepared statements run many times.
/// </summary>
internal interface IUsageRows
{
    /// <summary>What is stored under the idempotency keys of these reports.</summary>
    Task<IReadOnlyDictionary<ReportKey, StoredReport>> FindReportsAsync(
        Session session, IReadOnlyCollection<ReportKey> keys, CancellationToken cancellationToken);

    /// <summary>Every counter row of these keys.</summary>
    Task<IReadOnlyList<(UsageKey Key, UsageWindow Interval, UsageCounter Counter)>> LoadCountersAsync(
        Session session, IReadOnlyCollection<UsageKey> keys, CancellationToken cancellationToken);

    /// <summary>Appends the measurements in this order and writes the changed counters.</summary>
    Task WriteAsync(
        Session session,
        IReadOnlyList<NewMeasurement> measurements,
        IReadOnlyCollection<ChangedCounter> counters,
        CancellationToken cancellationToken);
}

/// <summary>An idempotency key within its customer, feature and resource.</summary>
internal readonly record struct ReportKey(UsageKey Scope, string Value);

/// <summary>A report stored under an idempotency key, with its first answer.</summary>
internal sealed record StoredReport(
    Guid Id,
    UpdateBehavior Behavior,
    decimal Value,
    bool IsDated,
    Instant At,
    Instant RecordedAt,
    string? Dimensions,
    decimal Usage,
    UsageWindow? Window)
{
    /// <summary>What it is read from, in the order both databases read it in.</summary>
    public const string Columns =
        "uid, behavior, value, is_dated, effective_at, recorded_at, dimensions, result_usage, result_start, result_end";
}

/// <summary>A measurement to append, with the answer to replay.</summary>
/// <param name="Plan">The report.</param>
/// <param name="Id">Its id; ids grow with the order of arrival.</param>
/// <param name="Usage">The usage of the current window after it.</param>
/// <param name="Growth">Of a SET: by how much it changed the usage of its own window; else null.</param>
internal sealed record NewMeasurement(PlannedMeasurement Plan, Guid Id, decimal Usage, decimal? Growth);

/// <summary>A counter in its new state; null = the row is no longer needed.</summary>
internal readonly record struct ChangedCounter(UsageKey Key, UsageWindow Interval, UsageCounter? Counter);
