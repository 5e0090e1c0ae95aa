using Tollgate.Domain;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// The raw events of one call, one by one. What is known only once an event was looked at is looked for, some thousands
/// of events a call.
/// </summary>
internal sealed class RawReading(
    RawFeed feed, Session session, EnvironmentId environment, EventFeedRequest request, FeedPosition after)
{
    /// <summary>Events looked at together, and in one call, in search of a fate.</summary>
    private const int SoughtBatch = 200;
    private const int MaxSought = 5_000;

    private readonly Queue<RawFeed.Row> _read = new();
    private readonly bool _isSought =
        request.Fate is EventFeedFate.Counted or EventFeedFate.Unmatched or EventFeedFate.Unattributed;
    private bool _isAtEnd = request.EventName == ReportFeed.EventName;
    private FeedPosition _lastRead = after;
    private FeedEvent? _next;
    private int[]? _sources;
    private bool _isBegun;
    private int _looked;

    /// <summary>Behind what was taken, and what was passed over before the next one.</summary>
    public FeedPosition Position { get; private set; } = after;

    /// <summary>There may be more, but not in this call.</summary>
    public bool IsGivenUp { get; private set; }

    /// <summary>The next event; null at the end, or when it was given up.</summary>
    public async Task<FeedEvent?> PeekAsync()
    {
        while (_next is null && !IsGivenUp)
        {
            if (_read.Count == 0 && !_isAtEnd)
            {
                IsGivenUp = _isSought && _looked >= MaxSought;
                if (!IsGivenUp)
                    await ReadAsync();
            }

            if (!_read.TryPeek(out var row))
                break;
            var found = await feed.ToEventAsync(
                session, environment, row, request.Fate == EventFeedFate.Conflict ? EventFeedFate.Conflict : null);
            if (request.Fate is { } fate && found.Fate != fate)
                Position = _read.Dequeue().Position;
            else
                _next = found;
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
        if (!_isBegun)
        {
            _sources = await RawFeed.SourcesAsync(session, environment, request);
            _isBegun = true;
        }

        var take = _isSought ? SoughtBatch : request.Limit + 1;
        var rows = _sources is [] ? [] : await RawFeed.RowsAsync(
            session, new(session.Kind, environment, request, _sources, _lastRead, take));
        _isAtEnd = rows.Count < take;
        _looked += rows.Count;
        foreach (var row in rows)
            _read.Enqueue(row);
        if (rows.Count > 0)
            _lastRead = rows[^1].Position;
    }
}
