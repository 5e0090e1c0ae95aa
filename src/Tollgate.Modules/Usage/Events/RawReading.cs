using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Usage.Events;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// The raw events of one call, one by one. What is known only once an event was looked at is looked for, some thousands
/// of events a call; what its row tells, some ten thousands.
/// </summary>
internal sealed class RawReading(
    RawFeed feed, Session session, EnvironmentId environment, EventFeedRequest request, FeedPosition after)
{
    /// <summary>Events looked at together, and in one call, in search of a fate or a feature.</summary>
    private const int SoughtBatch = 200;
    private const int MaxSought = 5_000;

    /// <summary>Rows read together in search of what no index leads to.</summary>
    private const int WalkedBatch = 5_000;

    private readonly Queue<RawRow> _read = new();
    private readonly EventFeedFate? _listed =
        request.Fate is EventFeedFate.Conflict or EventFeedFate.Duplicate ? request.Fate : null;

    private readonly bool _isSought = request.FeatureId is not null
        || request.Fate is EventFeedFate.Counted or EventFeedFate.Unmatched or EventFeedFate.Unattributed;

    private bool _isAtEnd = request.EventName == ReportFeed.EventName;
    private FeedPosition _lastRead = after;
    private FeedEvent? _next;
    private RawIndex? _index;
    private CompiledMeter? _meter;

    /// <summary>What is read, where rows are passed over by what the request asks of them; null elsewhere.</summary>
    private FeedRead? _walk;

    /// <summary>The key as it is stored, when no index leads to it.</summary>
    private byte[]? _key;
    private int _take;
    private int _looked;
    private int _walked;

    /// <summary>Rows looked through in one call for what no index leads to.</summary>
    public required int MaxWalked { get; init; }

    /// <summary>Behind what was taken, and what was passed over before the next one.</summary>
    public FeedPosition Position { get; private set; } = after;

    /// <summary>There may be more, but not in this call.</summary>
    public bool IsGivenUp { get; private set; }

    /// <summary>When what was passed over last arrived.</summary>
    public Instant PassedAt => Instant.FromUnixTimeMilliseconds(Position.ReceivedAt);

    /// <summary>The next event; null at the end, or when it was given up.</summary>
    public async Task<FeedEvent?> PeekAsync()
    {
        while (_next is null && !IsGivenUp)
        {
            if (_read.Count == 0 && !_isAtEnd)
            {
                IsGivenUp = (_isSought && _looked >= MaxSought) || _walked >= MaxWalked;
                if (!IsGivenUp)
                    await ReadAsync();
            }

            if (!_read.TryPeek(out var row))
                break;
            if (await MayPassAsync(row) && await LookAsync(row) is { } found)
                _next = found;
            else
                Position = _read.Dequeue().Position;
        }

        return _next;
    }

    public FeedEvent Take()
    {
        var taken = _next!;
        Position = _read.Dequeue().Position;
        _next = null;
        return taken;
    }

    private async Task ReadAsync()
    {
        if (_index is null)
            await BeginAsync();
        var rows = _isAtEnd ? [] : await RawRows.ReadAsync(
            session, new(session.Kind, environment, request, _index!, _lastRead, _take));
        _isAtEnd = rows.Count < _take;
        if (IsWalked)
        {
            _walked += rows.Count;
            _take = Math.Min(_take * 5, WalkedBatch);
        }

        foreach (var row in rows)
            _read.Enqueue(row);
        if (rows.Count > 0)
            _lastRead = rows[^1].Position;
    }

    /// <summary>Rows are passed over by what they hold.</summary>
    private bool IsWalked => _key is not null || _meter is not null || _walk is not null;

    private async Task BeginAsync()
    {
        _index = await RawIndex.ReadAsync(session, environment, request);
        _key = request.IdempotencyKey is { } key && _index.Hashes is null ? EventKey.Encode(key) : null;
        _meter = request.FeatureId is { } feature ? await feed.MeterAsync(session, environment, feature) : null;
        _walk = new FeedRead(session.Kind, environment, request, _index, _lastRead, 0) is { IsWalk: true } walk ? walk : null;
        _isAtEnd = _index.Sources is [] || (request.FeatureId is not null && _meter is null);
        _take = IsWalked ? Math.Min(SoughtBatch, MaxWalked) : _isSought ? SoughtBatch : request.Limit + 1;
    }

    private async ValueTask<bool> MayPassAsync(RawRow row) =>
        (_walk is null || RawFilter.MayPass(_walk, row))
        && (_key is null || row.Key.AsSpan().SequenceEqual(_key))
        && (_meter?.EventNames is not { } names || names.Contains(await feed.NameAsync(session, row)));

    /// <summary>Null when it is not asked for.</summary>
    private async Task<FeedEvent?> LookAsync(RawRow row)
    {
        _looked++;
        var found = await feed.ToEventAsync(session, environment, row, _listed);
        return (request.Fate is null || found.Fate == request.Fate)
            && (request.FeatureId is not { } feature || found.Features.Contains(feature)) ? found : null;
    }
}
