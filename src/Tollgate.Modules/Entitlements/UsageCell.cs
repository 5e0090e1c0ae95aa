using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Usage;

namespace Tollgate.Modules.Entitlements;

/// <summary>Which counter: usage belongs to a customer, or a resource of it, and a feature (spec entitlements-and-usage 6).</summary>
public readonly record struct UsageKey(EnvironmentId Environment, CustomerId Customer, ResourceId? Resource, FeatureId Feature);

/// <summary>
/// The counters of one <see cref="UsageKey"/> in memory. Read without locks by checks; written by the committing usage writer
/// and by whoever loads from the database. Each window's counter is replaced, never changed.
/// </summary>
public sealed class UsageCell(UsageKey key)
{
    private readonly Lock _gate = new();

    /// <summary>Replaced as a whole under the gate; read anywhere.</summary>
    private volatile Entry[] _entries = [];

    /// <summary>Grows with every publication and clearing, under the gate: a loader that read before one must not publish.</summary>
    private long _version;

    public UsageKey Key { get; } = key;

    /// <summary>True when every counter row of this key is here: nothing else has to be kept current by a write.</summary>
    public bool IsComplete { get; private set; }

    public long Version => Volatile.Read(ref _version);

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

    /// <summary>What is in memory now.</summary>
    public IEnumerable<(UsageWindow Window, UsageCounter Counter)> Windows => _entries.Select(e => (e.Window, e.Counter));

    /// <summary>Takes what was committed; windows not named stay unless <paramref name="isComplete"/> says that these are all.</summary>
    public void Publish(IEnumerable<KeyValuePair<UsageWindow, UsageCounter>> counters, bool isComplete)
    {
        lock (_gate)
        {
            _version++;
            var entries = isComplete ? [] : _entries.ToDictionary(e => e.Window);
            foreach (var (window, counter) in counters)
                entries[window] = new(window, counter);
            _entries = [.. entries.Values];
            IsComplete |= isComplete;
        }
    }

    /// <summary>Adds what a reader loaded, unless something was published since <paramref name="version"/> was read.</summary>
    public void Offer(UsageWindow window, UsageCounter counter, long version)
    {
        lock (_gate)
        {
            if (_version != version || TryRead(window.Start, window.End, out _))
                return;
            _entries = [.. _entries, new(window, counter)];
        }
    }

    /// <summary>Another node counted: what is here is out of date.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _version++;
            _entries = [];
            IsComplete = false;
        }
    }

    private sealed record Entry(UsageWindow Window, UsageCounter Counter);
}

/// <summary>Where checks find usage. Implemented by the usage slice, which comes after this one.</summary>
public interface IUsageLevels
{
    /// <summary>The one cell of the key.</summary>
    UsageCell Cell(in UsageKey key);

    /// <summary>The counter of an interval, read from the database into the cell when it is not there yet.</summary>
    ValueTask<UsageCounter> LoadAsync(UsageCell cell, UsageWindow interval, CancellationToken cancellationToken);

    /// <summary>The counter of an interval as the session of a transaction sees it; kept nowhere, it may be rolled back.</summary>
    ValueTask<UsageCounter> ReadAsync(Storage.Session session, UsageCell cell, UsageWindow interval);
}
