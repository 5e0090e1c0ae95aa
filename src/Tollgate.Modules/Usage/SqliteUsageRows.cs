using System.Data.Common;
using System.Runtime.CompilerServices;
using NodaTime;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage;

/// <summary>SQLite: statements prepared once on the writer's connection. All calls complete synchronously.</summary>
internal sealed class SqliteUsageRows : IUsageRows
{
    private readonly ConditionalWeakTable<DbConnection, Statements> _prepared = [];

    public Task<IReadOnlyDictionary<ReportKey, StoredReport>> FindReportsAsync(
        Session session, IReadOnlyCollection<ReportKey> keys, CancellationToken cancellationToken)
    {
        var found = new Dictionary<ReportKey, StoredReport>();
        var find = For(session).Find;
        find.Transaction = session.Transaction;
        foreach (var key in keys)
        {
            Set(find, key.Scope, key.Value);
            using var reader = find.ExecuteReader();
            if (reader.Read())
                found[key] = StoredReports.Read(reader);
        }

        return Task.FromResult<IReadOnlyDictionary<ReportKey, StoredReport>>(found);
    }

    public Task<IReadOnlyList<(UsageKey, UsageWindow, UsageCounter)>> LoadCountersAsync(
        Session session, IReadOnlyCollection<UsageKey> keys, CancellationToken cancellationToken)
    {
        var counters = new List<(UsageKey, UsageWindow, UsageCounter)>();
        var load = For(session).Load;
        load.Transaction = session.Transaction;
        foreach (var key in keys)
        {
            Set(load, key);
            using var reader = load.ExecuteReader();
            while (reader.Read())
            {
                counters.Add((
                    key,
                    Bounds.Interval(reader.GetInt64(0), reader.GetInt64(1)),
                    new(
                        reader.GetDecimal(2),
                        Bounds.OrNull(reader.GetInt64(3)),
                        Bounds.OrNull(reader.GetInt64(4)))));
            }
        }

        return Task.FromResult<IReadOnlyList<(UsageKey, UsageWindow, UsageCounter)>>(counters);
    }

    public Task WriteAsync(
        Session session,
        IReadOnlyList<NewMeasurement> measurements,
        IReadOnlyCollection<ChangedCounter> counters,
        CancellationToken cancellationToken)
    {
        var statements = For(session);
        statements.Insert.Transaction =
            statements.Upsert.Transaction = statements.Delete.Transaction = session.Transaction;
        foreach (var measurement in measurements)
            Insert(statements.Insert, measurement);
        foreach (var (key, interval, counter) in counters)
        {
            if (counter is { } state)
            {
                Set(
                    statements.Upsert,
                    key,
                    Bounds.Start(interval),
                    Bounds.End(interval),
                    state.Value,
                    Bounds.OrNever(state.LastAt),
                    Bounds.OrNever(state.LastSetAt));
                statements.Upsert.ExecuteNonQuery();
            }
            else
            {
                Set(statements.Delete, key, Bounds.Start(interval), Bounds.End(interval));
                statements.Delete.ExecuteNonQuery();
            }
        }

        return Task.CompletedTask;
    }

    private static void Insert(DbCommand insert, NewMeasurement measurement)
    {
        var plan = measurement.Plan;
        Set(
            insert,
            plan.ReadCell.Key with { Resource = plan.Report.ResourceId },
            measurement.Id,
            plan.CountsAtCustomerLevel ? 1 : 0,
            plan.At.ToUnixTimeMilliseconds(),
            plan.RecordedAt.ToUnixTimeMilliseconds(),
            plan.Report.CreatedAt is null ? 0 : 1,
            (int)plan.Report.Behavior,
            plan.Report.Value,
            plan.Report.IdempotencyKey,
            plan.Report.Dimensions,
            measurement.Usage,
            plan.Shown is { } start ? Bounds.Start(start) : null,
            plan.Shown is { } end ? Bounds.End(end) : null,
            plan.TraceId,
            plan.ActorId,
            measurement.Growth);
        insert.ExecuteNonQuery();
    }

