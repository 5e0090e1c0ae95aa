using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Customers;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>The rows of raw events as the feed lists them, and each as an event with what became of it.</summary>
internal sealed class RawFeed(
    EventMeters meters, EventReader reader, EventDictionaries dictionaries, CustomerReader customers)
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

    /// <summary>What is going to be removed is as good as gone: nothing it counts as can be changed.</summary>
    private const string Kept = """
        NOT EXISTS (SELECT 1 FROM usage_retention r WHERE r.environment_id = @environment AND r.closed_at > e.event_at)
        """;

    /// <summary>Events of backfills have numbers below 0.</summary>
    private const string Senders = """
        LEFT JOIN backfill_sources b ON b.seq = -e.source_id LEFT JOIN backfills f ON f.seq = b.backfill_seq
        JOIN event_sources s ON s.seq = COALESCE(b.source_id, e.source_id)
        """;

    /// <summary>One event of the environment; null when there is none.</summary>
    public async Task<FeedEvent?> FindAsync(Session session, EnvironmentId environment, EventAddress address)
    {
        var row = await session.Connection.QuerySingleOrDefaultAsync<Row>(
            $"""
            SELECT {Columns} FROM usage_events e {Senders}
            WHERE e.source_id = @source AND e.event_at = @at AND e.key_hash = @hash AND s.environment_id = @environment
              AND {Kept}
            """,
            new { source = address.Source, at = address.At, hash = address.Hash, environment = environment.Value },
            session.Transaction);
        return row is null ? null : await ToEventAsync(session, environment, row, null);
    }

    /// <summary>
    /// The numbers that the customer's events are stored under, those of backfills too; null: no customer is asked for.
    /// Empty: nothing that was ever sent can pass the filter.
    /// </summary>
    public static async Task<int[]?> SourcesAsync(Session session, EnvironmentId environment, EventFeedRequest request)
    {
        var parameters = new
        {
            environment = environment.Value,
            customer = request.CustomerId?.Value,
            name = request.EventName,
        };
        var isKnown = await session.Connection.ExecuteScalarAsync<bool>(
            $"""
            SELECT EXISTS (SELECT 1 FROM event_names
              WHERE environment_id = @environment {(request.EventName is null ? "" : "AND name = @name")})
            """,
            parameters,
            session.Transaction);
        if (!isKnown)
            return [];
        if (request.CustomerId is null)
            return null;
        return [.. await session.Connection.QueryAsync<int>(
            """
            SELECT seq FROM event_sources WHERE environment_id = @environment AND customer_id = @customer
            UNION ALL
            SELECT -b.seq FROM event_sources s JOIN backfill_sources b ON b.source_id = s.seq
            WHERE s.environment_id = @environment AND s.customer_id = @customer
            """,
            parameters,
            session.Transaction)];
    }

    /// <summary>The rows before a position, at most <see cref="FeedRead.Take"/>; fewer are all there are.</summary>
    public static Task<List<Row>> RowsAsync(Session session, FeedRead read) =>
        read.Request.Fate == EventFeedFate.Conflict ? ConflictsAsync(session, read)
        : session.Kind == DatabaseKind.Sqlite ? SqliteAsync(session, read)
        : PostgreSqlAsync(session, read);

    /// <summary>
    /// By rows, which lie in the order of arrival. Of one customer a part of them is looked through, which is enough
    /// for those who send much; the others are found by their sender.
    /// </summary>
    private static async Task<List<Row>> SqliteAsync(Session session, FeedRead read)
    {
        var (from, until) = (-1L, read.After.Seq);
        if (read.Request.From is { } first)
            from = await SqliteLastBeforeAsync(session, read.Environment, first);
        if (read.Request.Until is { } end)
            until = Math.Min(until, await SqliteLastBeforeAsync(session, read.Environment, end) + 1);
        if (read.Sources is null)
            return await SqliteAsync(session, read, "usage_events e", from, until);
        var newest = Math.Min(
            until, (await session.Connection.ExecuteScalarAsync<long?>("SELECT max(rowid) FROM usage_events") ?? 0) + 1);
        var recent = await SqliteAsync(
            session, read, "usage_events e NOT INDEXED", Math.Max(from, newest - SqliteSpan), newest);
        return recent.Count == read.Take || newest - SqliteSpan <= from
            ? recent
            : await SqliteAsync(session, read, "usage_events e INDEXED BY usage_events_by_source", from, until);
    }

    private static async Task<List<Row>> SqliteAsync(Session session, FeedRead read, string table, long from, long until)
    {
        var parameters = Parameters(read);
        parameters.Add("from", from);
        parameters.Add("until", until);
        return (await session.Connection.QueryAsync<Row>(
            $"""
            SELECT {Columns}, e.rowid AS Seq FROM {table} {Senders}
            JOIN event_names n ON n.seq = e.name_id
            WHERE e.rowid > @from AND e.rowid < @until AND {Filter(session, read)} ORDER BY e.rowid DESC LIMIT @take
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

    /// <summary>Backwards in growing steps, until there are enough or nothing is left.</summary>
    private static async Task<List<Row>> PostgreSqlAsync(Session session, FeedRead read)
    {
        var request = read.Request;
        var newest = Math.Min(read.After.ReceivedAt, request.Now + (long)EventRules.FutureTolerance.TotalMilliseconds);
        if (request.Until is { } until)
            newest = Math.Min(newest, until.ToUnixTimeMilliseconds() - 1);
        var oldest = request.From is { } from ? from.ToUnixTimeMilliseconds() - 1 : -1;
        for (var span = FirstSpan; ; span *= 8)
        {
            var lower = Math.Max(newest - span, oldest);
            var parameters = Parameters(read);
            parameters.Add("lower", lower);
            parameters.Add("newest", newest);
            var rows = (await session.Connection.QueryAsync<Row>(
                $"""
                SELECT {Columns}, 0 AS Seq FROM usage_events e {Senders}
                JOIN event_names n ON n.seq = e.name_id
                WHERE e.received_at > @lower AND e.received_at <= @newest
                  AND (e.received_at, e.source_id, e.event_at, e.key_hash) < (@received, @source, @at, @hash)
                  AND {Filter(session, read)}
                ORDER BY e.received_at DESC, e.source_id DESC, e.event_at DESC, e.key_hash DESC LIMIT @take
                """,
                parameters)).AsList();
            if (rows.Count == read.Take || lower <= oldest)
                return rows;
        }
    }

    private static async Task<List<Row>> ConflictsAsync(Session session, FeedRead read) =>
        (await session.Connection.QueryAsync<Row>(
            $"""
            SELECT c.seq AS Seq, c.source_id AS Source, c.event_at AS At, c.key_hash AS Hash, c.received_at AS ReceivedAt,
              e.name_id AS Name, c.shape_id AS Shape, e.event_key AS Key, c.dimensions AS Dimensions,
              s.customer_id AS Customer, s.resource_id AS Resource, f.state AS State, f.uid AS Backfill
            FROM event_conflicts c
            JOIN usage_events e ON e.source_id = c.source_id AND e.event_at = c.event_at AND e.key_hash = c.key_hash
            {Senders}
            JOIN event_names n ON n.seq = e.name_id
            WHERE c.seq < @seq AND c.received_at >= @from AND c.received_at < @until AND {Filter(session, read)}
            ORDER BY c.seq DESC LIMIT @take
            """,
            Between(Parameters(read), read.Request))).AsList();

    private static DynamicParameters Between(DynamicParameters parameters, EventFeedRequest request)
    {
        parameters.Add("from", request.From?.ToUnixTimeMilliseconds() ?? long.MinValue);
        parameters.Add("until", request.Until?.ToUnixTimeMilliseconds() ?? long.MaxValue);
        return parameters;
    }

    private static string Filter(Session session, FeedRead read) => $"s.environment_id = @environment AND {Kept}"
        + (read.Sources is null ? ""
            : session.Kind == DatabaseKind.PostgreSql ? " AND e.source_id = ANY(@sources)"
            : " AND e.source_id IN (SELECT value FROM json_each(@sources))")
        + Filter(read.Request);

    private static string Filter(EventFeedRequest request) => ""
        + (request.EventName is null ? "" : " AND n.name = @name")
        + (request.Backfill is null ? " AND (f.state IS NULL OR f.state IN (1, 3))" : " AND f.uid = @backfill")
        + request.Fate switch
        {
            EventFeedFate.Quarantined => " AND " + Corrected("c.held_by IS NOT NULL"),
            EventFeedFate.Pending => " AND f.state = 0",
            EventFeedFate.Voided => $" AND (f.state = 3 OR {Corrected("c.held_by IS NULL AND c.dimensions IS NULL")})",
            _ => "",
        };

    private static string Corrected(string condition) => $"""
        EXISTS (SELECT 1 FROM event_corrections c
          WHERE c.source_id = e.source_id AND c.event_at = e.event_at AND c.key_hash = e.key_hash AND {condition})
        """;

    private static DynamicParameters Parameters(FeedRead read)
    {
        var position = read.After;
        var parameters = new DynamicParameters(new
        {
            environment = read.Environment.Value,
            name = read.Request.EventName,
            backfill = read.Request.Backfill,
            take = read.Take,
            seq = position.Seq,
            received = position.ReceivedAt,
            source = position.Address.Source,
            at = position.Address.At,
            hash = position.Address.Hash,
        });
        if (read.Sources is { } sources)
            parameters.Add("sources", read.Kind == DatabaseKind.PostgreSql ? sources : $"[{string.Join(',', sources)}]");
        return parameters;
    }

    public async Task<FeedEvent> ToEventAsync(
        Session session, EnvironmentId environment, Row row, EventFeedFate? decided)
    {
        var name = await dictionaries.NameAsync(session, (int)row.Name);
        var sent = await dictionaries.DimensionsAsync(session, (int)row.Shape, row.Dimensions);
        var correction = decided is null ? await reader.CorrectionAsync(session, row.Address) : null;
        var counted = correction is null ? sent : correction.Dimensions;
        var customer = new CustomerId(row.Customer);
        var features = new List<FeatureId>();
        if (decided is null && counted is not null)
        {
            foreach (var meter in (await meters.GetAsync(session, environment)).Of(name).ToArray())
            {
                if (meter.Stage == MeterStage.Current && meter.Compiled.TryRead(name, counted, out _))
                    features.Add(meter.Feature);
            }
        }

        var fate = decided
            ?? (row.State is 0 or 2 ? EventFeedFate.Pending
                : row.State == 3 ? EventFeedFate.Voided
                : correction?.HeldBy is not null ? EventFeedFate.Quarantined
                : counted is null ? EventFeedFate.Voided
                : await customers.FindAsync(session, environment, customer) is null ? EventFeedFate.Unattributed
                : features.Count == 0 ? EventFeedFate.Unmatched : EventFeedFate.Counted);
        return new()
        {
            Address = row.Address,
            Event = new()
            {
                CustomerId = customer,
                ResourceId = row.Resource.Length == 0 ? null : new(row.Resource),
                Name = name,
                IdempotencyKey = EventKey.Decode(row.Key),
                Timestamp = Instant.FromUnixTimeMilliseconds(row.At),
                Dimensions = sent,
            },
            ReceivedAt = Instant.FromUnixTimeMilliseconds(row.ReceivedAt),
            Fate = fate,
            Features = fate == EventFeedFate.Counted ? features : [],
            Correction = correction,
            Backfill = row.Backfill,
            CanCount = row.State is null or 1,
        };
    }

    internal sealed class Row
    {
        public long Seq { get; set; }
        public long Source { get; set; }
        public long At { get; set; }
        public long Hash { get; set; }
        public long ReceivedAt { get; set; }
        public long Name { get; set; }
        public long Shape { get; set; }
        public byte[] Key { get; set; } = [];
        public byte[] Dimensions { get; set; } = [];
        public string Customer { get; set; } = "";
        public string Resource { get; set; } = "";

        /// <summary>Of its backfill; null = it came live.</summary>
        public long? State { get; set; }
        public Guid? Backfill { get; set; }

        public EventAddress Address => new((int)Source, At, Hash);

        public FeedPosition Position => new(Seq, ReceivedAt, Address, default);
    }
}
