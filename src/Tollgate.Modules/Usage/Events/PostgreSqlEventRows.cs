using System.Collections.Concurrent;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Usage.Events.Retention;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// PostgreSQL: COPY straight into the table, which fails as a whole when an event was stored before; then the rows go
/// in with ON CONFLICT, and what did not go in is compared with what is there.
/// </summary>
internal sealed class PostgreSqlEventRows : IEventRows
{
    private const string Savepoint = "new_events";

    /// <summary>Months whose partition is there, as year * 12 + month - 1.</summary>
    private readonly ConcurrentDictionary<int, bool> _months = new();

    public async Task PrepareAsync(
        Database database, IReadOnlyList<PlannedEvent> events, CancellationToken cancellationToken)
    {
        var last = -1;
        foreach (var planned in events)
        {
            var month = EventMonths.MonthOf(NodaTime.Instant.FromUnixTimeMilliseconds(planned.At));
            if (month == last || _months.ContainsKey(month))
                continue;
            last = month;
            await EventMonths.AddAsync(database, month, cancellationToken);
            _months[month] = true;
        }
    }

    public async Task InsertAsync(
        Session session, IReadOnlyList<PlannedEvent> events, CancellationToken cancellationToken)
    {
        var taken = new Dictionary<EventAddress, PlannedEvent>(events.Count);
        var pending = events;
        for (var salt = 0; pending.Count > 0; salt++)
        {
            foreach (var planned in pending)
                planned.Hash = EventKey.Hash(planned.Event.Name, planned.Event.IdempotencyKey, salt);
            var asked = await ClaimAsync(session, pending, cancellationToken);
            var fresh = new List<PlannedEvent>(pending.Count);
            var again = new List<PlannedEvent>();
            var doubtful = new List<PlannedEvent>();
            var followers = new List<(PlannedEvent Later, PlannedEvent First)>();
            foreach (var planned in pending)
            {
                if (taken.TryGetValue(planned.Address, out var first))
                    followers.Add((planned, first));
                else if (asked.Contains(planned))
                    doubtful.Add(planned);
                else
                    fresh.Add(taken[planned.Address] = planned);
            }

            doubtful.AddRange(await StoreAsync(session, fresh, cancellationToken));
            foreach (var (later, first) in followers)
            {
                // What is not stored itself says nothing about those after it.
                if (first.Fate == EventFate.New)
                    Compare(later, first, again);
                else
                    doubtful.Add(later);
            }

            foreach (var planned in doubtful)
                taken.Remove(planned.Address);
            await FindAsync(session, doubtful, again, cancellationToken);
            pending = again;
        }

        var known = events.Where(e => e.Fate != EventFate.New).ToLookup(e => e.Fate);
        if (known[EventFate.Conflict].Any())
            await KeepAsync(session, [.. known[EventFate.Conflict]], cancellationToken);
        await EventDuplicates.NoteAsync(
            session, [.. known[EventFate.Duplicate].Select(e => (e, e.Address))], cancellationToken);
    }

    private static int BySenderAndInstant(PlannedEvent a, PlannedEvent b)
    {
        var order = a.Source.CompareTo(b.Source);
        return order == 0 ? a.At.CompareTo(b.At) : order;
    }

    /// <summary>Both are of this group.</summary>
    private static void Compare(PlannedEvent planned, PlannedEvent first, List<PlannedEvent> again)
    {
        if (first.Is(planned.Name, planned.Key))
            planned.Fate = planned.Against(first.Shape, first.Dimensions);
        else
            again.Add(planned);
    }

