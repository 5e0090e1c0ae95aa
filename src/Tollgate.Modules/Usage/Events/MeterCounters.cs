using System.Data.Common;
using System.Runtime.CompilerServices;
using Dapper;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Domain.Usage;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>The stored counters of meters and their distinct values, read and written in groups.</summary>
internal sealed class MeterCounters
{
    private const string KeyColumns = "environment_id, customer_id, feature_id, resource_id";

    private readonly ConditionalWeakTable<DbConnection, Statements> _prepared = [];

    /// <summary>Every counter of these keys, of any generation.</summary>
    public async Task<IReadOnlyList<(UsageKey Key, MeterCounterRow Row)>> LoadAsync(
        Session session, IReadOnlyList<UsageKey> keys, CancellationToken cancellationToken)
    {
        var found = new List<(UsageKey, MeterCounterRow)>();
        if (keys.Count == 0)
            return found;
        if (session.Kind == DatabaseKind.Sqlite)
        {
            var load = For(session).Load;
            foreach (var key in keys)
            {
                SetKey(load, key);
                using var reader = load.ExecuteReader();
                while (reader.Read())
                    found.Add((key, Read(reader)));
            }

            return found;
        }

        await using var command = new NpgsqlCommand(
            """
            SELECT seq, generation, floor_at, end_at, tally_count, tally_sum, tally_min, tally_max, reported, k.n
            FROM meter_counters t
            JOIN unnest($1, $2, $3, $4) WITH ORDINALITY AS k(e, c, f, r, n)
              ON t.environment_id = k.e AND t.customer_id = k.c AND t.feature_id = k.f AND t.resource_id = k.r
            """,
            (NpgsqlConnection)session.Connection);
        AddKeys(command.Parameters, keys);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
            found.Add((keys[(int)rows.GetInt64(9) - 1], Read(rows)));
        return found;
    }

