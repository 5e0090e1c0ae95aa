using Npgsql;
using NpgsqlTypes;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>PostgreSQL: statements whose parameters are columns, one array each.</summary>
internal static class EventArrays
{
    public static NpgsqlCommand Command(Session session, string sql) =>
        new(sql, (NpgsqlConnection)session.Connection, (NpgsqlTransaction?)session.Transaction);

    public static void Add<TRow, T>(
        this NpgsqlCommand command, NpgsqlDbType type, IReadOnlyList<TRow> rows, Func<TRow, T> value)
    {
        var values = new T[rows.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = value(rows[i]);
        command.Parameters.Add(
            new NpgsqlParameter<T[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type });
    }
}
