using System.Runtime.InteropServices;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Usage;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// Counts the new events of a group, which are stored in the same transaction already. A counter that exists moves by what
/// came in; one that is missing is counted from the stored events, the new ones among them. Used by one flow of control, while
/// the customers and the meters are locked.
/// </summary>
internal sealed class EventCounting(
    Session session, EventReader reader, MeterCounters counters, EventLevels levels, IUsageLevels cells)
{
    private readonly Dictionary<UsageKey, KeyState> _keys = [];
    private readonly Dictionary<(int Source, ScopeAccess Access), SourceTargets> _sources = [];
    private readonly List<MatchedEvent> _matched = [];

    /// <summary>Counters that moved, with what they showed before.</summary>
    public IEnumerable<KeyState> Keys => _keys.Values;

    public IEnumerable<UsageCell> Cells => _keys.Values.Where(key => key.Current is not null).Select(key => key.Cell);

    /// <summary>Matches an event against the meters of its environment.</summary>
    public void Add(OperationScope scope, MeterSet meters, PlannedEvent planned)
    {
        // Nothing is kept of customers that are not known: what they sent counts from the events when they are.
        if (planned.Access.Facts.IsCustomerUnknown)
            return;
        var source = SourceOf(scope, meters, planned);
        foreach (var meter in meters.Of(planned.Event.Name))
        {
            if (meter.Compiled.TryRead(planned.Event.Name, planned.Event.Dimensions, out var sample))
                _matched.Add(new(TargetsOf(source, meters, planned, meter), planned.At, meter, sample));
        }
    }

    /// <summary>Remembers how an event that does not count yet would, should it be released.</summary>
    public void Note(OperationScope scope, MeterSet meters, PlannedEvent planned)
    {
        if (!planned.Access.Facts.IsCustomerUnknown)
            SourceOf(scope, meters, planned);
    }

    /// <summary>Moves the counters and stores them.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await levels.SaveAsync(session, cancellationToken);
        if (_matched.Count == 0)
            return;
        await LoadAsync(cancellationToken);
        foreach (var matched in CollectionsMarshal.AsSpan(_matched))
        {
            var at = Instant.FromUnixTimeMilliseconds(matched.At);
            foreach (var key in matched.Keys)
                key.Apply(at, matched.Meter, matched.Sample);
        }

        var removed = new List<long>();
        foreach (var key in _keys.Values)
        {
            if (key is not { Current: { } current, Needed: { } needed })
                continue;
            removed.AddRange(key.DropBefore(needed.Start));
            if (key.Find(current, needed) is null)
                key.Slots.Add(await FoldAsync(key.Key, current, needed));
        }

        foreach (var key in _keys.Values)
        {
            // A UNIQUE counter that a reader counted has no stored values to compare with.
            for (var i = 0; i < key.Slots.Count; i++)
            {
                if (key.Slots[i] is { IsChanged: true, Row: 0, Meter.CountsDistinct: true, Tally.Count: > 0 } slot)
                    key.Slots[i] = await FoldAsync(key.Key, slot.Meter, slot.Interval);
            }
        }

        await counters.DeleteAsync(session, removed);
        await counters.SaveAsync(
            session, [.. _keys.Values.SelectMany(key => key.Slots).Where(slot => slot.IsChanged)], cancellationToken);
    }

    /// <summary>After the commit: what was written is what checks see.</summary>
    public void Publish()
    {
        levels.Publish();
        foreach (var key in _keys.Values)
        {
            if (key.Current is not { } current)
                continue;
            // Bills and budgets are measured from events, so whatever comes in changes what they were told.
            key.Cell.Publish(
                key.Slots.Where(slot => slot.Meter == current)
                    .Select(slot => KeyValuePair.Create(slot.Interval, slot.Count.Counter(current.Function))),
                key.CellVersion,
                touchesPast: true);
        }
    }

    private async Task<MeterSlot> FoldAsync(UsageKey key, MeterVersion meter, UsageWindow interval)
    {
        var tokens = new HashSet<byte[]>(TokenComparer.Instance);
        var tally = await reader.FoldAsync(session, meter, key, interval, tokens);
        return new(key, meter, interval, 0, meter.CountsDistinct ? default : tally) { Tokens = tokens, IsChanged = true };
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        var missing = _keys.Values.Where(key => !key.TryFill(session.Kind)).ToList();
        foreach (var (key, row) in await counters.LoadAsync(session, [.. missing.Select(k => k.Key)], cancellationToken))
            _keys[key].Take(row);
        foreach (var key in _keys.Values)
            key.Remember();
    }

    private SourceTargets SourceOf(OperationScope scope, MeterSet meters, PlannedEvent planned)
    {
        if (!_sources.TryGetValue((planned.Source, planned.Access), out var source))
        {
            _sources.Add((planned.Source, planned.Access), source = new());
            if (planned.Sender.Resource.Length > 0)
                levels.Note(planned, meters);
        }

        source.Scope = scope;
        return source;
    }

    private KeyState[] TargetsOf(SourceTargets targets, MeterSet meters, PlannedEvent planned, MeterVersion meter)
    {
        var scope = targets.Scope;
        if (targets.ByFeature.TryGetValue(meter.Feature, out var keys))
            return keys;
        var compiled = planned.Access.Find(meter.Feature.Value);
        var customer = new CustomerId(planned.Sender.Customer);
        if (planned.Sender.Resource.Length == 0)
        {
            keys = [Track(null)];
        }
        else
        {
            var atCustomer = compiled?.Entitlement.CountsOnResource != true;
            var own = Track(new ResourceId(planned.Sender.Resource));
            keys = atCustomer ? [own, Track(null)] : [own];
        }

        targets.ByFeature.Add(meter.Feature, keys);
        return keys;

        KeyState Track(ResourceId? resource)
        {
            var key = new UsageKey(scope.EnvironmentId, customer, resource, meter.Feature);
            if (!_keys.TryGetValue(key, out var state))
            {
                var cell = cells.Cell(key);
                _keys.Add(key, state = new(cell, meters.Current(meter.Feature), meters.Building(meter.Feature)));
            }

            state.Source = targets;
            if (compiled?.Cell?.Key == key)
            {
                state.Entitlement = compiled;
                state.Needed = compiled.IntervalAt(scope.Now);
            }

            return state;
        }
    }

    /// <summary>What the events of one source count for.</summary>
    internal sealed class SourceTargets
    {
        public Dictionary<FeatureId, KeyState[]> ByFeature { get; } = [];

        /// <summary>The request that the last event came with.</summary>
        public OperationScope Scope { get; set; } = null!;
    }

    private readonly record struct MatchedEvent(KeyState[] Keys, long At, MeterVersion Meter, MeterSample Sample);

    /// <summary>The counters of one key while the group runs.</summary>
    internal sealed class KeyState(UsageCell cell, MeterVersion? current, MeterVersion? building)
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

        public SourceTargets Source { get; set; } = null!;

        /// <summary>Usage of the current window before the group; null when it was not known.</summary>
        public decimal? Before { get; private set; }

        public List<MeterSlot> Slots { get; } = [];

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

                Slots.Add(new(Key, Current, interval, count.Row, count.Tally));
            }

            return true;
        }

        /// <summary>Counters of versions that are not used any more stay where they are.</summary>
        public void Take(MeterCounterRow row)
        {
            if (VersionOf((int)row.Generation) is { } meter)
                Slots.Add(new(Key, meter, row.Interval, row.Seq, row.ToCount().Tally));
        }

        public void Remember() => Before = Current is { } read && Needed is { } needed
            ? Find(read, needed)?.Tally.Value(read.Function)
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

        /// <summary>Counters of windows that are over are no longer kept: what comes late is counted from the events.</summary>
        public IReadOnlyList<long> DropBefore(Instant start)
        {
            var over = Slots.FindAll(slot => slot.Meter == Current && slot.Interval.End <= start);
            if (over.Count == 0)
                return [];
            Slots.RemoveAll(over.Contains);
            return [.. over.Select(slot => slot.Row).Where(row => row != 0)];
        }

        private MeterVersion? VersionOf(int generation) =>
            Current?.Generation == generation ? Current : building?.Generation == generation ? building : null;
    }
}
