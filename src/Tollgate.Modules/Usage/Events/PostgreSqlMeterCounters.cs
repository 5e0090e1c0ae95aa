using System.Data.Common;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>PostgreSQL: one statement with arrays for all counters of a group.</summary>
internal sealed class PostgreSqlMeterCounters : MeterCounters
{
    public override async Task<IReadOnlyList<(UsageKey Key, MeterCounterRow Row)>> LoadAsync(
        Session session, IReadOnlyList<UsageKey> keys, CancellationToken cancellationToken)
    {
        var found = new List<(UsageKey, MeterCounterRow)>();
        if (keys.Count == 0)
            return found;
        await using var command = new NpgsqlCommand(
            $"""
            SELECT {StateColumns}, k.n
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

    public override async Task SaveAsync(
        Session session, IReadOnlyList<MeterSlot> slots, CancellationToken cancellationToken)
    {
        var added = slots.Where(slot => slot.Row == 0).ToList();
        if (added.Count > 0)
            await InsertAsync(session, added, cancellationToken);
        foreach (var slot in slots)
        {
            if (slot.SortedTokens() is not { Length: > 0 } tokens)
                continue;
            await using var values = new NpgsqlCommand(
                "INSERT INTO meter_values (counter_seq, value) SELECT $1, unnest($2) ON CONFLICT DO NOTHING"
                    + (slot.TellsFresh ? " RETURNING value" : ""),
                (NpgsqlConnection)session.Connection);
            values.Parameters.Add(new NpgsqlParameter<long> { TypedValue = slot.Row });
            Add(values.Parameters, NpgsqlDbType.Bytea, tokens);
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

    private static async Task<int> TellAsync(NpgsqlCommand values, MeterSlot slot, CancellationToken cancellationToken)
    {
        await using var rows = await values.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
            slot.Fresh.Add(rows.GetFieldValue<byte[]>(0));
        return slot.Fresh.Count;
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
}
