using System.Data.Common;
using System.Runtime.CompilerServices;
using Tollgate.Domain.Usage.Events;
using Tollgate.Storage;
using Tollgate.Storage.Sqlite;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// SQLite: statements of its own interface, prepared once on the writer's connection: the insert is the busiest statement of
/// the product.
/// </summary>
internal sealed class SqliteEventRows : IEventRows
{
    private readonly ConditionalWeakTable<DbConnection, Statements> _prepared = [];

    public Task PrepareAsync(Database database, IReadOnlyList<PlannedEvent> events, CancellationToken cancellationToken) =>
        Task.CompletedTask;

    public Task InsertAsync(Session session, IReadOnlyList<PlannedEvent> events, CancellationToken cancellationToken)
    {
        var statements = _prepared.GetValue(session.Connection, connection => new(connection));
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

    private sealed class Statements(DbConnection connection)
    {
        private readonly SqliteStatement _insert = new(
            connection,
            """
            INSERT INTO usage_events (event_at, key_hash, received_at, source_id, name_id, shape_id, event_key, dimensions)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING
            """);

        private readonly SqliteStatement _claim = new(
            connection, "INSERT INTO event_keys (source_id, key_hash, event_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING");

        private readonly SqliteStatement _claimed = new(
            connection, "SELECT event_at FROM event_keys WHERE source_id = ?1 AND key_hash = ?2");

        private readonly SqliteStatement _find = new(
            connection,
            """
            SELECT name_id, event_key, shape_id, dimensions FROM usage_events
            WHERE source_id = ?1 AND event_at = ?2 AND key_hash = ?3
            """);

        private readonly SqliteStatement _conflict = new(
            connection,
            """
            INSERT INTO event_conflicts (environment_id, source_id, event_at, key_hash, received_at, shape_id, dimensions)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING
            """);

        private readonly SqliteStatement _repeat = new(connection, EventDuplicates.SqliteUpsert);

        /// <summary>False when its place is taken.</summary>
        public bool TryInsert(PlannedEvent planned) => _insert
            .Give(planned.At).Give(planned.Hash).Give(planned.ReceivedAt).Give(planned.Source)
            .Give(planned.Name).Give(planned.Shape).Give(planned.Key).Give(planned.Dimensions)
            .Run() == 1;

        /// <summary>False with when it happened when the key was used without a timestamp before.</summary>
        public bool TryClaim(PlannedEvent planned, out long at)
        {
            at = planned.At;
            if (_claim.Give(planned.Source).Give(planned.Hash).Give(planned.At).Run() == 1)
                return true;
            _claimed.Give(planned.Source).Give(planned.Hash).Read();
            at = _claimed.Int64(0);
            _claimed.Reset();
            return false;
        }

        /// <summary>False when what is stored in its place is another event: then its key needs another number.</summary>
        public bool TryFind(PlannedEvent planned, out EventFate fate)
        {
            fate = EventFate.Undecided;
            var isSame = _find.Give(planned.Source).Give(planned.At).Give(planned.Hash).Read()
                && planned.Is(_find.Int32(0), _find.Blob(1));
            if (isSame)
                fate = planned.Against(_find.Int32(2), _find.Blob(3));
            _find.Reset();
            if (fate == EventFate.Conflict)
                Keep(planned);
            else if (fate == EventFate.Duplicate)
                Repeat(planned);
            return isSame;
        }

        private void Repeat(PlannedEvent planned) => _repeat
            .Give(planned.Sender.Environment).Give(planned.Source).Give(planned.At).Give(planned.Hash).Give(planned.ReceivedAt)
            .Run();

        private void Keep(PlannedEvent planned) => _conflict
            .Give(planned.Sender.Environment).Give(planned.Source).Give(planned.At).Give(planned.Hash).Give(planned.ReceivedAt)
            .Give(planned.Shape).Give(planned.Dimensions)
            .Run();
    }
}
