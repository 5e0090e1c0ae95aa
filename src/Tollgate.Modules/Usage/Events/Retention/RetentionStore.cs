using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Usage;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events.Retention;

/// <summary>Rows of usage_retention.</summary>
internal static class RetentionStore
{
    /// <summary>
    /// Its row says from when on months are gone for all environments, those that are still to come too.
    /// </summary>
    public static readonly EnvironmentId Everyone = new(0);

    private const long Never = long.MinValue;

    /// <summary>Held by whoever changes a row.</summary>
    public static LockKey Lock(EnvironmentId environment) => LockKey.Of(environment.Value, "usage-retention", "");

    private const string Columns = """
        usage_days AS UsageDays, report_log_days AS ReportLogDays, due_at AS DueAt, closed_at AS ClosedAt, summed_at AS SummedAt,
        removed_at AS RemovedAt, step AS Step, position AS Position, meters AS Meters, started_at AS StartedAt,
        finished_at AS FinishedAt, events AS Events, reports AS Reports, months AS Months
        """;

    public static RetentionState Initial { get; } = new()
    {
        UsageDays = RetentionSettings.Default.UsageDays,
        ReportLogDays = RetentionSettings.Default.ReportLogDays,
    };

    /// <summary>Null: nothing was ever set or removed.</summary>
    public static async Task<RetentionState?> FindAsync(Session session, EnvironmentId environment) =>
        (await session.Connection.QuerySingleOrDefaultAsync<Row>(
            $"SELECT {Columns} FROM usage_retention WHERE environment_id = @environment",
            new { environment = environment.Value },
            session.Transaction))?.ToState();

    public static Task SaveAsync(Session session, EnvironmentId environment, RetentionState state) =>
        session.Connection.ExecuteAsync(
            """
            INSERT INTO usage_retention (environment_id, usage_days, report_log_days, due_at, closed_at, summed_at, removed_at,
              step, position, meters, started_at, finished_at, events, reports, months)
            VALUES (@environment, @UsageDays, @ReportLogDays, @due, @closed, @summed, @removed,
              @step, @Position, @Meters, @started, @finished, @Events, @Reports, @Months)
            ON CONFLICT (environment_id) DO UPDATE SET usage_days = excluded.usage_days,
              report_log_days = excluded.report_log_days, due_at = excluded.due_at, closed_at = excluded.closed_at,
              summed_at = excluded.summed_at, removed_at = excluded.removed_at, step = excluded.step,
              position = excluded.position, meters = excluded.meters, started_at = excluded.started_at,
              finished_at = excluded.finished_at, events = excluded.events, reports = excluded.reports, months = excluded.months
            """,
            new
            {
                environment = environment.Value,
                state.UsageDays,
                state.ReportLogDays,
                due = state.DueAt?.ToUnixTimeMilliseconds(),
                closed = OrNever(state.ClosedAt),
                summed = OrNever(state.SummedAt),
                removed = OrNever(state.RemovedAt),
                step = (int)state.Step,
                state.Position,
                state.Meters,
                started = state.StartedAt?.ToUnixTimeMilliseconds(),
                finished = state.FinishedAt?.ToUnixTimeMilliseconds(),
                state.Events,
                state.Reports,
                state.Months,
            },
            session.Transaction);

    /// <summary>Before it no usage is taken; null = any is.</summary>
    public static async Task<Instant?> ClosedAtAsync(Session session, EnvironmentId environment)
    {
        var closed = await session.Connection.ExecuteScalarAsync<long?>(
            "SELECT max(closed_at) FROM usage_retention WHERE environment_id IN (0, @environment)",
            new { environment = environment.Value },
            session.Transaction);
        return OrNull(closed ?? Never);
    }

    public static async Task<UsageHorizon> HorizonAsync(Session session, EnvironmentId environment) =>
        await session.Connection.QuerySingleOrDefaultAsync<HorizonRow>(
            "SELECT closed_at AS ClosedAt, summed_at AS SummedAt FROM usage_retention WHERE environment_id = @environment",
            new { environment = environment.Value },
            session.Transaction) is { } row
                ? new(row.ClosedAt, row.SummedAt)
                : UsageHorizon.None;

    /// <summary>Whether anything was ever sent or reported.</summary>
    public static Task<bool> HasUsageAsync(Session session, EnvironmentId environment) =>
        session.Connection.ExecuteScalarAsync<bool>(
            """
            SELECT EXISTS (SELECT 1 FROM event_sources WHERE environment_id = @environment)
              OR EXISTS (SELECT 1 FROM measurements WHERE environment_id = @environment)
            """,
            new { environment = environment.Value },
            session.Transaction);

    private static long OrNever(Instant? at) => at?.ToUnixTimeMilliseconds() ?? Never;

    private static Instant? OrNull(long at) => at == Never ? null : Instant.FromUnixTimeMilliseconds(at);

    private sealed class HorizonRow
    {
        public long ClosedAt { get; set; }
        public long SummedAt { get; set; }
    }

    private sealed class Row
    {
        public long UsageDays { get; set; }
        public long ReportLogDays { get; set; }
        public long? DueAt { get; set; }
        public long ClosedAt { get; set; }
        public long SummedAt { get; set; }
        public long RemovedAt { get; set; }
        public long Step { get; set; }
        public string Position { get; set; } = "";
        public string Meters { get; set; } = "";
        public long? StartedAt { get; set; }
        public long? FinishedAt { get; set; }
        public long Events { get; set; }
        public long Reports { get; set; }
        public long Months { get; set; }

        public RetentionState ToState() => new()
        {
            UsageDays = (int)UsageDays,
            ReportLogDays = (int)ReportLogDays,
            DueAt = DueAt is { } due ? Instant.FromUnixTimeMilliseconds(due) : null,
            ClosedAt = OrNull(ClosedAt),
            SummedAt = OrNull(SummedAt),
            RemovedAt = OrNull(RemovedAt),
            Step = (RetentionStep)Step,
            Position = Position,
            Meters = Meters,
            StartedAt = StartedAt is { } started ? Instant.FromUnixTimeMilliseconds(started) : null,
            FinishedAt = FinishedAt is { } finished ? Instant.FromUnixTimeMilliseconds(finished) : null,
            Events = Events,
            Reports = Reports,
            Months = (int)Months,
        };
    }
}
