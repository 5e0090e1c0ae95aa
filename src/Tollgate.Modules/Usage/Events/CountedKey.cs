using NodaTime;
using Tollgate.Domain.Usage;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>The counters of one key while the group runs.</summary>
internal sealed class CountedKey(UsageCell cell, MeterVersion? current, MeterVersion? building)
{
    public UsageKey Key => Cell.Key;

    public UsageCell Cell { get; } = cell;

    /// <summary>Taken while the customer is locked, before its counters are read.</summary>
    public long CellVersion { get; } = cell.Version;

    /// <summary>The meter whose counters are read; null while the feature's usage is still the reported one.</summary>
    public MeterVersion? Current { get; } = current;

    /// <summary>What the scope may use, when checks read this counter.</summary>
    public CompiledEntitlement? Entitlement { get; set; }

    /// <summary>The interval of the current window, which checks read.</summary>
    public UsageWindow? Needed { get; set; }

    public EventSourceTargets Source { get; set; } = null!;

    /// <summary>Events came in that are dated before the running windows and months.</summary>
    public bool TouchesPast { get; set; }

    /// <summary>Usage of the current window before the group; null when it was not known.</summary>
    public decimal? Before { get; private set; }

    public List<MeterSlot> Slots { get; } = [];

    /// <summary>Intervals whose counters must be there.</summary>
    public List<UsageWindow> Wanted { get; } = [];

    public void Want(UsageWindow interval)
    {
        if (!Wanted.Contains(interval))
            Wanted.Add(interval);
    }

    /// <summary>
    /// Nobody looks at it any more. What is over is kept for as long again, at most three days: late events come, and
    /// the bill of the period does.
    /// </summary>
    public bool IsOver(UsageWindow interval)
    {
        if (Needed is not { } needed || interval.End > needed.Start)
            return false;
        var grace = Duration.Min(Duration.FromDays(3), interval.End - interval.Start);
        return interval.End + grace <= Source.Scope.Now;
    }

    /// <summary>True when memory holds every counter: SQLite belongs to this process.</summary>
    public bool TryFill(DatabaseKind kind)
    {
        if (kind == DatabaseKind.PostgreSql || building is not null || Current is null || !Cell.IsComplete)
            return false;
        foreach (var (interval, counter) in Cell.Windows)
        {
            if (counter.Metered is not { } count || count.Generation != Current.Generation)
            {
                Slots.Clear();
                return false;
            }

            Slots.Add(new(Key, Current, interval, count.Row, count.Tally) { Reported = count.Reported });
        }

        return true;
    }

    /// <summary>Counters of versions that are not used any more stay where they are.</summary>
    public void Take(MeterCounterRow row)
    {
        var count = row.ToCount();
        if (VersionOf(count.Generation) is { } meter)
            Slots.Add(new(Key, meter, row.Interval, row.Seq, count.Tally) { Reported = count.Reported });
    }

    public void Remember() => Before = Current is { } read && Needed is { } needed
        ? Find(read, needed)?.Usage
        : null;

    public void Apply(Instant at, MeterVersion meter, in MeterSample sample)
    {
        foreach (var slot in Slots)
        {
            if (slot.Meter != meter || !slot.Interval.Contains(at))
                continue;
            slot.IsChanged = true;
            if (meter.CountsDistinct)
                slot.Tokens.Add(UniqueToken.Of(sample.Value!));
            else
                slot.Tally = slot.Tally.Add(sample.Number);
        }
    }

    public MeterSlot? Find(MeterVersion meter, UsageWindow interval) =>
        Slots.Find(slot => slot.Meter == meter && slot.Interval == interval);

    /// <summary>
    /// Counters of windows that are over are no longer kept: what comes late is counted from the events.
    /// </summary>
    public IReadOnlyList<long> DropOver()
    {
        var over = Slots.FindAll(slot => slot.Meter == Current && IsOver(slot.Interval));
        if (over.Count == 0)
            return [];
        Slots.RemoveAll(over.Contains);
        return [.. over.Select(slot => slot.Row).Where(row => row != 0)];
    }

    private MeterVersion? VersionOf(int generation) =>
        Current?.Generation == generation ? Current : building?.Generation == generation ? building : null;
}
