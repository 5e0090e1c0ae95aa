using NodaTime;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage;

/// <summary>The counters of one key while the group runs.</summary>
internal sealed class GroupCounter
{
    private HashSet<UsageWindow> _changed = [];
    private HashSet<UsageWindow> _dropped = [];

    public GroupCounter(UsageCell cell, DatabaseKind kind, bool isFromEvents)
    {
        Cell = cell;
        IsFromEvents = isFromEvents;
        CellVersion = cell.Version;
        if (kind == DatabaseKind.Sqlite && cell.IsComplete && !isFromEvents)
            Counters = cell.Windows.ToDictionary(w => w.Window, w => w.Counter);
    }

    public UsageCell Cell { get; }

    /// <summary>
    /// What checks read comes from events and is another writer's: the cell is not filled from reports.
    /// </summary>
    public bool IsFromEvents { get; }

    /// <summary>Taken while the customer is locked, before its counters are read.</summary>
    public long CellVersion { get; }

    public Dictionary<UsageWindow, UsageCounter> Counters { get; private set; } = [];

    /// <summary>What the meter and earlier reports come to, of a feature that is counted from events.</summary>
    public Dictionary<UsageWindow, decimal> Stored { get; } = [];

    /// <summary>What the group reports of such a feature and has not written yet.</summary>
    public List<(Instant At, decimal Amount, string? Dimensions)> Reported { get; } = [];

    /// <summary>Reports of such a feature were written: the cell is read again.</summary>
    public bool IsReported { get; private set; }

    public void MarkStored()
    {
        IsReported |= Reported.Count > 0;
        Reported.Clear();
        Stored.Clear();
    }

    /// <summary>Reports dated before the running windows came in: a promise too many does no harm.</summary>
    public bool TouchesPast { get; set; }

    /// <summary>Accepted reports of this group that count here, in order of arrival.</summary>
    public List<PlannedMeasurement> Pending { get; } = [];

    /// <summary>Makes sure that the interval has a counter.</summary>
    public async Task NeedAsync(UsageWindow interval, Func<UsageKey, UsageWindow, Task<UsageCounter>> load)
    {
        if (!Counters.ContainsKey(interval))
            Set(interval, await load(Cell.Key, interval));
    }

    /// <summary>Counters of windows that are over are no longer kept: a late report counts its window anew.</summary>
    public void DropBefore(UsageWindow current)
    {
        foreach (var over in Counters.Keys.Where(i => i.End <= current.Start).ToArray())
        {
            Counters.Remove(over);
            _changed.Remove(over);
            _dropped.Add(over);
        }
    }

    public void Set(UsageWindow interval, UsageCounter counter)
    {
        Counters[interval] = counter;
        _changed.Add(interval);
        _dropped.Remove(interval);
    }

    public IEnumerable<ChangedCounter> Changes() => _changed
        .Select(interval => new ChangedCounter(Cell.Key, interval, Counters[interval]))
        .Concat(_dropped.Select(interval => new ChangedCounter(Cell.Key, interval, null)));

    public (Dictionary<UsageWindow, UsageCounter>, HashSet<UsageWindow>, HashSet<UsageWindow>, int, int) Snapshot() =>
        (new(Counters), [.. _changed], [.. _dropped], Pending.Count, Reported.Count);

    public void Restore(
        (Dictionary<UsageWindow, UsageCounter> Counters, HashSet<UsageWindow> Changed, HashSet<UsageWindow> Dropped,
            int Pending, int Reported) snapshot)
    {
        Counters = snapshot.Counters;
        _changed = snapshot.Changed;
        _dropped = snapshot.Dropped;
        Pending.RemoveRange(snapshot.Pending, Pending.Count - snapshot.Pending);
        Reported.RemoveRange(snapshot.Reported, Reported.Count - snapshot.Reported);
    }
}
