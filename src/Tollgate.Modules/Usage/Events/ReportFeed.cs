using System.Text.Json;
using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Usage;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// Usage reports as events of the feed (spec entitlements-and-usage 9): named $usage.reported, with what they changed.
/// Their ids grow with their arrival, so that an index of ids is one of arrivals.
/// </summary>
internal sealed class ReportFeed(Session session, EnvironmentId environment, EventFeedRequest request, Guid after)
{
    public const string EventName = "$usage.reported";

    /// <summary>How many of the latest reports are looked through for those of one customer.</summary>
    private const int Part = 5_000;

    private const string Columns = """
        seq AS Seq, uid AS Uid, customer_id AS CustomerId, feature_id AS FeatureId, resource_id AS ResourceId,
          customer_level AS CustomerLevel, effective_at AS EffectiveAt, recorded_at AS RecordedAt, behavior AS Behavior,
          value AS Value, growth AS Growth, idempotency_key AS IdempotencyKey, dimensions AS Dimensions,
          result_start AS ResultStart, result_end AS ResultEnd
        """;

    private readonly UsageStore _store = new();
    private readonly Queue<FeedEvent> _read = new();
    private bool _isAtEnd = !IsWanted(request);
    private Guid _last = after;

    /// <summary>The last report that was taken.</summary>
    public Guid Position { get; private set; } = after;

    /// <summary>The next report; null at the end.</summary>
    public async Task<FeedEvent?> PeekAsync()
    {
        if (_read.Count == 0 && !_isAtEnd)
            await ReadAsync();
        return _read.TryPeek(out var next) ? next : null;
    }

    public FeedEvent Take()
    {
        var taken = _read.Dequeue();
        Position = taken.ReportId!.Value;
        return taken;
    }

    /// <summary>Reports are always counted, and belong to no backfill.</summary>
    private static bool IsWanted(EventFeedRequest request) =>
        request.Backfill is null
        && request.Fate is null or EventFeedFate.Counted
        && request.EventName is null or EventName;

    /// <summary>
    /// Of one customer a part of the latest reports is looked through, which is enough for those who report much; the others are
    /// found by their customer. An index of customers and ids would cost the writer of reports a third of its speed.
    /// </summary>
    private async Task ReadAsync()
    {
        var until = request.Until is { } end ? Min(_last, await IdAtAsync(end)) : _last;
        var from = request.From is { } first ? await IdAtAsync(first) : Guid.Empty;
        var part = request.CustomerId is null ? null : await session.Connection.QuerySingleOrDefaultAsync<Row>(
            """
            SELECT uid AS Uid FROM measurements WHERE environment_id = @environment AND uid < @until
            ORDER BY uid DESC LIMIT 1 OFFSET @part
            """,
            new { environment = environment.Value, until, part = Part },
            session.Transaction);
        var rows = await QueryAsync(LatestSql(request.CustomerId is not null), until, part is null ? from : Max(from, part.Uid));
        if (part is not null && rows.Count <= request.Limit)
            rows = await QueryAsync(OfCustomerSql(session.Kind), until, from);
        // Fetched once a call, which is enough for all of a page.
        _isAtEnd = rows.Count <= request.Limit;
        foreach (var row in rows)
            _read.Enqueue(ToEvent(row, await GrowthAsync(row)));
        if (rows.Count > 0)
            _last = rows[^1].Uid;
    }

    private async Task<List<Row>> QueryAsync(string sql, Guid until, Guid from) =>
        (await session.Connection.QueryAsync<Row>(
            sql,
            new
            {
                environment = environment.Value,
                customer = request.CustomerId?.Value,
                until,
                from,
                take = request.Limit + 1,
            },
            session.Transaction)).AsList();

    /// <summary>Reports with ids in a range, the latest first.</summary>
    internal static string LatestSql(bool isOfCustomer) => $"""
        SELECT {Columns} FROM measurements
        WHERE environment_id = @environment AND uid < @until AND uid >= @from AND is_summary = 0
          {(isOfCustomer ? "AND customer_id = @customer" : "")}
        ORDER BY uid DESC LIMIT @take
        """;

    /// <summary>The same of a customer whose last report may be long ago.</summary>
    internal static string OfCustomerSql(DatabaseKind kind) => kind == DatabaseKind.Sqlite
        ? $"""
            SELECT {Columns} FROM measurements INDEXED BY measurements_by_time
            WHERE environment_id = @environment AND customer_id = @customer AND uid < @until AND uid >= @from AND is_summary = 0
            ORDER BY uid DESC LIMIT @take
            """
        : $"""
            WITH own AS MATERIALIZED (
              SELECT uid FROM measurements
              WHERE environment_id = @environment AND customer_id = @customer AND uid < @until AND uid >= @from AND is_summary = 0)
            SELECT {Columns} FROM measurements
            WHERE environment_id = @environment AND uid IN (SELECT uid FROM own ORDER BY uid DESC LIMIT @take) ORDER BY uid DESC
            """;

