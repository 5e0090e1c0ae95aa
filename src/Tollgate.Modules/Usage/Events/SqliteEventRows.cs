using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using SQLitePCL;
using Tollgate.Domain.Usage.Events;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// SQLite: statements of its own interface, prepared once on the writer's connection. The ADO.NET driver costs several times
/// the insert itself, and this is the busiest statement of the product.
/// </summary>
internal sealed class SqliteEventRows : IEventRows
{
    private readonly ConditionalWeakTable<DbConnection, Statements> _prepared = [];

    public Task PrepareAsync(Database database, IReadOnlyList<PlannedEvent> events, CancellationToken cancellationToken) =>
        Task.CompletedTask;

    public Task InsertAsync(Session session, IReadOnlyList<PlannedEvent> events, CancellationToken cancellationToken)
    {
        var statements = _prepared.GetValue(session.Connection, connection => new((SqliteConnection)connection));
        foreach (var planned in events)
            Insert(statements, planned);
        return Task.CompletedTask;
    }

    private static void Insert(Statements statements, PlannedEvent planned)
    {
        for (var salt = 0; ; salt++)
        {
            planned.Hash = EventKey.Hash(planned.Event.Name, planned.Event.IdempotencyKey, salt);
            if (!planned.IsDated && !statements.TryClaim(planned, out var at))
            {
                planned.At = at;
                if (statements.TryFind(planned, out var claimed))
                {
                    planned.Fate = claimed;
                    return;
                }

                continue;
            }

            if (statements.TryInsert(planned))
            {
                planned.Fate = EventFate.New;
                return;
            }

            if (statements.TryFind(planned, out var fate))
            {
                planned.Fate = fate;
                return;
            }
        }
    }

    private sealed class Statements(SqliteConnection connection)
    {
        private readonly sqlite3 _database = connection.Handle!;

        private readonly sqlite3_stmt _insert = Prepare(
            connection,
            """
            INSERT INTO usage_events (event_at, key_hash, received_at, source_id, name_id, shape_id, event_key, dimensions)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING
            """);

        private readonly sqlite3_stmt _claim = Prepare(
            connection, "INSERT INTO event_keys (source_id, key_hash, event_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING");

        private readonly sqlite3_stmt _claimed = Prepare(
            connection, "SELECT event_at FROM event_keys WHERE source_id = ?1 AND key_hash = ?2");

        private readonly sqlite3_stmt _find = Prepare(
            connection,
            """
            SELECT name_id, event_key, shape_id, dimensions FROM usage_events
            WHERE source_id = ?1 AND event_at = ?2 AND key_hash = ?3
            """);

        private readonly sqlite3_stmt _conflict = Prepare(
            connection,
            """
            INSERT INTO event_conflicts (environment_id, source_id, event_at, key_hash, received_at, shape_id, dimensions)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING
            """);

        private readonly sqlite3_stmt _repeat = Prepare(connection, EventDuplicates.SqliteUpsert);

        /// <summary>False when its place is taken.</summary>
        public bool TryInsert(PlannedEvent planned)
        {
            raw.sqlite3_bind_int64(_insert, 1, planned.At);
            raw.sqlite3_bind_int64(_insert, 2, planned.Hash);
            raw.sqlite3_bind_int64(_insert, 3, planned.ReceivedAt);
            raw.sqlite3_bind_int64(_insert, 4, planned.Source);
            raw.sqlite3_bind_int64(_insert, 5, planned.Name);
            raw.sqlite3_bind_int64(_insert, 6, planned.Shape);
            raw.sqlite3_bind_blob(_insert, 7, planned.Key);
            raw.sqlite3_bind_blob(_insert, 8, planned.Dimensions);
            return Run(_insert) == 1;
        }

        /// <summary>False with when it happened when the key was used without a timestamp before.</summary>
        public bool TryClaim(PlannedEvent planned, out long at)
        {
            at = planned.At;
            raw.sqlite3_bind_int64(_claim, 1, planned.Source);
            raw.sqlite3_bind_int64(_claim, 2, planned.Hash);
            raw.sqlite3_bind_int64(_claim, 3, planned.At);
            if (Run(_claim) == 1)
                return true;
            raw.sqlite3_bind_int64(_claimed, 1, planned.Source);
            raw.sqlite3_bind_int64(_claimed, 2, planned.Hash);
            Step(_claimed);
            at = raw.sqlite3_column_int64(_claimed, 0);
            raw.sqlite3_reset(_claimed);
            return false;
        }

        /// <summary>False when what is stored in its place is another event: then its key needs another number.</summary>
        public bool TryFind(PlannedEvent planned, out EventFate fate)
        {
            raw.sqlite3_bind_int64(_find, 1, planned.Source);
            raw.sqlite3_bind_int64(_find, 2, planned.At);
            raw.sqlite3_bind_int64(_find, 3, planned.Hash);
            fate = EventFate.Undecided;
            var isSame = Step(_find) == raw.SQLITE_ROW
                && planned.Is(raw.sqlite3_column_int(_find, 0), raw.sqlite3_column_blob(_find, 1));
            if (isSame)
                fate = planned.Against(raw.sqlite3_column_int(_find, 2), raw.sqlite3_column_blob(_find, 3));
            raw.sqlite3_reset(_find);
            if (fate == EventFate.Conflict)
                Keep(planned);
            else if (fate == EventFate.Duplicate)
                Repeat(planned);
            return isSame;
        }

        private void Repeat(PlannedEvent planned)
        {
            raw.sqlite3_bind_int64(_repeat, 1, planned.Sender.Environment);
            raw.sqlite3_bind_int64(_repeat, 2, planned.Source);
            raw.sqlite3_bind_int64(_repeat, 3, planned.At);
            raw.sqlite3_bind_int64(_repeat, 4, planned.Hash);
            raw.sqlite3_bind_int64(_repeat, 5, planned.ReceivedAt);
            Run(_repeat);
        }

        private void Keep(PlannedEvent planned)
        {
            raw.sqlite3_bind_int64(_conflict, 1, planned.Sender.Environment);
            raw.sqlite3_bind_int64(_conflict, 2, planned.Source);
            raw.sqlite3_bind_int64(_conflict, 3, planned.At);
            raw.sqlite3_bind_int64(_conflict, 4, planned.Hash);
            raw.sqlite3_bind_int64(_conflict, 5, planned.ReceivedAt);
            raw.sqlite3_bind_int64(_conflict, 6, planned.Shape);
            raw.sqlite3_bind_blob(_conflict, 7, planned.Dimensions);
            Run(_conflict);
        }

        /// <summary>How many rows it wrote.</summary>
        private int Run(sqlite3_stmt statement)
        {
            Step(statement);
            raw.sqlite3_reset(statement);
            return raw.sqlite3_changes(_database);
        }

        private int Step(sqlite3_stmt statement)
        {
            var code = raw.sqlite3_step(statement);
            if (code is raw.SQLITE_ROW or raw.SQLITE_DONE)
                return code;
            var extended = raw.sqlite3_extended_errcode(_database);
            var message = raw.sqlite3_errmsg(_database).utf8_to_string();
            raw.sqlite3_reset(statement);
            throw new SqliteException(message, code, extended);
        }

        private static sqlite3_stmt Prepare(SqliteConnection connection, string sql)
        {
            var code = raw.sqlite3_prepare_v3(connection.Handle!, sql, raw.SQLITE_PREPARE_PERSISTENT, out var statement);
            return code == raw.SQLITE_OK
                ? statement
                : throw new SqliteException(raw.sqlite3_errmsg(connection.Handle!).utf8_to_string(), code);
        }
    }
}
