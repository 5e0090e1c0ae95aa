using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Usage;

namespace Tollgate.Modules.Entitlements;

/// <summary>
/// Which counter: usage belongs to a customer, or a resource of it, and a feature (spec entitlements-and-usage 6).
/// </summary>
public readonly record struct UsageKey(
    EnvironmentId Environment, CustomerId Customer, ResourceId? Resource, FeatureId Feature);

/// <summary>
/// The counters of one <see cref="UsageKey"/> in memory. Read without locks by checks; written by the committing usage
/// writer and by whoever loads from the database. Each window's counter is replaced, never changed.
/// </summary>
public sealed class UsageCell(UsageKey key)
{
    private readonly Lock _gate = new();

    /// <summary>Replaced as a whole under the gate; read anywhere.</summary>
    private volatile Entry[] _entries = [];

    /// <summary>What was here before it came into doubt; empty once something was published since.</summary>
    private volatile Entry[] _last = [];

    /// <summary>What reservations hold; null = not known. Replaced as a whole under the gate; read anywhere.</summary>
    private volatile UsageHold[]? _holds;

    /// <summary>What they held before that came into doubt.</summary>
    private volatile UsageHold[] _lastHolds = [];

    /// <summary>
    /// Grows with every publication and doubt, under the gate: a loader that read before one must not publish.
    /// </summary>
    private long _version;

    /// <summary>Grows when reports of the past may have come in: what was derived from them is out of date.</summary>
    private long _pastVersion;

    public UsageKey Key { get; } = key;

    /// <summary>
    /// True when every counter row of this key is here: nothing else has to be kept current by a write.
    /// </summary>
    public bool IsComplete { get; private set; }

    public long Version => Volatile.Read(ref _version);

    /// <summary>Changes when reports may have come in that are dated before the running windows.</summary>
    public long PastVersion => Volatile.Read(ref _pastVersion);

    /// <summary>The counter of exactly this interval, when it is in memory. Allocates nothing.</summary>
    public bool TryRead(Instant start, Instant end, out UsageCounter counter)
    {
        foreach (var entry in _entries)
        {
            if (entry.Window.End == end && entry.Window.Start == start)
            {
                counter = entry.Counter;
                return true;
            }
        }

        counter = default;
        return false;
    }

    /// <summary>
    /// What is known of the interval while the database cannot be asked: the counter as it last was, or an empty one
    /// when windows before it are known, because it began since.
    /// </summary>
    public bool TryReadLast(UsageWindow window, out UsageCounter counter)
    {
        if (TryRead(window.Start, window.End, out counter))
            return true;
        var last = _last;
        if (Array.Find(last, entry => entry.Window == window) is { } found)
        {
            counter = found.Counter;
            return true;
        }

        return Array.Exists(last, IsOver) || Array.Exists(_entries, IsOver);

        bool IsOver(Entry entry) => entry.Window.End <= window.Start;
    }

    /// <summary>
    /// What reservations hold against this counter at <paramref name="now"/>, in raw units; false when it has to be
    /// read first. Allocates nothing.
    /// </summary>
    public bool TryReadHeld(Instant now, out decimal held)
    {
        held = 0;
        if (_holds is not { } holds)
            return false;
        foreach (var hold in holds)
        {
            if (hold.ExpiresAt > now)
                held += hold.Amount;
        }

        return true;
    }

    /// <summary>The same, as it was last known while the database cannot be asked.</summary>
    public decimal LastHeld(Instant now) => (_holds ?? _lastHolds).Where(h => h.ExpiresAt > now).Sum(h => h.Amount);

    /// <summary>The reservations that hold something, and some that have expired; null = not known.</summary>
    public IReadOnlyList<UsageHold>? Holds => _holds;

    /// <summary>What is in memory now.</summary>
    public IEnumerable<(UsageWindow Window, UsageCounter Counter)> Windows =>
        _entries.Select(e => (e.Window, e.Counter));

