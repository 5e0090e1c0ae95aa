using NodaTime;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Domain;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage;

/// <summary>PostgreSQL: one statement a step, the rows as arrays.</summary>
internal sealed class PostgreSqlUsageRows : IUsageRows
{
    private const string KeyMatch =
        "t.environment_id = k.e AND t.customer_id = k.c AND t.feature_id = k.f AND t.resource_id = k.r";

    public async Task<IReadOnlyDictionary<ReportKey, StoredReport>> FindReportsAsync(
        Session session, IReadOnlyCollection<ReportKey> keys, CancellationToken cancellationToken)
    {
        var asked = keys.ToArray();
        await using var command = Command(
            session,
            $"""
            SELECT {StoredReport.Columns}, k.n FROM measurements t
            JOIN unnest($1, $2, $3, $4, $5) WITH ORDINALITY AS k(e, c, f, r, i, n) ON {KeyMatch} AND t.idempotency_key = k.i
            """,
            [.. asked.Select(k => k.Scope)]);
        Add(command, NpgsqlDbType.Text, asked.Select(k => k.Value).ToArray());
        var found = new Dictionary<ReportKey, StoredReport>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            found[asked[(int)reader.GetInt64(10) - 1]] = Read(reader);
        return found;
    }

    public async Task<IReadOnlyList<(UsageKey, UsageWindow, UsageCounter)>> LoadCountersAsync(
        Session session, IReadOnlyCollection<UsageKey> keys, CancellationToken cancellationToken)
    {
        var asked = keys.ToArray();
        await using var command = Command(
            session,
            $"""
            SELECT floor_at, end_at, value, last_at, last_set_at, k.n FROM usage_counters t
            JOIN unnest($1, $2, $3, $4) WITH ORDINALITY AS k(e, c, f, r, n) ON {KeyMatch}
            """,
            asked);
        var counters = new List<(UsageKey, UsageWindow, UsageCounter)>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            counters.Add((
                asked[(int)reader.GetInt64(5) - 1],
                Bounds.Interval(reader.GetInt64(0), reader.GetInt64(1)),
                new(reader.GetDecimal(2), Bounds.OrNull(reader.GetInt64(3)), Bounds.OrNull(reader.GetInt64(4)))));
        }