    /// <summary>Stores the counters as they are, new ones with their row, and the distinct values they were given.</summary>
    public async Task SaveAsync(
        Session session, IReadOnlyList<MeterSlot> slots, CancellationToken cancellationToken)
    {
        if (session.Kind == DatabaseKind.Sqlite)
        {
            Save(For(session), slots);
            return;
        }

        var added = slots.Where(slot => slot.Row == 0).ToList();
        if (added.Count > 0)
            await InsertAsync(session, added, cancellationToken);
        foreach (var slot in slots.Where(slot => slot.Tokens.Count > 0))
        {
            await using var values = new NpgsqlCommand(
                "INSERT INTO meter_values (counter_seq, value) SELECT $1, unnest($2) ON CONFLICT DO NOTHING"
                    + (slot.TellsFresh ? " RETURNING value" : ""),
                (NpgsqlConnection)session.Connection);
            values.Parameters.Add(new NpgsqlParameter<long> { TypedValue = slot.Row });
            Add(values.Parameters, NpgsqlDbType.Bytea, slot.Tokens.ToArray());
            slot.Tally = slot.Tally.AddDistinct(slot.TellsFresh
                ? await TellAsync(values, slot, cancellationToken)
                : await values.ExecuteNonQueryAsync(cancellationToken));
        }

        await using var update = new NpgsqlCommand(
            """
            UPDATE meter_counters t SET tally_count = k.c, tally_sum = k.s, tally_min = k.a, tally_max = k.z
            FROM unnest($1, $2, $3, $4, $5) AS k(q, c, s, a, z) WHERE t.seq = k.q
            """,
            (NpgsqlConnection)session.Connection);
        Add(update.Parameters, NpgsqlDbType.Bigint, slots.Select(s => s.Row).ToArray());
        Add(update.Parameters, NpgsqlDbType.Bigint, slots.Select(s => s.Tally.Count).ToArray());
        Add(update.Parameters, NpgsqlDbType.Numeric, slots.Select(s => s.Tally.Sum).ToArray());
        Add(update.Parameters, NpgsqlDbType.Numeric, slots.Select(s => s.Tally.Min).ToArray());
        Add(update.Parameters, NpgsqlDbType.Numeric, slots.Select(s => s.Tally.Max).ToArray());
        await update.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Deletes counters with their distinct values.</summary>
    public async Task DeleteAsync(Session session, IReadOnlyCollection<long> rows)
    {
        foreach (var row in rows)
        {
            var parameters = new { row };
            await session.Connection.ExecuteAsync(
                "DELETE FROM meter_counters WHERE seq = @row", parameters, session.Transaction);
            await session.Connection.ExecuteAsync(
                "DELETE FROM meter_values WHERE counter_seq = @row", parameters, session.Transaction);
        }
    }

    private static async Task<int> TellAsync(NpgsqlCommand values, MeterSlot slot, CancellationToken cancellationToken)
    {
        await using var rows = await values.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
            slot.Fresh.Add(rows.GetFieldValue<byte[]>(0));
        return slot.Fresh.Count;
    }

    private static void Save(Statements statements, IReadOnlyList<MeterSlot> slots)
    {
        foreach (var slot in slots)
        {
            if (slot.Row == 0)
            {
                SetKey(statements.Insert, slot.Key);
                Set(
                    statements.Insert, 4, slot.Meter.Generation, Bounds.Start(slot.Interval), Bounds.End(slot.Interval), slot.Reported);
                slot.Row = (long)statements.Insert.ExecuteScalar()!;
            }

            foreach (var token in slot.Tokens)
            {
                Set(statements.Value, 0, slot.Row, token);
                if (statements.Value.ExecuteNonQuery() == 0)
                    continue;
                slot.Tally = slot.Tally.AddDistinct(1);
                if (slot.TellsFresh)
                    slot.Fresh.Add(token);
            }

            var tally = slot.Tally;
            Set(statements.Update, 0, slot.Row, tally.Count, tally.Sum, tally.Min, tally.Max);
            statements.Update.ExecuteNonQuery();
        }
    }

    private static async Task InsertAsync(Session session, List<MeterSlot> slots, CancellationToken cancellationToken)
    {
        await using var insert = new NpgsqlCommand(
            $"""
            INSERT INTO meter_counters ({KeyColumns}, generation, floor_at, end_at, reported, tally_count, tally_sum, tally_min,
              tally_max)
            SELECT *, 0, 0, 0, 0 FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)
            RETURNING {KeyColumns}, generation, floor_at, end_at, seq
            """,
            (NpgsqlConnection)session.Connection);
        AddKeys(insert.Parameters, [.. slots.Select(s => s.Key)]);
        Add(insert.Parameters, NpgsqlDbType.Integer, slots.Select(s => s.Meter.Generation).ToArray());
        Add(insert.Parameters, NpgsqlDbType.Bigint, slots.Select(s => Bounds.Start(s.Interval)).ToArray());
        Add(insert.Parameters, NpgsqlDbType.Bigint, slots.Select(s => Bounds.End(s.Interval)).ToArray());
        Add(insert.Parameters, NpgsqlDbType.Numeric, slots.Select(s => s.Reported).ToArray());
        var bySlot = slots.ToDictionary(s => (
            s.Key.Environment.Value, s.Key.Customer.Value, s.Key.Feature.Value, s.Key.Resource?.Value ?? "",
            s.Meter.Generation, Bounds.Start(s.Interval), Bounds.End(s.Interval)));
        await using var reader = await insert.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            bySlot[(
                reader.GetInt32(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetInt32(4),
                reader.GetInt64(5), reader.GetInt64(6))].Row = reader.GetInt64(7);
        }
    }

    private static MeterCounterRow Read(DbDataReader reader) => new()
    {
        Seq = reader.GetInt64(0),
        Generation = reader.GetInt32(1),
        Floor = reader.GetInt64(2),
        Until = reader.GetInt64(3),
        Count = reader.GetInt64(4),
        Sum = reader.GetDecimal(5),
        Min = reader.GetDecimal(6),
        Max = reader.GetDecimal(7),
        Reported = reader.GetDecimal(8),
    };

    private static void AddKeys(NpgsqlParameterCollection parameters, IReadOnlyList<UsageKey> keys)
    {
        Add(parameters, NpgsqlDbType.Integer, keys.Select(k => k.Environment.Value).ToArray());
        Add(parameters, NpgsqlDbType.Text, keys.Select(k => k.Customer.Value).ToArray());
        Add(parameters, NpgsqlDbType.Text, keys.Select(k => k.Feature.Value).ToArray());
        Add(parameters, NpgsqlDbType.Text, keys.Select(k => k.Resource?.Value ?? "").ToArray());
    }

    private static void Add<T>(NpgsqlParameterCollection parameters, NpgsqlDbType type, T[] values) =>
        parameters.Add(new NpgsqlParameter<T[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type });

    private static void SetKey(DbCommand command, UsageKey key) => Set(
        command, 0, key.Environment.Value, key.Customer.Value, key.Feature.Value, key.Resource?.Value ?? "");

    private static void Set(DbCommand command, int first, params ReadOnlySpan<object> values)
    {
        for (var i = 0; i < values.Length; i++)
            command.Parameters[first + i].Value = values[i];
    }

    private Statements For(Session session) =>
        _prepared.GetValue(session.Connection, connection => new(connection));

    private sealed class Statements(DbConnection connection)
    {
        public DbCommand Load { get; } = Prepare(
            connection,
            """
            SELECT seq, generation, floor_at, end_at, tally_count, tally_sum, tally_min, tally_max, reported FROM meter_counters
            WHERE environment_id = @p0 AND customer_id = @p1 AND feature_id = @p2 AND resource_id = @p3
            """,
            4);

        public DbCommand Insert { get; } = Prepare(
            connection,
            $"""
            INSERT INTO meter_counters ({KeyColumns}, generation, floor_at, end_at, reported, tally_count, tally_sum, tally_min,
              tally_max)
            VALUES (@p0, @p1, @p2, @p3, @p4, @p5, @p6, @p7, 0, '0', '0', '0') RETURNING seq
            """,
            8);

        public DbCommand Update { get; } = Prepare(
            connection,
            """
            UPDATE meter_counters SET tally_count = @p1, tally_sum = @p2, tally_min = @p3, tally_max = @p4 WHERE seq = @p0
            """,
            5);

        public DbCommand Value { get; } = Prepare(
            connection, "INSERT INTO meter_values (counter_seq, value) VALUES (@p0, @p1) ON CONFLICT DO NOTHING", 2);

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

/// <summary>One counter of a meter while a group runs.</summary>
internal sealed class MeterSlot(UsageKey key, MeterVersion meter, UsageWindow interval, long row, Tally tally)
{
    public UsageKey Key { get; } = key;

    public MeterVersion Meter { get; } = meter;

    public UsageWindow Interval { get; } = interval;

    /// <summary>0 until it is stored.</summary>
    public long Row { get; set; } = row;

    /// <summary>Without the distinct values in <see cref="Tokens"/>, which storing them tells.</summary>
    public Tally Tally { get; set; } = tally;

    /// <summary>Values that may be new to a UNIQUE counter.</summary>
    public HashSet<byte[]> Tokens { get; set; } = new(TokenComparer.Instance);

    public bool IsChanged { get; set; }

    /// <summary>False for a window that is over: it is counted for this group alone.</summary>
    public bool IsKept { get; init; } = true;

    /// <summary>Distinct values known to have counted before the group; null when the stored ones say so.</summary>
    public HashSet<byte[]>? Counted { get; init; }

    /// <summary>Whether storing tells which values were new, in <see cref="Fresh"/>.</summary>
    public bool TellsFresh { get; set; }

    public HashSet<byte[]> Fresh { get; } = new(TokenComparer.Instance);

    /// <summary>What reports add; the writer of reports keeps it.</summary>
    public decimal Reported { get; init; }

    /// <summary>What it comes to by now.</summary>
    public decimal Usage => Reported
        + (Meter.CountsDistinct ? Tally.Count + (Row == 0 ? Tokens.Count : 0) : Tally.Value(Meter.Function));

    public MeteredCount Count => new(Meter.Generation, Row, Tally) { Reported = Reported };
}