    /// <summary>
    /// Takes every counter of the key as committed. When something else happened since <paramref name="version"/> was
    /// read under the customer's lock, another node may have counted more by now: then it is in doubt at once.
    /// </summary>
    /// <param name="counters">Every counter of the key.</param>
    /// <param name="version">Read while the customer was locked.</param>
    /// <param name="touchesPast">Reports dated before the running windows were among them.</param>
    public void Publish(
        IEnumerable<KeyValuePair<UsageWindow, UsageCounter>> counters, long version, bool touchesPast = false)
    {
        lock (_gate)
        {
            if (touchesPast)
                _pastVersion++;
            _entries = [.. counters.Select(c => new Entry(c.Key, c.Value))];
            _last = [];
            IsComplete = true;
            if (_version == version)
                _version++;
            else
                Doubt_NeedsLock();
        }
    }

    /// <summary>
    /// Adds what a reader loaded, unless something happened since <paramref name="version"/> was read.
    /// </summary>
    public void Offer(UsageWindow window, UsageCounter counter, long version)
    {
        lock (_gate)
        {
            if (_version != version || TryRead(window.Start, window.End, out _))
                return;
            // Windows that are over go; they may have rows, so the rest is no longer all there is.
            var kept = Array.FindAll(_entries, entry => entry.Window.End > window.Start);
            IsComplete &= kept.Length == _entries.Length;
            _entries = [.. kept, new(window, counter)];
        }
    }

    /// <summary>
    /// Takes what reservations hold as committed; not known when something else happened since
    /// <paramref name="version"/> was read under the customer's lock. Counters stay as they are.
    /// </summary>
    public void PublishHolds(IReadOnlyList<UsageHold> holds, long version)
    {
        lock (_gate)
        {
            _holds = _version == version ? [.. holds] : null;
        }
    }

    /// <summary>
    /// Adds what a reader loaded, unless something happened since <paramref name="version"/> was read.
    /// </summary>
    public void OfferHolds(IReadOnlyList<UsageHold> holds, long version)
    {
        lock (_gate)
        {
            if (_version == version)
                _holds ??= [.. holds];
        }
    }

    /// <summary>
    /// What is here may be out of date: it is read again, and used as it is only when that is impossible.
    /// </summary>
    public void Doubt()
    {
        lock (_gate)
        {
            Doubt_NeedsLock();
        }
    }

    private void Doubt_NeedsLock()
    {
        _version++;
        _pastVersion++;
        if (_entries.Length > 0)
            _last = _entries;
        _entries = [];
        _lastHolds = _holds ?? _lastHolds;
        _holds = null;
        IsComplete = false;
    }

    private sealed record Entry(UsageWindow Window, UsageCounter Counter);
}

/// <summary>What one reservation holds against a counter, until it expires.</summary>
public readonly record struct UsageHold(Guid Id, decimal Amount, Instant ExpiresAt);

/// <summary>Where checks find usage. Implemented by the usage slice, which comes after this one.</summary>
public interface IUsageLevels
{
    /// <summary>The one cell of the key.</summary>
    UsageCell Cell(in UsageKey key);

    /// <summary>The counter of an interval, read from the database into the cell when it is not there yet.</summary>
    ValueTask<UsageCounter> LoadAsync(UsageCell cell, UsageWindow interval, CancellationToken cancellationToken);

    /// <summary>
    /// What reservations hold at <paramref name="now"/>, in raw units, read into the cell when it is not there yet.
    /// </summary>
    ValueTask<decimal> HeldAsync(UsageCell cell, Instant now, CancellationToken cancellationToken);

    /// <summary>
    /// The counter of an interval as the session of a transaction sees it; kept nowhere, it may be rolled back.
    /// </summary>
    ValueTask<UsageCounter> ReadAsync(Storage.Session session, UsageCell cell, UsageWindow interval);
}
