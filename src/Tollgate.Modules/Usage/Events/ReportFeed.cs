using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Usage;
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

    private readonly UsageStore _store = new();
    private readonly Queue<FeedEvent> _read = new();
    private bool _isAtEnd = !IsWanted(request);
    private Guid _last = after;

    /// <summary>
    /// Reports looked through in one call for what no index leads to: a key, resource or feature of any customer.
    /// </summary>
    public required int MaxWalked { get; init; }

    /// <summary>How far this call looks, when that is not the end.</summary>
    private Guid? _walkedTo;

    /// <summary>The last report that was taken or passed over.</summary>
    public Guid Position { get; private set; } = after;

    /// <summary>There may be more, but not in this call.</summary>
    public bool IsGivenUp { get; private set; }

    /// <summary>When what was passed over last arrived.</summary>
    public Instant PassedAt => Instant.FromUnixTimeMilliseconds(TimeOf(Position));

    /// <summary>The next report; null at the end, or when it was given up.</summary>
    public async Task<FeedEvent?> PeekAsync()
    {
        while (_read.Count == 0 && !_isAtEnd && !IsGivenUp)
        {
            if (_walkedTo is { } rest)
                (IsGivenUp, Position) = (true, rest);
            else
                await ReadAsync();
        }

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

    private async Task ReadAsync()
    {
        var until = request.Until is { } end ? Min(_last, await IdAtAsync(end)) : _last;
        var from = request.From is { } first ? await IdAtAsync(first) : Guid.Empty;
        var rows = request.CustomerId is null ? await OfAllAsync(until, from) : await OfCustomerAsync(until, from);
        // Fetched once a call, which is enough for all of a page.
        _isAtEnd = rows.Count <= request.Limit && _walkedTo is null;
        foreach (var row in rows)
            _read.Enqueue(row.ToEvent(await GrowthAsync(row)));
        if (rows.Count > 0)
            _last = rows[^1].Uid;
    }

    /// <summary>
    /// Along the index of ids; where most of what lies there may be passed over, no more of it than a call may cost.
    /// </summary>
    private async Task<List<ReportRow>> OfAllAsync(Guid until, Guid from)
    {
        var part = request.IdempotencyKey is null && request.ResourceId is null && request.FeatureId is null
            ? null
            : await PartAsync(until, MaxWalked);
        if (part is null || IsBefore(part.Uid, from))
            return await QueryAsync(ReportSql.Latest(request), until, from);
        var rows = await QueryAsync(ReportSql.Latest(request), until, part.Uid);
        if (rows.Count <= request.Limit)
            _walkedTo = part.Uid;
        return rows;
    }

    /// <summary>
    /// A part of the latest reports is looked through, which is enough for a customer who reports much; the others are
    /// found by their customer. An index of customers and ids would cost the writer of reports a third of its speed.
    /// </summary>
    private async Task<List<ReportRow>> OfCustomerAsync(Guid until, Guid from)
    {
        if (request.IdempotencyKey is not null)
            return await QueryAsync(ReportSql.OfKey(session.Kind, request), until, from);
        var part = await PartAsync(until, Part);
        var rows = await QueryAsync(ReportSql.Latest(request), until, part is null ? from : Max(from, part.Uid));
        return part is null || rows.Count > request.Limit
            ? rows
            : await QueryAsync(ReportSql.OfCustomer(session.Kind, request), until, from);
    }

    /// <summary>The report that so many of the environment follow; null when there are no more.</summary>
    private Task<ReportRow?> PartAsync(Guid until, int part) =>
        session.Connection.QuerySingleOrDefaultAsync<ReportRow>(
            """
            SELECT uid AS Uid FROM measurements WHERE environment_id = @environment AND uid < @until
            ORDER BY uid DESC LIMIT 1 OFFSET @part
            """,
            new { environment = environment.Value, until, part },
            session.Transaction);

    private async Task<List<ReportRow>> QueryAsync(string sql, Guid until, Guid from) =>
        (await session.Connection.QueryAsync<ReportRow>(
            sql,
            new
            {
                environment = environment.Value,
                customer = request.CustomerId?.Value,
                feature = request.FeatureId?.Value,
                resource = request.ResourceId?.Value,
                key = request.IdempotencyKey,
                // As the ids are shown; no report has the empty one.
                id = Guid.TryParseExact(request.IdempotencyKey, "D", out var id)
                    && id.ToString() == request.IdempotencyKey
                    ? id : Guid.Empty,
                until,
                from,
                take = request.Limit + 1,
            },
            session.Transaction)).AsList();

    /// <summary>By how much the report changed the usage of its window.</summary>
    private async Task<decimal> GrowthAsync(ReportRow row)
    {
        if (row.Behavior != (long)UpdateBehavior.Set)
            return Exact.Of(row.Value);
        if (row.Growth is { } known)
            return Exact.Of(known);
        // A SET from before that was stored: what came to it by then is told by the reports.
        var key = new UsageKey(
            environment, new(row.CustomerId), row.CustomerLevel == 1 ? null : new ResourceId(row.ResourceId),
            new(row.FeatureId));
        var window = row.ResultStart is { } start && row.EffectiveAt >= start
            ? Bounds.Interval(start, row.ResultEnd ?? long.MaxValue)
            : UsageWindow.Lifetime;
        var earlier = (await _store.MeasurementsAsync(session, key, window))
            .Where(measurement => measurement.Arrival < row.Seq
                && measurement.At.ToUnixTimeMilliseconds() <= row.EffectiveAt);
        return Exact.Of(row.Value) - UsageFold.Of([.. earlier]).Value;
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

    private async Task<ReportRow?> FindAsync(string order, Guid before) =>
        await session.Connection.QueryFirstOrDefaultAsync<ReportRow>(
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
}