    /// <summary>By how much the report changed the usage of its window.</summary>
    private async Task<decimal> GrowthAsync(Row row)
    {
        if (row.Behavior != (long)UpdateBehavior.Set)
            return Exact.Of(row.Value);
        if (row.Growth is { } known)
            return Exact.Of(known);
        // A SET from before that was stored: what came to it by then is told by the reports.
        var key = new UsageKey(
            environment, new(row.CustomerId), row.CustomerLevel == 1 ? null : new ResourceId(row.ResourceId), new(row.FeatureId));
        var window = row.ResultStart is { } start && row.EffectiveAt >= start
            ? Bounds.Interval(start, row.ResultEnd ?? long.MaxValue)
            : UsageWindow.Lifetime;
        var earlier = (await _store.MeasurementsAsync(session, key, window))
            .Where(measurement => measurement.Arrival < row.Seq && measurement.At.ToUnixTimeMilliseconds() <= row.EffectiveAt);
        return Exact.Of(row.Value) - UsageFold.Of([.. earlier]).Value;
    }

    private static FeedEvent ToEvent(Row row, decimal growth) => new()
    {
        Address = default,
        ReportId = row.Uid,
        Event = new()
        {
            CustomerId = new(row.CustomerId),
            ResourceId = row.ResourceId.Length == 0 ? null : new(row.ResourceId),
            Name = EventName,
            IdempotencyKey = row.IdempotencyKey ?? row.Uid.ToString(),
            Timestamp = Instant.FromUnixTimeMilliseconds(row.EffectiveAt),
            Dimensions = Dimensions(row, growth),
        },
        ReceivedAt = Instant.FromUnixTimeMilliseconds(row.RecordedAt),
        Fate = EventFeedFate.Counted,
        Features = [new(row.FeatureId)],
    };

    private static EventDimensions Dimensions(Row row, decimal growth)
    {
        var pairs = new List<KeyValuePair<string, DimensionValue>>();
        if (row.Dimensions is { } sent)
        {
            using var document = JsonDocument.Parse(sent);
            foreach (var member in document.RootElement.EnumerateObject())
            {
                pairs.Add(new(member.Name, member.Value.ValueKind switch
                {
                    JsonValueKind.String => DimensionValue.Of(member.Value.GetString()!),
                    JsonValueKind.True or JsonValueKind.False => DimensionValue.Of(member.Value.GetBoolean()),
                    _ => JsonNumber.TryParse(member.Value.GetRawText(), out var number)
                        ? DimensionValue.Of(number)
                        : DimensionValue.Of(member.Value.GetRawText()),
                }));
            }
        }

        // Last, so that they are what they say whatever was sent.
        pairs.Add(new("featureRefId", DimensionValue.Of(row.FeatureId)));
        pairs.Add(new("value", DimensionValue.Of(growth)));
        return EventDimensions.Of(pairs);
    }

    /// <summary>The smallest id of a report that arrived at or after the instant.</summary>
    private async Task<Guid> IdAtAsync(Instant instant)
    {
        var low = await FindAsync("ORDER BY uid", Guid.AllBitsSet);
        var high = await FindAsync("ORDER BY uid DESC", Guid.AllBitsSet);
        if (low is null || high is null)
            return Guid.Empty;
        var position = await ArrivalSearch.LastBeforeAsync(
            TimeOf(low.Uid) - 1,
            TimeOf(high.Uid),
            instant.ToUnixTimeMilliseconds(),
            async middle => (await FindAsync("ORDER BY uid DESC", AtTime(middle + 1)))?.RecordedAt);
        return AtTime(position + 1);
    }

    private async Task<Row?> FindAsync(string order, Guid before) =>
        await session.Connection.QueryFirstOrDefaultAsync<Row>(
            $"""
            SELECT uid AS Uid, recorded_at AS RecordedAt FROM measurements
            WHERE environment_id = @environment AND uid < @before {order} LIMIT 1
            """,
            new { environment = environment.Value, before },
            session.Transaction);

    /// <summary>The milliseconds that an id of version 7 begins with (RFC 9562).</summary>
    private static long TimeOf(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(bytes) >> 16;
    }

    private static Guid AtTime(long milliseconds)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes, milliseconds << 16);
        return new(bytes, bigEndian: true);
    }

    private static Guid Min(Guid left, Guid right) => IsBefore(left, right) ? left : right;

    private static Guid Max(Guid left, Guid right) => IsBefore(left, right) ? right : left;

    /// <summary>As the databases order them.</summary>
    private static bool IsBefore(Guid left, Guid right) => string.CompareOrdinal(left.ToString(), right.ToString()) < 0;

    private sealed class Row
    {
        public long Seq { get; set; }
        public Guid Uid { get; set; }
        public string CustomerId { get; set; } = "";
        public string FeatureId { get; set; } = "";
        public string ResourceId { get; set; } = "";
        public long CustomerLevel { get; set; }
        public long EffectiveAt { get; set; }
        public long RecordedAt { get; set; }
        public long Behavior { get; set; }
        public object Value { get; set; } = 0m;
        public object? Growth { get; set; }
        public string? IdempotencyKey { get; set; }
        public string? Dimensions { get; set; }
        public long? ResultStart { get; set; }
        public long? ResultEnd { get; set; }
    }
}
