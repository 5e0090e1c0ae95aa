using Dapper;
using NpgsqlTypes;
using Tollgate.Domain.Usage.Events;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events.Backfills;

/// <summary>
/// An occurrence is stored once among all that count: what a sender sent live and what sessions brought for it have
/// numbers of their own, so the unique index of events does not see that two of them are one. Used while the customers
/// are locked.
/// </summary>
internal sealed class KnownOccurrences
{
    private readonly BackfillStore _store = new();

    /// <summary>
    /// Of events that come live: those to store. What a closed session brought is known already; what an open one holds
    /// is live from now on, and the session loses it.
    /// </summary>
    public async Task<IReadOnlyList<PlannedEvent>> SieveLiveAsync(Session session, IReadOnlyList<PlannedEvent> events)
    {
        var siblings = (await _store.SiblingsAsync(session, [.. events.Select(e => e.Source).Distinct()], except: 0))
            .ToLookup(sibling => (int)sibling.Sender);
        if (siblings.Count == 0)
            return events;
        var found = await FindAsync(session, [.. Ask(events, e => siblings[e.Source])]);
        foreach (var (planned, sibling, _) in found.Where(one => !one.Sibling.IsVisible))
            await LoseAsync(session, sibling, planned);
        await DecideAsync(session, found.Where(one => one.Sibling.IsVisible));

        return found.Count == 0 ? events : [.. events.Where(e => e.Fate == EventFate.Undecided)];
    }

    /// <summary>Of events that a session is sent: those that nothing has which counts.</summary>
    public async Task<IReadOnlyList<PlannedEvent>> SieveBackfilledAsync(
        Session session, long backfill, IReadOnlyList<PlannedEvent> events)
    {
        var siblings = (await _store.SiblingsAsync(session, [.. events.Select(e => e.Source).Distinct()], backfill))
            .Where(sibling => sibling.IsVisible).ToLookup(sibling => (int)sibling.Sender);
        var found = await FindAsync(session, [.. Ask(events, e => siblings[e.Source].Prepend(Live(e)))]);
        await DecideAsync(session, found);
        return [.. events.Where(e => e.Fate == EventFate.Undecided)];
    }

    private static BackfillSource Live(PlannedEvent planned) =>
        new() { Seq = -planned.Source, Sender = planned.Source, State = (long)BackfillState.Closed };

    private static IEnumerable<(PlannedEvent Planned, BackfillSource Sibling)> Ask(
        IReadOnlyList<PlannedEvent> events, Func<PlannedEvent, IEnumerable<BackfillSource>> siblings) =>
        events.Where(e => e.IsDated).SelectMany(e => siblings(e).Select(sibling => (e, sibling)));

    private static async Task DecideAsync(
        Session session, IEnumerable<(PlannedEvent Planned, BackfillSource Sibling, StoredPayload Stored)> found)
    {
        var repeats = new List<(PlannedEvent, EventAddress)>();
        foreach (var (planned, sibling, stored) in found)
        {
            planned.Fate = planned.Against(stored.Shape, stored.Dimensions);
            if (planned.Fate == EventFate.Conflict)
                await KeepAsync(session, planned, sibling.Stored);
            else
                repeats.Add((planned, new(sibling.Stored, planned.At, HashOf(planned))));
        }

        await EventDuplicates.NoteAsync(session, repeats, CancellationToken.None);
    }

    private static async Task KeepAsync(Session session, PlannedEvent planned, int source) =>
        await session.Connection.ExecuteAsync(
            """
            INSERT INTO event_conflicts (environment_id, source_id, event_at, key_hash, received_at, shape_id,
              dimensions)
            VALUES (@environment, @source, @at, @hash, @received, @shape, @dimensions) ON CONFLICT DO NOTHING
            """,
            new
            {
                environment = planned.Sender.Environment,
                source,
                at = planned.At,
                hash = HashOf(planned),
                received = planned.ReceivedAt,
                shape = planned.Shape,
                dimensions = planned.Dimensions,
            },
            session.Transaction);

    private static async Task LoseAsync(Session session, BackfillSource sibling, PlannedEvent planned)
    {
        var lost = await session.Connection.ExecuteAsync(
            "DELETE FROM usage_events WHERE source_id = @source AND event_at = @at AND key_hash = @hash",
            new { source = sibling.Stored, at = planned.At, hash = HashOf(planned) },
            session.Transaction);
        await session.Connection.ExecuteAsync(
            "UPDATE backfills SET events = events - @lost, duplicates = duplicates + @lost WHERE seq = @seq",
            new { lost, seq = sibling.Backfill },
            session.Transaction);
    }

    /// <summary>
    /// The number without a salt: two occurrences of one sender and instant that share 64 bits meet only where both are
    /// stored under one number.
    /// </summary>
    private static long HashOf(PlannedEvent planned) =>
        EventKey.Hash(planned.Event.Name, planned.Event.IdempotencyKey, 0);

    private static async Task<
        IReadOnlyList<(PlannedEvent Planned, BackfillSource Sibling, StoredPayload Stored)>> FindAsync(
        Session session, (PlannedEvent Planned, BackfillSource Sibling)[] asked)
    {
        var found = new List<(PlannedEvent, BackfillSource, StoredPayload)>();
        if (asked.Length == 0)
            return found;
        if (session.Kind == DatabaseKind.Sqlite)
        {
            foreach (var (planned, sibling) in asked)
            {
                var row = await session.Connection.QuerySingleOrDefaultAsync<StoredPayload>(
                    """
                    SELECT name_id AS Name, event_key AS Key, shape_id AS ShapeId, dimensions AS Dimensions
                    FROM usage_events
                    WHERE source_id = @source AND event_at = @at AND key_hash = @hash
                    """,
                    new { source = sibling.Stored, at = planned.At, hash = HashOf(planned) },
                    session.Transaction);
                if (row is not null && planned.Is((int)row.Name, row.Key))
                    found.Add((planned, sibling, row));
            }

            return found;
        }

        await using var command = EventArrays.Command(
            session,
            """
            SELECT k.n, e.name_id, e.event_key, e.shape_id, e.dimensions
            FROM unnest($1, $2, $3) WITH ORDINALITY AS k(s, a, h, n)
            JOIN usage_events e ON e.source_id = k.s AND e.event_at = k.a AND e.key_hash = k.h
            """);
        command.Add(NpgsqlDbType.Integer, asked, pair => pair.Sibling.Stored);
        command.Add(NpgsqlDbType.Bigint, asked, pair => pair.Planned.At);
        command.Add(NpgsqlDbType.Bigint, asked, pair => HashOf(pair.Planned));
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            var (planned, sibling) = asked[(int)reader.GetInt64(0) - 1];
            var stored = new StoredPayload
            {
                Name = reader.GetInt32(1),
                Key = reader.GetFieldValue<byte[]>(2),
                ShapeId = reader.GetInt32(3),
                Dimensions = reader.GetFieldValue<byte[]>(4),
            };
            if (planned.Is((int)stored.Name, stored.Key))
                found.Add((planned, sibling, stored));
        }

        return found;
    }

    private sealed class StoredPayload
    {
        public long Name { get; set; }
        public byte[] Key { get; set; } = [];
        public long ShapeId { get; set; }
        public byte[] Dimensions { get; set; } = [];

        public int Shape => (int)ShapeId;
    }
}