    /// <summary>
    /// Claims keys that come without a timestamp; answers those that were claimed before, dated as then.
    /// </summary>
    private static async Task<HashSet<PlannedEvent>> ClaimAsync(
        Session session, IReadOnlyList<PlannedEvent> events, CancellationToken cancellationToken)
    {
        var claimed = new HashSet<PlannedEvent>();
        var firsts = new Dictionary<(int, long), PlannedEvent>();
        foreach (var planned in events.Where(e => !e.IsDated))
        {
            // The second of one group is found where the first one is.
            if (!firsts.TryAdd((planned.Source, planned.Hash), planned))
                planned.At = firsts[(planned.Source, planned.Hash)].At;
        }

        if (firsts.Count == 0)
            return claimed;
        var asked = firsts.Values.ToArray();
        await using var command = EventArrays.Command(
            session,
            """
            WITH k AS (SELECT * FROM unnest($1, $2, $3) WITH ORDINALITY AS k(s, h, a, n)),
            c AS (
              INSERT INTO event_keys (source_id, key_hash, event_at) SELECT s, h, a FROM k ON CONFLICT DO NOTHING
              RETURNING source_id, key_hash)
            SELECT k.n, e.event_at FROM k JOIN event_keys e ON e.source_id = k.s AND e.key_hash = k.h
            WHERE NOT EXISTS (SELECT 1 FROM c WHERE c.source_id = k.s AND c.key_hash = k.h)
            """);
        command.Add(NpgsqlDbType.Integer, asked, e => e.Source);
        command.Add(NpgsqlDbType.Bigint, asked, e => e.Hash);
        command.Add(NpgsqlDbType.Bigint, asked, e => e.At);
        var stored = new Dictionary<(int, long), long>();
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                var first = asked[(int)reader.GetInt64(0) - 1];
                stored[(first.Source, first.Hash)] = reader.GetInt64(1);
            }
        }

        foreach (var planned in events.Where(e => !e.IsDated))
        {
            if (!stored.TryGetValue((planned.Source, planned.Hash), out var at))
                continue;
            planned.At = at;
            claimed.Add(planned);
        }

        return claimed;
    }

    /// <summary>Those that did not go in.</summary>
    private static async Task<IReadOnlyList<PlannedEvent>> StoreAsync(
        Session session, List<PlannedEvent> events, CancellationToken cancellationToken)
    {
        if (events.Count == 0)
            return [];
        // Neighbours in the index one after the other, but in no order among those of one instant: pages that are filled in order are
        // split in their middle, and what is left behind stays half empty.
        events.Sort(BySenderAndInstant);
        if (await TryCopyAsync(session, events, cancellationToken))
        {
            foreach (var planned in events)
                planned.Fate = EventFate.New;
            return [];
        }

        await using var command = EventArrays.Command(
            session,
            $"""
            INSERT INTO usage_events ({PostgreSqlEventCopy.Columns})
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT DO NOTHING RETURNING source_id, event_at, key_hash
            """);
        command.Add(NpgsqlDbType.Bigint, events, e => e.At);
        command.Add(NpgsqlDbType.Bigint, events, e => e.Hash);
        command.Add(NpgsqlDbType.Bigint, events, e => e.ReceivedAt);
        command.Add(NpgsqlDbType.Integer, events, e => e.Source);
        command.Add(NpgsqlDbType.Integer, events, e => e.Name);
        command.Add(NpgsqlDbType.Integer, events, e => e.Shape);
        command.Add(NpgsqlDbType.Bytea, events, e => e.Key);
        command.Add(NpgsqlDbType.Bytea, events, e => e.Dimensions);
        var stored = new HashSet<EventAddress>(events.Count);
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
                stored.Add(new(reader.GetInt32(0), reader.GetInt64(1), reader.GetInt64(2)));
        }

        var rest = new List<PlannedEvent>();
        foreach (var planned in events)
        {
            if (stored.Contains(planned.Address))
                planned.Fate = EventFate.New;
            else
                rest.Add(planned);
        }

        return rest;
    }

    private static async Task<bool> TryCopyAsync(
        Session session, List<PlannedEvent> events, CancellationToken cancellationToken)
    {
        var transaction = (NpgsqlTransaction)session.Transaction!;
        await transaction.SaveAsync(Savepoint, cancellationToken);
        try
        {
            await PostgreSqlEventCopy.RunAsync((NpgsqlConnection)session.Connection, events, cancellationToken);
            await transaction.ReleaseAsync(Savepoint, cancellationToken);
            return true;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            await transaction.RollbackAsync(Savepoint, cancellationToken);
            return false;
        }
    }

    private static async Task FindAsync(
        Session session, List<PlannedEvent> events, List<PlannedEvent> again, CancellationToken cancellationToken)
    {
        if (events.Count == 0)
            return;
        await using var command = EventArrays.Command(
            session,
            """
            SELECT k.n, e.name_id, e.event_key, e.shape_id, e.dimensions
            FROM unnest($1, $2, $3) WITH ORDINALITY AS k(s, a, h, n)
            JOIN usage_events e ON e.source_id = k.s AND e.event_at = k.a AND e.key_hash = k.h
            """);
        command.Add(NpgsqlDbType.Integer, events, e => e.Source);
        command.Add(NpgsqlDbType.Bigint, events, e => e.At);
        command.Add(NpgsqlDbType.Bigint, events, e => e.Hash);
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                var planned = events[(int)reader.GetInt64(0) - 1];
                if (planned.Is(reader.GetInt32(1), reader.GetFieldValue<byte[]>(2)))
                    planned.Fate = planned.Against(reader.GetInt32(3), reader.GetFieldValue<byte[]>(4));
            }
        }

        again.AddRange(events.Where(e => e.Fate == EventFate.Undecided));
    }

    private static async Task KeepAsync(
        Session session, List<PlannedEvent> conflicts, CancellationToken cancellationToken)
    {
        await using var command = EventArrays.Command(
            session,
            """
            INSERT INTO event_conflicts (environment_id, source_id, event_at, key_hash, received_at, shape_id, dimensions)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
            """);
        command.Add(NpgsqlDbType.Integer, conflicts, e => e.Sender.Environment);
        command.Add(NpgsqlDbType.Integer, conflicts, e => e.Source);
        command.Add(NpgsqlDbType.Bigint, conflicts, e => e.At);
        command.Add(NpgsqlDbType.Bigint, conflicts, e => e.Hash);
        command.Add(NpgsqlDbType.Bigint, conflicts, e => e.ReceivedAt);
        command.Add(NpgsqlDbType.Integer, conflicts, e => e.Shape);
        command.Add(NpgsqlDbType.Bytea, conflicts, e => e.Dimensions);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
