using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Usage.Events;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>Reads the rows of raw events that the feed lists, page by page.</summary>
internal static class RawRows
{
    /// <summary>How far back PostgreSQL looks at first: its index knows ranges of arrivals, not their order.</summary>
    private const long FirstSpan = 60_000;

    /// <summary>How many of the latest rows SQLite looks through for those of one customer.</summary>
    private const long SqliteSpan = 20_000;

    private const string Columns = """
        e.source_id AS Source, e.event_at AS At, e.key_hash AS Hash, e.received_at AS ReceivedAt, e.name_id AS Name,
        e.shape_id AS Shape, e.event_key AS Key, e.dimensions AS Dimensions, s.customer_id AS Customer,
        s.resource_id AS Resource, f.state AS State, f.uid AS Backfill
        """;

    /// <summary>Events of backfills have numbers below 0.</summary>
    private const string Senders = """
        LEFT JOIN backfill_sources b ON b.seq = -e.source_id LEFT JOIN backfills f ON f.seq = b.backfill_seq
        JOIN event_sources s ON s.seq = COALESCE(b.source_id, e.source_id)
        """;

    /// <summary>One event of the environment; null when there is none.</summary>
    public static Task<RawRow?> FindAsync(Session session, EnvironmentId environment, EventAddress address) =>
        session.Connection.QuerySingleOrDefaultAsync<RawRow>(
            $"""
            SELECT {Columns} FROM usage_events e {Senders}
            WHERE e.source_id = @source AND e.event_at = @at AND e.key_hash = @hash AND s.environment_id = @environment
              AND {RawFilter.Kept}
            """,
            new { source = address.Source, at = address.At, hash = address.Hash, environment = environment.Value },
            session.Transaction);

    /// <summary>The rows before a position, at most <see cref="FeedRead.Take"/>; fewer are all there are.</summary>
    public static Task<List<RawRow>> ReadAsync(Session session, FeedRead read) =>
        read.Request.Fate == EventFeedFate.Conflict ? ConflictsAsync(session, read)
        : read.Request.Fate == EventFeedFate.Duplicate ? DuplicatesAsync(session, read)
        : read.Kind == DatabaseKind.Sqlite ? SqliteAsync(session, read)
        : PostgreSqlAsync(session, read);

    /// <summary>
    /// By rows, which lie in the order of arrival. Of one customer a part of them is looked through, which is enough
    /// for those who send much; the others, and those with a key, are found by their sender.
    /// </summary>
    private static async Task<List<RawRow>> SqliteAsync(Session session, FeedRead read)
    {
        var (from, until) = (-1L, read.After.Seq);
        if (read.Request.From is { } first)
            from = await SqliteLastBeforeAsync(session, read.Environment, first);
        if (read.Request.Until is { } end)
            until = Math.Min(until, await SqliteLastBeforeAsync(session, read.Environment, end) + 1);
        if (read.Index.Sources is null)
            return await SqliteAsync(session, read, "usage_events e", from, until);
        if (read.Index.Hashes is null)
        {
            var newest = Math.Min(
                until, (await session.Connection.ExecuteScalarAsync<long?>("SELECT max(rowid) FROM usage_events") ?? 0) + 1);
            var recent = await SqliteAsync(
                session, read, "usage_events e NOT INDEXED", Math.Max(from, newest - SqliteSpan), newest);
            if (recent.Count == read.Take || newest - SqliteSpan <= from)
                return recent;
        }

        return await SqliteAsync(session, read, "usage_events e INDEXED BY usage_events_by_source", from, until);
    }

    private static async Task<List<RawRow>> SqliteAsync(Session session, FeedRead read, string table, long from, long until)
    {
        var parameters = RawFilter.Parameters(read);
        parameters.Add("first", from);
        parameters.Add("last", until);
        return (await session.Connection.QueryAsync<RawRow>(
            $"""
            SELECT {Columns}, e.rowid AS Seq{RawFilter.Mark(read)} FROM {table} {Senders}
            JOIN event_names n ON n.seq = e.name_id
            WHERE e.rowid > @first AND e.rowid < @last AND {RawFilter.Sql(read)} ORDER BY e.rowid DESC LIMIT @take
            """,
            parameters)).AsList();
    }

    private static async Task<long> SqliteLastBeforeAsync(Session session, EnvironmentId environment, Instant instant) =>
        await ArrivalSearch.LastBeforeAsync(
            0,
            await session.Connection.ExecuteScalarAsync<long?>("SELECT max(rowid) FROM usage_events") ?? 0,
            instant.ToUnixTimeMilliseconds(),
            middle => session.Connection.ExecuteScalarAsync<long?>(
                $"""
                SELECT e.received_at FROM usage_events e {Senders}
                WHERE e.rowid <= @middle AND s.environment_id = @environment ORDER BY e.rowid DESC LIMIT 1
                """,
                new { middle, environment = environment.Value }));

