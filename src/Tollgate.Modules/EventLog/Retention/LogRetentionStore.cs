using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Usage;
using Tollgate.Storage;

namespace Tollgate.Modules.EventLog.Retention;

/// <summary>For how long environments keep their event log, and the rows that are too old.</summary>
internal static class LogRetentionStore
{
    /// <summary>Rows that one transaction deletes at most.</summary>
    internal const int Batch = 500;

    public static async Task<LogRetention> FindAsync(Session session, EnvironmentId environment) =>
        await session.Connection.QuerySingleOrDefaultAsync<Row>(
            "SELECT days AS Days, removed_at AS RemovedAt, events AS Events FROM event_log_retention "
            + "WHERE environment_id = @environment",
            new { environment = environment.Value },
            session.Transaction) is { } row
                ? new((int)row.Days, row.RemovedAt is { } at ? Instant.FromUnixTimeMilliseconds(at) : null, row.Events)
                : new(RetentionSettings.Default.EventLogDays, null, 0);

    public static Task SetAsync(
        Session session, EnvironmentId environment, int days) => session.Connection.ExecuteAsync(
        """
        INSERT INTO event_log_retention (environment_id, days, events) VALUES (@environment, @days, 0)
        ON CONFLICT (environment_id) DO UPDATE SET days = excluded.days
        """,
        new { environment = environment.Value, days },
        session.Transaction);

    /// <summary>When the oldest event falls behind the horizon; null = there is none.</summary>
    public static async Task<Instant?> DueAtAsync(Session session, EnvironmentId environment)
    {
        var oldest = await session.Connection.ExecuteScalarAsync<long?>(
            "SELECT min(created_at) FROM events WHERE environment_id = @environment",
            new { environment = environment.Value },
            session.Transaction);
        return oldest is { } at
            ? RetentionMonths.DueAt(Instant.FromUnixTimeMilliseconds(at), (await FindAsync(session, environment)).Days)
            : null;
    }

    /// <summary>Deletes some of the oldest events before the horizon; how many.</summary>
    public static async Task<int> SweepAsync(Session session, EnvironmentId environment, Instant now)
    {
        var log = await FindAsync(session, environment);
        var deleted = await session.Connection.ExecuteAsync(
            """
            DELETE FROM events WHERE seq IN (
              SELECT seq FROM events WHERE environment_id = @environment AND created_at < @horizon
              ORDER BY created_at LIMIT @most)
            """,
            new
            {
                environment = environment.Value,
                horizon = RetentionMonths.Horizon(now, log.Days).ToUnixTimeMilliseconds(),
                most = Batch,
            },
            session.Transaction);
        if (deleted == 0)
            return 0;
        await session.Connection.ExecuteAsync(
            """
            INSERT INTO event_log_retention (environment_id, days, removed_at, events)
            VALUES (@environment, @days, @now, @deleted)
            ON CONFLICT (environment_id) DO UPDATE SET
              events = CASE WHEN event_log_retention.removed_at = @now THEN event_log_retention.events
                ELSE 0 END + @deleted,
              removed_at = @now
            """,
            new { environment = environment.Value, days = log.Days, now = now.ToUnixTimeMilliseconds(), deleted },
            session.Transaction);
        return deleted;
    }

    private sealed class Row
    {
        public long Days { get; set; }
        public long? RemovedAt { get; set; }
        public long Events { get; set; }
    }
}

/// <summary>How long an event log is kept.</summary>
/// <param name="Days">At least.</param>
/// <param name="RemovedAt">When events were removed last; null = never.</param>
/// <param name="Events">How many then.</param>
internal sealed record LogRetention(int Days, Instant? RemovedAt, long Events);
