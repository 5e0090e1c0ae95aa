using System.Data.Common;
using System.Runtime.CompilerServices;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;
using Tollgate.Storage.Sqlite;

namespace Tollgate.Modules.Usage.Events;

/// <summary>SQLite: statements of its own interface, prepared once on the writer's connection.</summary>
internal sealed class SqliteMeterCounters : MeterCounters
{
    private readonly ConditionalWeakTable<DbConnection, Statements> _prepared = [];

    public override Task<IReadOnlyList<(UsageKey Key, MeterCounterRow Row)>> LoadAsync(
        Session session, IReadOnlyList<UsageKey> keys, CancellationToken cancellationToken)
    {
        var found = new List<(UsageKey, MeterCounterRow)>();
        if (keys.Count > 0)
        {
            var statements = For(session);
            foreach (var key in keys)
                statements.Load(key, found);
        }

        return Task.FromResult<IReadOnlyList<(UsageKey, MeterCounterRow)>>(found);
    }

    public override Task SaveAsync(Session session, IReadOnlyList<MeterSlot> slots, CancellationToken cancellationToken)
    {
        var statements = For(session);
        foreach (var slot in slots)
            statements.Save(slot);
        return Task.CompletedTask;
    }

    private Statements For(Session session) =>
        _prepared.GetValue(session.Connection, connection => new(connection));

    private sealed class Statements(DbConnection connection)
    {
        private readonly SqliteStatement _load = new(
            connection,
            $"""
            SELECT {StateColumns} FROM meter_counters
            WHERE environment_id = ?1 AND customer_id = ?2 AND feature_id = ?3 AND resource_id = ?4
            """);

        private readonly SqliteStatement _insert = new(
            connection,
            $"""
            INSERT INTO meter_counters ({KeyColumns}, generation, floor_at, end_at, reported, tally_count, tally_sum, tally_min,
              tally_max)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, '0', '0', '0') RETURNING seq
            """);

        private readonly SqliteStatement _update = new(
            connection,
            """
            UPDATE meter_counters SET tally_count = ?1, tally_sum = ?2, tally_min = ?3, tally_max = ?4 WHERE seq = ?5
            """);

        private readonly SqliteStatement _value = new(
            connection, "INSERT INTO meter_values (counter_seq, value) VALUES (?1, ?2) ON CONFLICT DO NOTHING");

        public void Load(UsageKey key, List<(UsageKey, MeterCounterRow)> found)
        {
            GiveKey(_load, key);
            while (_load.Read())
            {
                found.Add((key, new()
                {
                    Seq = _load.Int64(0),
                    Generation = _load.Int64(1),
                    Floor = _load.Int64(2),
                    Until = _load.Int64(3),
                    Count = _load.Int64(4),
                    Sum = _load.Decimal(5),
                    Min = _load.Decimal(6),
                    Max = _load.Decimal(7),
                    Reported = _load.Decimal(8),
                }));
            }
        }

        public void Save(MeterSlot slot)
        {
            if (slot.Row == 0)
                slot.Row = Insert(slot);
            foreach (var token in slot.SortedTokens())
            {
                if (_value.Give(slot.Row).Give(token).Run() == 0)
                    continue;
                slot.Tally = slot.Tally.AddDistinct(1);
                if (slot.TellsFresh)
                    slot.Fresh.Add(token);
            }

            var tally = slot.Tally;
            _update.Give(tally.Count).Give(tally.Sum).Give(tally.Min).Give(tally.Max).Give(slot.Row).Run();
        }

        private long Insert(MeterSlot slot)
        {
            GiveKey(_insert, slot.Key)
                .Give(slot.Meter.Generation).Give(Bounds.Start(slot.Interval)).Give(Bounds.End(slot.Interval))
                .Give(slot.Reported);
            _insert.Read();
            var row = _insert.Int64(0);
            _insert.Reset();
            return row;
        }

        private static SqliteStatement GiveKey(SqliteStatement statement, UsageKey key) => statement
            .Give(key.Environment.Value).Give(key.Customer.Value).Give(key.Feature.Value).Give(key.Resource?.Value ?? "");
    }
}
