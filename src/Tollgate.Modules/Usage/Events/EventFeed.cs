using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Customers;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>The stored events of the environment, the latest arrival first, each with what became of it.</summary>
public sealed class EventFeed(
    Database database, EventMeters meters, EventReader reader, EventDictionaries dictionaries, CustomerReader customers)
{
    public const int MaxLimit = 100;

    /// <summary>How far back PostgreSQL looks at first: its index knows ranges of arrivals, not their order.</summary>
    private const long FirstSpan = 60_000;

    /// <summary>Events looked at together, and in one call, in search of a fate.</summary>
    private const int SoughtBatch = 200;
    private const int MaxSought = 5_000;

    public Task<Result<EventPage>> ExecuteAsync(
        OperationScope scope, EventFeedRequest request, CancellationToken cancellationToken)
    {
        if (request.After is { } text && !FeedPosition.TryParse(text, out _))
        {
            return Task.FromResult(Result<EventPage>.Refused(Refusal.Of(ErrorCode.BadUserInput,
                [new("after", $"The cursor after={text} belongs to no page of this list; use next of an answer as given.")])));
        }

        return database.ReadAsync<Result<EventPage>>(
            async (session, _) => await PageAsync(session, scope.EnvironmentId, request), cancellationToken);
    }

    /// <summary>One event of the environment; null when there is none.</summary>
    internal async Task<FeedEvent?> FindAsync(Session session, EnvironmentId environment, EventAddress address)
    {
        var row = await session.Connection.QuerySingleOrDefaultAsync<Row>(
            $"""
            SELECT {Columns} FROM usage_events e {Senders}
            WHERE e.source_id = @source AND e.event_at = @at AND e.key_hash = @hash AND s.environment_id = @environment
            """,
            new { source = address.Source, at = address.At, hash = address.Hash, environment = environment.Value },
            session.Transaction);
        return row is null ? null : await ToEventAsync(session, environment, row, null);
    }

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

    private async Task<EventPage> PageAsync(Session session, EnvironmentId environment, EventFeedRequest request)
    {
        var position = request.After is { } text && FeedPosition.TryParse(text, out var parsed) ? parsed : FeedPosition.Start;
        // What is known only once an event was looked at is looked for, some thousands of events a call.
        var take = IsSought(request) ? SoughtBatch : request.Limit;
        var events = new List<FeedEvent>(request.Limit);
        for (var seen = 0; ; seen += take)
        {
            var rows = await RowsAsync(session, environment, request with { Limit = take }, position);
            var more = rows.Count > take;
            foreach (var row in more ? rows.GetRange(0, take) : rows)
            {
                position = row.Position;
                var found = await ToEventAsync(
                    session, environment, row, request.Fate == EventFeedFate.Conflict ? EventFeedFate.Conflict : null);
                if (request.Fate is { } fate && found.Fate != fate)
                    continue;
                events.Add(found);
                if (events.Count == request.Limit)
                    return new(events, more || row != rows[^1] ? position.ToString() : null);
            }

            if (!more || seen + take >= MaxSought)
                return new(events, more ? position.ToString() : null);
        }
    }

    private static bool IsSought(EventFeedRequest request) =>
        request.Fate is EventFeedFate.Counted or EventFeedFate.Unmatched or EventFeedFate.Unattributed;

    private static Task<List<Row>> RowsAsync(
        Session session, EnvironmentId environment, EventFeedRequest request, FeedPosition position) =>
        request.Fate == EventFeedFate.Conflict ? ConflictsAsync(session, environment, request, position)
        : session.Kind == DatabaseKind.Sqlite ? SqliteAsync(session, environment, request, position)
        : PostgreSqlAsync(session, environment, request, position);

    private static async Task<List<Row>> SqliteAsync(
        Session session, EnvironmentId environment, EventFeedRequest request, FeedPosition position) =>
        (await session.Connection.QueryAsync<Row>(
            $"""
            SELECT {Columns}, e.rowid AS Seq FROM usage_events e {Senders}
            JOIN event_names n ON n.seq = e.name_id
            WHERE e.rowid < @seq AND {Filter(request)} ORDER BY e.rowid DESC LIMIT @take
            """,
            Parameters(environment, request, position))).AsList();

    /// <summary>Backwards in growing steps, until there are enough or nothing is left.</summary>
    private static async Task<List<Row>> PostgreSqlAsync(
        Session session, EnvironmentId environment, EventFeedRequest request, FeedPosition position)
    {
        var newest = Math.Min(position.ReceivedAt, request.Now + (long)EventRules.FutureTolerance.TotalMilliseconds);
        for (var span = FirstSpan; ; span *= 8)
        {
            var lower = newest - span;
            var parameters = Parameters(environment, request, position);
            parameters.Add("lower", lower);
            var rows = (await session.Connection.QueryAsync<Row>(
                $"""
                SELECT {Columns}, 0 AS Seq FROM usage_events e {Senders}
                JOIN event_names n ON n.seq = e.name_id
                WHERE e.received_at > @lower AND e.received_at <= @received
                  AND (e.received_at, e.source_id, e.event_at, e.key_hash) < (@received, @source, @at, @hash)
                  AND {Filter(request)}
                ORDER BY e.received_at DESC, e.source_id DESC, e.event_at DESC, e.key_hash DESC LIMIT @take
                """,
                parameters)).AsList();
            if (rows.Count > request.Limit || lower < 0)
                return rows;
        }
    }

    private static async Task<List<Row>> ConflictsAsync(
        Session session, EnvironmentId environment, EventFeedRequest request, FeedPosition position) =>
        (await session.Connection.QueryAsync<Row>(
            $"""
            SELECT c.seq AS Seq, c.source_id AS Source, c.event_at AS At, c.key_hash AS Hash, c.received_at AS ReceivedAt,
              e.name_id AS Name, c.shape_id AS Shape, e.event_key AS Key, c.dimensions AS Dimensions,
              s.customer_id AS Customer, s.resource_id AS Resource, f.state AS State, f.uid AS Backfill
            FROM event_conflicts c
            JOIN usage_events e ON e.source_id = c.source_id AND e.event_at = c.event_at AND e.key_hash = c.key_hash
            {Senders}
            JOIN event_names n ON n.seq = e.name_id
            WHERE c.seq < @seq AND {Filter(request)} ORDER BY c.seq DESC LIMIT @take
            """,
            Parameters(environment, request, position))).AsList();

    private static string Filter(EventFeedRequest request) => "s.environment_id = @environment"
        + (request.CustomerId is null ? "" : " AND s.customer_id = @customer")
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

    private static DynamicParameters Parameters(
        EnvironmentId environment, EventFeedRequest request, FeedPosition position) => new(new
        {
            environment = environment.Value,
            customer = request.CustomerId?.Value,
            name = request.EventName,
            backfill = request.Backfill,
            take = request.Limit + 1,
            seq = position.Seq,
            received = position.ReceivedAt,
            source = position.Address.Source,
            at = position.Address.At,
            hash = position.Address.Hash,
        });

    private async Task<FeedEvent> ToEventAsync(
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

    private sealed class Row
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

        public FeedPosition Position => new(Seq, ReceivedAt, Address);
    }
}