        return counters;
    }

    public async Task WriteAsync(
        Session session,
        IReadOnlyList<NewMeasurement> measurements,
        IReadOnlyCollection<ChangedCounter> counters,
        CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch((NpgsqlConnection)session.Connection);
        if (measurements.Count > 0)
            batch.BatchCommands.Add(Insert(measurements));
        var kept = counters.Where(c => c.Counter is not null).ToArray();
        if (kept.Length > 0)
            batch.BatchCommands.Add(Upsert(kept));
        var dropped = counters.Where(c => c.Counter is null).ToArray();
        if (dropped.Length > 0)
            batch.BatchCommands.Add(Delete(dropped));
        if (batch.BatchCommands.Count > 0)
            await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private static StoredReport Read(NpgsqlDataReader reader) => new(
        reader.GetGuid(0),
        (UpdateBehavior)reader.GetInt32(1),
        reader.GetDecimal(2),
        reader.GetInt32(3) == 1,
        Instant.FromUnixTimeMilliseconds(reader.GetInt64(4)),
        Instant.FromUnixTimeMilliseconds(reader.GetInt64(5)),
        reader.IsDBNull(6) ? null : reader.GetString(6),
        reader.IsDBNull(7) ? 0 : reader.GetDecimal(7),
        reader.IsDBNull(8) ? null : Bounds.Interval(reader.GetInt64(8), reader.GetInt64(9)));

    private static NpgsqlBatchCommand Insert(IReadOnlyList<NewMeasurement> rows)
    {
        var command = BatchCommand(
            """
            INSERT INTO measurements (environment_id, customer_id, feature_id, resource_id, uid, customer_level, effective_at,
              recorded_at, is_dated, behavior, value, idempotency_key, dimensions, result_usage, result_start, result_end,
              trace_id, actor_id, growth)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
            """,
            [.. rows.Select(m => m.Plan.ReadCell.Key with { Resource = m.Plan.Report.ResourceId })]);
        Add(command, NpgsqlDbType.Uuid, rows.Select(m => m.Id).ToArray());
        Add(command, NpgsqlDbType.Integer, rows.Select(m => m.Plan.CountsAtCustomerLevel ? 1 : 0).ToArray());
        Add(command, NpgsqlDbType.Bigint, rows.Select(m => m.Plan.At.ToUnixTimeMilliseconds()).ToArray());
        Add(command, NpgsqlDbType.Bigint, rows.Select(m => m.Plan.RecordedAt.ToUnixTimeMilliseconds()).ToArray());
        Add(command, NpgsqlDbType.Integer, rows.Select(m => m.Plan.Report.CreatedAt is null ? 0 : 1).ToArray());
        Add(command, NpgsqlDbType.Integer, rows.Select(m => (int)m.Plan.Report.Behavior).ToArray());
        Add(command, NpgsqlDbType.Numeric, rows.Select(m => m.Plan.Report.Value).ToArray());
        Add(command, NpgsqlDbType.Text, rows.Select(m => m.Plan.Report.IdempotencyKey).ToArray());
        Add(command, NpgsqlDbType.Text, rows.Select(m => m.Plan.Report.Dimensions).ToArray());
        Add(command, NpgsqlDbType.Numeric, rows.Select(m => m.Usage).ToArray());
        Add(command, NpgsqlDbType.Bigint, rows.Select(m => m.Plan.Shown is { } w ? Bounds.Start(w) : (long?)null).ToArray());
        Add(command, NpgsqlDbType.Bigint, rows.Select(m => m.Plan.Shown is { } w ? Bounds.End(w) : (long?)null).ToArray());
        Add(command, NpgsqlDbType.Uuid, rows.Select(m => m.Plan.TraceId).ToArray());
        Add(command, NpgsqlDbType.Uuid, rows.Select(m => m.Plan.ActorId).ToArray());
        Add(command, NpgsqlDbType.Numeric, rows.Select(m => m.Growth).ToArray());
        return command;
    }

    private static NpgsqlBatchCommand Upsert(ChangedCounter[] rows)
    {
        var command = BatchCommand(
            """
            INSERT INTO usage_counters (environment_id, customer_id, feature_id, resource_id, floor_at, end_at, value, last_at,
              last_set_at)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (environment_id, customer_id, feature_id, resource_id, floor_at, end_at) DO UPDATE
            SET value = excluded.value, last_at = excluded.last_at, last_set_at = excluded.last_set_at
            """,
            [.. rows.Select(r => r.Key)]);
        Add(command, NpgsqlDbType.Bigint, rows.Select(r => Bounds.Start(r.Interval)).ToArray());
        Add(command, NpgsqlDbType.Bigint, rows.Select(r => Bounds.End(r.Interval)).ToArray());
        Add(command, NpgsqlDbType.Numeric, rows.Select(r => r.Counter!.Value.Value).ToArray());
        Add(command, NpgsqlDbType.Bigint, rows.Select(r => Bounds.OrNever(r.Counter!.Value.LastAt)).ToArray());
        Add(command, NpgsqlDbType.Bigint, rows.Select(r => Bounds.OrNever(r.Counter!.Value.LastSetAt)).ToArray());
        return command;
    }

    private static NpgsqlBatchCommand Delete(ChangedCounter[] rows)
    {
        var command = BatchCommand(
            $"""
            DELETE FROM usage_counters t USING unnest($1, $2, $3, $4, $5, $6) AS k(e, c, f, r, s, u)
            WHERE {KeyMatch} AND t.floor_at = k.s AND t.end_at = k.u
            """,
            [.. rows.Select(r => r.Key)]);
        Add(command, NpgsqlDbType.Bigint, rows.Select(r => Bounds.Start(r.Interval)).ToArray());
        Add(command, NpgsqlDbType.Bigint, rows.Select(r => Bounds.End(r.Interval)).ToArray());
        return command;
    }

    private static NpgsqlCommand Command(Session session, string sql, UsageKey[] keys)
    {
        var command = new NpgsqlCommand(
            sql, (NpgsqlConnection)session.Connection, (NpgsqlTransaction?)session.Transaction);
        AddKeys(command.Parameters, keys);
        return command;
    }

    private static NpgsqlBatchCommand BatchCommand(string sql, UsageKey[] keys)
    {
        var command = new NpgsqlBatchCommand(sql);
        AddKeys(command.Parameters, keys);
        return command;
    }

    private static void AddKeys(NpgsqlParameterCollection parameters, UsageKey[] keys)
    {
        parameters.Add(Array(NpgsqlDbType.Integer, keys.Select(k => k.Environment.Value).ToArray()));
        parameters.Add(Array(NpgsqlDbType.Text, keys.Select(k => k.Customer.Value).ToArray()));
        parameters.Add(Array(NpgsqlDbType.Text, keys.Select(k => k.Feature.Value).ToArray()));
        parameters.Add(Array(NpgsqlDbType.Text, keys.Select(k => k.Resource?.Value ?? "").ToArray()));
    }

    private static void Add<T>(NpgsqlCommand command, NpgsqlDbType type, T[] values) =>
        command.Parameters.Add(Array(type, values));

    private static void Add<T>(NpgsqlBatchCommand command, NpgsqlDbType type, T[] values) =>
        command.Parameters.Add(Array(type, values));

    private static NpgsqlParameter<T[]> Array<T>(NpgsqlDbType type, T[] values) =>
        new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type };
}