    /// <summary>
    /// Backwards in growing steps, until there are enough or nothing is left; those with a key, which their sender's index
    /// leads to, at once.
    /// </summary>
    private static async Task<List<RawRow>> PostgreSqlAsync(Session session, FeedRead read)
    {
        var request = read.Request;
        var newest = Math.Min(read.After.ReceivedAt, request.Now + (long)EventRules.FutureTolerance.TotalMilliseconds);
        if (request.Until is { } until)
            newest = Math.Min(newest, until.ToUnixTimeMilliseconds() - 1);
        var oldest = request.From is { } from ? from.ToUnixTimeMilliseconds() - 1 : -1;
        for (var span = read.Index.Hashes is null ? FirstSpan : newest + 1; ; span *= 8)
        {
            var lower = Math.Max(newest - span, oldest);
            var parameters = RawFilter.Parameters(read);
            parameters.Add("lower", lower);
            parameters.Add("newest", newest);
            var rows = (await session.Connection.QueryAsync<RawRow>(PostgreSqlQuery(read), parameters)).AsList();
            if (rows.Count == read.Take || lower <= oldest)
                return rows;
        }
    }

    /// <summary>Of the parameters of the filter, and what arrived after @lower up to @newest.</summary>
    internal static string PostgreSqlQuery(FeedRead read) => $"""
        SELECT {Columns}, 0 AS Seq{RawFilter.Mark(read)} FROM usage_events e {Senders}
        JOIN event_names n ON n.seq = e.name_id
        WHERE e.received_at > @lower AND e.received_at <= @newest
          AND (e.received_at, e.source_id, e.event_at, e.key_hash) < (@received, @source, @at, @hash)
          AND {RawFilter.Sql(read)}
        ORDER BY e.received_at DESC, e.source_id DESC, e.event_at DESC, e.key_hash DESC LIMIT @take
        """;

    /// <summary>Payloads that came later under a stored key, the one that was kept last first.</summary>
    private static async Task<List<RawRow>> ConflictsAsync(Session session, FeedRead read) =>
        (await session.Connection.QueryAsync<RawRow>(
            $"""
            SELECT c.seq AS Seq, c.source_id AS Source, c.event_at AS At, c.key_hash AS Hash, c.received_at AS ReceivedAt,
              e.name_id AS Name, c.shape_id AS Shape, e.event_key AS Key, c.dimensions AS Dimensions,
              s.customer_id AS Customer, s.resource_id AS Resource, f.state AS State, f.uid AS Backfill
            FROM event_conflicts c
            JOIN usage_events e ON e.source_id = c.source_id AND e.event_at = c.event_at AND e.key_hash = c.key_hash
            {Senders}
            JOIN event_names n ON n.seq = e.name_id
            WHERE c.seq < @seq AND c.received_at >= @from AND c.received_at < @until AND {RawFilter.Sql(read)}
            ORDER BY c.seq DESC LIMIT @take
            """,
            RawFilter.Parameters(read))).AsList();

    /// <summary>
    /// Events that came again, the one that did last first; those of senders that are asked for by their sender (a plus
    /// keeps a database from the other index, a cross join keeps SQLite in this order).
    /// </summary>
    private static async Task<List<RawRow>> DuplicatesAsync(Session session, FeedRead read)
    {
        var time = read.Index.Sources is null
            ? "d.environment_id = @environment AND d.last_at >= @from AND d.last_at < @until"
            : $"""
                d.source_id {RawFilter.In(read.Kind, "sources")} AND +d.environment_id = @environment AND +d.last_at >= @from
                  AND +d.last_at < @until
                """;
        return (await session.Connection.QueryAsync<RawRow>(
            $"""
            SELECT {Columns}, 0 AS Seq, d.last_at AS RepeatedAt FROM event_duplicates d CROSS JOIN usage_events e {Senders}
            JOIN event_names n ON n.seq = e.name_id
            WHERE {time} AND (d.last_at, d.source_id, d.event_at, d.key_hash) < (@received, @source, @at, @hash)
              AND e.source_id = d.source_id AND e.event_at = d.event_at AND e.key_hash = d.key_hash AND {RawFilter.Sql(read)}
            ORDER BY d.last_at DESC, d.source_id DESC, d.event_at DESC, d.key_hash DESC LIMIT @take
            """,
            RawFilter.Parameters(read))).AsList();
    }
}