    /// <summary>Parameters 0 to 3 are the key; the rest follow in the statement's order.</summary>
    private static void Set(DbCommand command, UsageKey key, params ReadOnlySpan<object?> rest)
    {
        var parameters = command.Parameters;
        parameters[0].Value = key.Environment.Value;
        parameters[1].Value = key.Customer.Value;
        parameters[2].Value = key.Feature.Value;
        parameters[3].Value = key.Resource?.Value ?? "";
        for (var i = 0; i < rest.Length; i++)
            parameters[i + 4].Value = rest[i] ?? DBNull.Value;
    }

    private Statements For(Session session) =>
        _prepared.GetValue(session.Connection, connection => new(connection));

    private sealed class Statements(DbConnection connection)
    {
        private const string Key =
            "environment_id = @p0 AND customer_id = @p1 AND feature_id = @p2 AND resource_id = @p3";

        public DbCommand Find { get; } = Prepare(
            connection, $"SELECT {StoredReports.Columns} FROM measurements WHERE {Key} AND idempotency_key = @p4", 5);

        public DbCommand Load { get; } = Prepare(
            connection, $"SELECT floor_at, end_at, value, last_at, last_set_at FROM usage_counters WHERE {Key}", 4);

        public DbCommand Insert { get; } = Prepare(
            connection,
            """
            INSERT INTO measurements (environment_id, customer_id, feature_id, resource_id, uid, customer_level,
              effective_at, recorded_at, is_dated, behavior, value, idempotency_key, dimensions, result_usage,
              result_start, result_end, 
              trace_id, actor_id, growth)
            VALUES (@p0, @p1, @p2, @p3, @p4, @p5, @p6, @p7, @p8, @p9, @p10, @p11, @p12, @p13, @p14, @p15,
              @p16, @p17, @p18)
            """,
            19);

        public DbCommand Upsert { get; } = Prepare(
            connection,
            """
            INSERT INTO usage_counters (environment_id, customer_id, feature_id, resource_id, floor_at, end_at, value,
              last_at, last_set_at)
            VALUES (@p0, @p1, @p2, @p3, @p4, @p5, @p6, @p7, @p8)
            ON CONFLICT (environment_id, customer_id, feature_id, resource_id, floor_at, end_at) DO UPDATE
            SET value = excluded.value, last_at = excluded.last_at, last_set_at = excluded.last_set_at
            """,
            9);

        public DbCommand Delete { get; } = Prepare(
            connection, $"DELETE FROM usage_counters WHERE {Key} AND floor_at = @p4 AND end_at = @p5", 6);

        private static DbCommand Prepare(DbConnection connection, string sql, int parameters)
        {
            var command = connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 0; i < parameters; i++)
            {
                var parameter = command.CreateParameter();
                parameter.ParameterName = $"@p{i}";
                command.Parameters.Add(parameter);
            }

            return command;
        }
    }
}

/// <summary>How a stored report is read back, on both databases.</summary>
internal static class StoredReports
{
    public const string Columns =
        "uid, behavior, value, is_dated, effective_at, recorded_at, dimensions, result_usage, result_start, result_end";

    public static StoredReport Read(DbDataReader reader) => new(
        reader.GetGuid(0),
        (UpdateBehavior)reader.GetInt32(1),
        reader.GetDecimal(2),
        reader.GetInt32(3) == 1,
        Instant.FromUnixTimeMilliseconds(reader.GetInt64(4)),
        Instant.FromUnixTimeMilliseconds(reader.GetInt64(5)),
        reader.IsDBNull(6) ? null : reader.GetString(6),
        reader.IsDBNull(7) ? 0 : reader.GetDecimal(7),
        reader.IsDBNull(8) ? null : Bounds.Interval(reader.GetInt64(8), reader.GetInt64(9)));
}
