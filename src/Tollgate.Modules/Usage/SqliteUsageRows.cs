using System.Data.Common;
using System.Runtime.CompilerServices;
using NodaTime;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;
using Tollgate.Storage.Sqlite;

namespace Tollgate.Modules.Usage;

/// <summary>SQLite: statements of its own interface, prepared once on the writer's connection.</summary>
internal sealed class SqliteUsageRows : IUsageRows
{
    private readonly ConditionalWeakTable<DbConnection, Statements> _prepared = [];

    public Task<IReadOnlyDictionary<ReportKey, StoredReport>> FindReportsAsync(
        Session session, IReadOnlyCollection<ReportKey> keys, CancellationToken cancellationToken)
    {
        var found = new Dictionary<ReportKey, StoredReport>();
        var statements = For(session);
        foreach (var key in keys)
        {
            if (statements.FindReport(key) is { } report)
                found[key] = report;
        }

        return Task.FromResult<IReadOnlyDictionary<ReportKey, StoredReport>>(found);
    }

    public Task<IReadOnlyList<(UsageKey, UsageWindow, UsageCounter)>> LoadCountersAsync(
        Session session, IReadOnlyCollection<UsageKey> keys, CancellationToken cancellationToken)
    {
        var counters = new List<(UsageKey, UsageWindow, UsageCounter)>();
        var statements = For(session);
        foreach (var key in keys)
            statements.LoadCounters(key, counters);
        return Task.FromResult<IReadOnlyList<(UsageKey, UsageWindow, UsageCounter)>>(counters);
    }

    public Task WriteAsync(
        Session session,
        IReadOnlyList<NewMeasurement> measurements,
        IReadOnlyCollection<ChangedCounter> counters,
        CancellationToken cancellationToken)
    {
        var statements = For(session);
        foreach (var measurement in measurements)
            statements.Insert(measurement);
        foreach (var counter in counters)
            statements.Write(counter);
        return Task.CompletedTask;
    }

    private Statements For(Session session) =>
        _prepared.GetValue(session.Connection, connection => new(connection));

    private sealed class Statements(DbConnection connection)
    {
        private const string Key =
            "environment_id = ?1 AND customer_id = ?2 AND feature_id = ?3 AND resource_id = ?4";

        private readonly SqliteStatement _find = new(
            connection, $"SELECT {StoredReport.Columns} FROM measurements WHERE {Key} AND idempotency_key = ?5");

        private readonly SqliteStatement _load = new(
            connection, $"SELECT floor_at, end_at, value, last_at, last_set_at FROM usage_counters WHERE {Key}");

        private readonly SqliteStatement _insert = new(
            connection,
            """
            INSERT INTO measurements (environment_id, customer_id, feature_id, resource_id, uid, customer_level, effective_at,
              recorded_at, is_dated, behavior, value, idempotency_key, dimensions, result_usage, result_start, result_end,
              trace_id, actor_id, growth)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
            """);

        private readonly SqliteStatement _upsert = new(
            connection,
            """
            INSERT INTO usage_counters (environment_id, customer_id, feature_id, resource_id, floor_at, end_at, value, last_at,
              last_set_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            ON CONFLICT (environment_id, customer_id, feature_id, resource_id, floor_at, end_at) DO UPDATE
            SET value = excluded.value, last_at = excluded.last_at, last_set_at = excluded.last_set_at
            """);

        private readonly SqliteStatement _delete = new(
            connection, $"DELETE FROM usage_counters WHERE {Key} AND floor_at = ?5 AND end_at = ?6");

        public StoredReport? FindReport(ReportKey key)
        {
            var find = Give(_find, key.Scope).Give(key.Value);
            if (!find.Read())
                return null;
            var report = new StoredReport(
                find.Guid(0),
                (UpdateBehavior)find.Int32(1),
                find.Decimal(2),
                find.Int32(3) == 1,
                Instant.FromUnixTimeMilliseconds(find.Int64(4)),
                Instant.FromUnixTimeMilliseconds(find.Int64(5)),
                find.IsNull(6) ? null : find.Text(6),
                find.IsNull(7) ? 0 : find.Decimal(7),
                find.IsNull(8) ? null : Bounds.Interval(find.Int64(8), find.Int64(9)));
            find.Reset();
            return report;
        }

        public void LoadCounters(UsageKey key, List<(UsageKey, UsageWindow, UsageCounter)> counters)
        {
            var load = Give(_load, key);
            while (load.Read())
            {
                counters.Add((
                    key,
                    Bounds.Interval(load.Int64(0), load.Int64(1)),
                    new(load.Decimal(2), Bounds.OrNull(load.Int64(3)), Bounds.OrNull(load.Int64(4)))));
            }
        }

        public void Insert(NewMeasurement measurement)
        {
            var plan = measurement.Plan;
            Give(_insert, plan.ReadCell.Key with { Resource = plan.Report.ResourceId })
                .Give(measurement.Id)
                .Give(plan.CountsAtCustomerLevel ? 1 : 0)
                .Give(plan.At.ToUnixTimeMilliseconds())
                .Give(plan.RecordedAt.ToUnixTimeMilliseconds())
                .Give(plan.Report.CreatedAt is null ? 0 : 1)
                .Give((int)plan.Report.Behavior)
                .Give(plan.Report.Value)
                .Give(plan.Report.IdempotencyKey)
                .Give(plan.Report.Dimensions)
                .Give(measurement.Usage)
                .Give(plan.Shown is { } start ? Bounds.Start(start) : null)
                .Give(plan.Shown is { } end ? Bounds.End(end) : null)
                .Give(plan.TraceId)
                .Give(plan.ActorId)
                .Give(measurement.Growth)
                .Run();
        }

        /// <summary>The counter in its new state, or no row when it has none.</summary>
        public void Write(ChangedCounter changed)
        {
            var (key, interval, counter) = changed;
            if (counter is { } state)
            {
                Give(_upsert, key)
                    .Give(Bounds.Start(interval)).Give(Bounds.End(interval)).Give(state.Value)
                    .Give(Bounds.OrNever(state.LastAt)).Give(Bounds.OrNever(state.LastSetAt))
                    .Run();
            }
            else
            {
                Give(_delete, key).Give(Bounds.Start(interval)).Give(Bounds.End(interval)).Run();
            }
        }

        private static SqliteStatement Give(SqliteStatement statement, UsageKey key) => statement
            .Give(key.Environment.Value).Give(key.Customer.Value).Give(key.Feature.Value).Give(key.Resource?.Value ?? "");
    }
}