/// <summary>What is asked of the feed.</summary>
/// <param name="Limit">1 to <see cref="EventFeed.MaxLimit"/>.</param>
/// <param name="After">The cursor of the page before; null = the newest.</param>
/// <param name="CustomerId">Only what was sent for this customer, known or not.</param>
/// <param name="EventName">Only events of this name.</param>
/// <param name="Fate">
/// Only what became this; null = every event. CONFLICT: the payloads that came later under a stored key, which are no events.
/// Of COUNTED, UNMATCHED and UNATTRIBUTED a page may be short, or empty, and go on all the same.
/// </param>
/// <param name="Now">The environment's instant in milliseconds: nothing arrives after it.</param>
public sealed record EventFeedRequest(
    int Limit, string? After, CustomerId? CustomerId, string? EventName, EventFeedFate? Fate, long Now)
{
    /// <summary>Only events of this backfill, whatever its state; null = those of open and discarded ones are left out.</summary>
    public Guid? Backfill { get; init; }
}

/// <summary>A page; <paramref name="Next"/> is null at the end.</summary>
public sealed record EventPage(IReadOnlyList<FeedEvent> Items, string? Next);

/// <summary>A stored event and what became of it.</summary>
public sealed record FeedEvent
{
    public required EventAddress Address { get; init; }

    /// <summary>As it was sent; one sent without a timestamp shows its arrival.</summary>
    public required UsageEvent Event { get; init; }
    public required Instant ReceivedAt { get; init; }
    public required EventFeedFate Fate { get; init; }

    /// <summary>The features whose meters count it at present.</summary>
    public required IReadOnlyList<FeatureId> Features { get; init; }

    /// <summary>Null: nobody corrected it.</summary>
    public EventCorrection? Correction { get; init; }

    /// <summary>The backfill that brought it; null: it came live.</summary>
    public Guid? Backfill { get; init; }

    /// <summary>False while its backfill is open, and for ever when that was discarded or reverted.</summary>
    public bool CanCount { get; init; } = true;
}

/// <summary>What an event counts as since it was corrected.</summary>
/// <param name="Dimensions">Null: it does not count.</param>
/// <param name="Reason">Why, in the words of who did it.</param>
/// <param name="At">When.</param>
public sealed record EventCorrection(EventDimensions? Dimensions, string Reason, Instant At)
{
    /// <summary>The feature whose meter holds the event because it came late; null = somebody corrected it.</summary>
    public FeatureId? HeldBy { get; init; }
}

public enum EventFeedFate
{
    /// <summary>At least one meter counts it.</summary>
    Counted,

    /// <summary>No meter wants it.</summary>
    Unmatched,

    /// <summary>Its customer is not known; it counts when it is.</summary>
    Unattributed,

    /// <summary>Another payload is stored under its key.</summary>
    Conflict,

    /// <summary>Somebody took it out of the count, or reverted its backfill.</summary>
    Voided,

    /// <summary>It came later than a meter accepts, and does not count until it is released.</summary>
    Quarantined,

    /// <summary>Its backfill is not closed.</summary>
    Pending,
}

/// <summary>A place in the feed, as its cursor.</summary>
internal readonly record struct FeedPosition(long Seq, long ReceivedAt, EventAddress Address)
{
    public static FeedPosition Start { get; } =
        new(long.MaxValue, long.MaxValue, new(int.MaxValue, long.MaxValue, long.MaxValue));

    public override string ToString() => FormattableString.Invariant($"{Seq}.{ReceivedAt}.{Address}");

    public static bool TryParse(string text, out FeedPosition position)
    {
        position = default;
        var parts = text.Split('.');
        if (parts.Length != 3
            || !long.TryParse(parts[0], System.Globalization.CultureInfo.InvariantCulture, out var seq)
            || !long.TryParse(parts[1], System.Globalization.CultureInfo.InvariantCulture, out var received)
            || !EventAddress.TryParse(parts[2], out var address))
        {
            return false;
        }

        position = new(seq, received, address);
        return true;
    }
}
