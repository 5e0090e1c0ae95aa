using Dapper;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// The stored counters of meters and their distinct values, read and written in groups. The two databases differ here because
/// this is the hot path: PostgreSQL wants few round trips with arrays, SQLite wants prepared statements run many times.
/// </summary>
internal abstract class MeterCounters
{
    protected const string KeyColumns = "environment_id, customer_id, feature_id, resource_id";

    protected const string StateColumns =
        "seq, generation, floor_at, end_at, tally_count, tally_sum, tally_min, tally_max, reported";

    public static MeterCounters Of(DatabaseKind kind) =>
        kind == DatabaseKind.Sqlite ? new SqliteMeterCounters() : new PostgreSqlMeterCounters();

    /// <summary>Every counter of these keys, of any generation.</summary>
    public abstract Task<IReadOnlyList<(UsageKey Key, MeterCounterRow Row)>> LoadAsync(
        Session session, IReadOnlyList<UsageKey> keys, CancellationToken cancellationToken);

    /// <summary>Stores the counters as they are, new ones with their row, and the distinct values they were given.</summary>
    public abstract Task SaveAsync(Session session, IReadOnlyList<MeterSlot> slots, CancellationToken cancellationToken);

    /// <summary>Deletes counters with their distinct values.</summary>
    public static async Task DeleteAsync(Session session, IReadOnlyCollection<long> rows)
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
}
