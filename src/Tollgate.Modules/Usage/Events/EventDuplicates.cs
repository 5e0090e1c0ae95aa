using Dapper;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Domain.Usage.Events;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// How often stored events came again with the same payload (spec entitlements-and-usage 8.2). Noted in the transaction
/// that dropped them, one row an event; nothing is done for events that are new.
/// </summary>
internal static class EventDuplicates
{
    /// <summary>One more of an event: environment, source, at, hash, arrival.</summary>
    public const string SqliteUpsert = """
        INSERT INTO event_duplicates (environment_id, source_id, event_at, key_hash, times, last_at)
        VALUES (@environment, @source, @at, @hash, 1, @received) ON CONFLICT (source_id, event_at, key_hash) DO UPDATE
        SET times = event_duplicates.times + 1, last_at = max(event_duplicates.last_at, excluded.last_at)
        """;

    /// <summary>Dropped events, each with where the one is stored that it repeats.</summary>
    public static async Task NoteAsync(
        Session session, IReadOnlyCollection<(PlannedEvent Dropped, EventAddress Stored)> repeats,
        CancellationToken cancellationToken)
    {
        if (repeats.Count == 0)
            return;
        if (session.Kind == DatabaseKind.Sqlite)
        {
            foreach (var (dropped, stored) in repeats)
            {
                await session.Connection.ExecuteAsync(
                    SqliteUpsert,
                    new
                    {
                        environment = dropped.Sender.Environment,
                        source = stored.Source,
                        at = stored.At,
                        hash = stored.Hash,
                        received = dropped.ReceivedAt,
                    },
                    session.Transaction);
            }

            return;
        }

        // A statement may change a row once, so what repeats the same event is added up before.
        var noted = repeats.GroupBy(repeat => repeat.Stored)
            .Select(same => (
                Stored: same.Key, same.First().Dropped.Sender.Environment, Times: same.LongCount(),
                Last: same.Max(repeat => repeat.Dropped.ReceivedAt)))
            .ToList();
        await using var command = EventArrays.Command(
            session,
            """
            INSERT INTO event_duplicates (environment_id, source_id, event_at, key_hash, times, last_at)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6) ON CONFLICT (source_id, event_at, key_hash) DO UPDATE
            SET times = event_duplicates.times + excluded.times,
              last_at = greatest(event_duplicates.last_at, excluded.last_at)
            """);
        command.Add(NpgsqlDbType.Integer, noted, row => row.Environment);
        command.Add(NpgsqlDbType.Integer, noted, row => row.Stored.Source);
        command.Add(NpgsqlDbType.Bigint, noted, row => row.Stored.At);
        command.Add(NpgsqlDbType.Bigint, noted, row => row.Stored.Hash);
        command.Add(NpgsqlDbType.Bigint, noted, row => row.Times);
        command.Add(NpgsqlDbType.Bigint, noted, row => row.Last);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Those of these events that came again: one look into the index for a whole page.</summary>
    public static async Task<IReadOnlyDictionary<EventAddress, EventRepeats>> FindAsync(
        Session session, IReadOnlyCollection<EventAddress> events)
    {
        if (events.Count == 0)
            return new Dictionary<EventAddress, EventRepeats>();
        var (rows, parameters) = session.Kind == DatabaseKind.PostgreSql
            ? ("SELECT * FROM unnest(@sources, @instants, @hashes) AS k(s, a, h)",
                (object)new
                {
                    sources = events.Select(e => e.Source).ToArray(),
                    instants = events.Select(e => e.At).ToArray(),
                    hashes = events.Select(e => e.Hash).ToArray(),
                })
            : ("""
                SELECT json_extract(value, '$[0]') AS s, json_extract(value, '$[1]') AS a,
                  json_extract(value, '$[2]') AS h
                FROM json_each(@keys)
                """,
                new
                {
                    keys = $"[{string.Join(',', events.Select(
                        e => FormattableString.Invariant($"[{e.Source},{e.At},{e.Hash}]")))}]",
                });
        return (await session.Connection.QueryAsync<Row>(
            $"""
            SELECT d.source_id AS Source, d.event_at AS At, d.key_hash AS Hash, d.times AS Times, d.last_at AS LastAt
            FROM ({rows}) AS k JOIN event_duplicates d ON d.source_id = k.s AND d.event_at = k.a AND d.key_hash = k.h
            """,
            parameters,
            session.Transaction)).ToDictionary(
                row => new EventAddress((int)row.Source, row.At, row.Hash),
                row => new EventRepeats(row.Times, NodaTime.Instant.FromUnixTimeMilliseconds(row.LastAt)));
    }

    private sealed class Row
    {
        public long Source { get; set; }
        public long At { get; set; }
        public long Hash { get; set; }
        public long Times { get; set; }
        public long LastAt { get; set; }
    }
}
