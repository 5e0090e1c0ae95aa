using System.Runtime.InteropServices;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Usage;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// Counts the new events of a group, which are stored in the same transaction already, and takes what they cost in credits. A
/// counter that exists moves by what came in; one that is missing is counted from the events stored before and moves then.
/// Used by one flow of control, while the customers and the meters are locked.
/// </summary>
internal sealed class EventCounting(
    Session session, EventReader reader, MeterCounters counters, EventLevels levels, UsageLevels cells, BurnCredits credits,
    BudgetSpending spending)
{
    private readonly Dictionary<UsageKey, KeyState> _keys = [];
    private readonly Dictionary<(int Source, ScopeAccess Access), SourceTargets> _sources = [];
    private readonly List<MatchedEvent> _matched = [];
    private readonly EventBurns _burns = new(session, credits);
    private readonly EventBudgets _budgets = new(session, spending, cells);

    /// <summary>The events that move counters now, so that no recount counts them too; null until one is needed.</summary>
    private HashSet<EventAddress>? _moving;

    /// <summary>Counters that moved, with what they showed before.</summary>
    public IEnumerable<KeyState> Keys => _keys.Values;

    /// <summary>The thresholds of budgets that the group crossed.</summary>
    public IReadOnlyList<(OperationScope Scope, DomainEvent Event)> Crossings => _budgets.Crossings;

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
                _matched.Add(new(scope, TargetsOf(source, planned, meter), planned, meter, sample));
        }
    }

    /// <summary>Remembers how an event that does not count yet would, should it be released.</summary>
    public void Note(OperationScope scope, MeterSet meters, PlannedEvent planned)
    {
        if (!planned.Access.Facts.IsCustomerUnknown)
            SourceOf(scope, meters, planned);
    }

    /// <summary>Moves the counters and stores them; then burns.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await levels.SaveAsync(session, cancellationToken);
        if (_matched.Count == 0)
            return;
        await WantAsync(cancellationToken);
        await LoadAsync(cancellationToken);
        var removed = new List<long>();
        foreach (var key in _keys.Values)
            await PrepareAsync(key, removed);
        await _budgets.BeginAsync(FindUsage);
        foreach (var matched in CollectionsMarshal.AsSpan(_matched))
        {
            if (matched.Priced is { } priced)
                Price(matched, priced);
            foreach (var key in matched.Targets.Keys)
                key.Apply(matched.At, matched.Meter, matched.Sample);
        }

        await counters.DeleteAsync(session, removed);
        await counters.SaveAsync(
            session,
            [.. _keys.Values.SelectMany(key => key.Slots).Where(slot => slot is { IsChanged: true, IsKept: true })],
            cancellationToken);
        await _burns.RunAsync(cancellationToken);
        await _budgets.EndAsync(FindUsage);
    }

    /// <summary>After the commit: what was written is what checks see.</summary>
    public void Publish()
    {
        _burns.Publish();
        levels.Publish();
        foreach (var key in _keys.Values)
        {
            if (key.Current is not { } current)
                continue;
            key.Cell.Publish(
                key.Slots.Where(slot => slot.Meter == current && slot.IsKept)
                    .Select(slot => KeyValuePair.Create(slot.Interval, slot.Count.Counter(current.Function))),
                key.CellVersion,
                key.TouchesPast);
        }
    }

    /// <summary>When nothing was committed, or nobody knows.</summary>
    public void Doubt() => _burns.Doubt();

    /// <summary>Which counters must be there besides those of the running windows.</summary>
    private async Task WantAsync(CancellationToken cancellationToken)
    {
        foreach (var matched in _matched)
        {
            if (matched.Meter.Stage != MeterStage.Current)
                continue;
            if (matched.Priced is { } priced && priced.Mapping.DependsOnWindow(matched.Meter.Function))
                priced.Key.Want(priced.IntervalAt(matched.At));
            var at = matched.At;
            var isSettled = false;
            foreach (var budget in matched.Targets.Budgets)
            {
                isSettled |= await _budgets.AddAsync(
                    matched.Scope, matched.Targets.Source, budget, matched.Meter.Feature, at, cancellationToken);
            }

            foreach (var key in matched.Targets.Keys)
                key.TouchesPast |= isSettled || key.Needed is not { } needed || at < needed.Start;
        }

        foreach (var (usage, cell, source) in _budgets.Open())
        {
            if (source.Meters.Current(usage.FeatureId) is not null)
                Track(cell, source).Want(usage.Interval);
        }
    }

    /// <summary>What a counter comes to by now; null when it is not counted from events.</summary>
    private decimal? FindUsage(UsageKey key, UsageWindow interval) =>
        _keys.TryGetValue(key, out var state) && state.Current is { } meter ? state.Find(meter, interval)?.Usage : null;

    /// <summary>Counters of windows that are over go, those that are wanted are there.</summary>
    private async Task PrepareAsync(KeyState key, List<long> removed)
    {
        if (key.Current is { } current)
        {
            if (key.Needed is { } needed)
            {
                removed.AddRange(key.DropOver());
                key.Want(needed);
            }

            foreach (var interval in key.Wanted)
            {
                if (key.Find(current, interval) is null)
                    key.Slots.Add(await FoldAsync(key, current, interval));
            }
        }

        // A UNIQUE counter that a reader counted has no stored values to compare with.
        for (var i = 0; i < key.Slots.Count; i++)
        {
            if (key.Slots[i] is { Row: 0, Meter.CountsDistinct: true, Tally.Count: > 0 } slot)
                key.Slots[i] = await FoldAsync(key, slot.Meter, slot.Interval);
        }

        key.Remember();
    }

    private void Price(in MatchedEvent matched, PricedFeature priced)
    {
        var (meter, mapping) = (matched.Meter, priced.Mapping);
        if (!mapping.DependsOnWindow(meter.Function))
        {
            _burns.Add(matched.Scope, matched.Planned, mapping, EventUnits.Of(meter.Function, matched.Sample));
            return;
        }

        var slot = priced.Key.Find(meter, priced.IntervalAt(matched.At))!;
        if (!meter.CountsDistinct)
        {
            _burns.Add(matched.Scope, matched.Planned, mapping, EventUnits.Growth(slot.Tally, matched.Sample.Number));
            return;
        }

        var token = UniqueToken.Of(matched.Sample.Value!);
        if (slot.Counted?.Contains(token) == true)
            return;
        if (!slot.IsKept)
            slot.Fresh.Add(token);
        slot.TellsFresh = true;
        _burns.Add(matched.Scope, matched.Planned, mapping, slot, token);
    }

    /// <summary>A counter as of before the group.</summary>
    private async Task<MeterSlot> FoldAsync(KeyState key, MeterVersion meter, UsageWindow interval)
    {
        _moving ??= [.. _matched.Select(matched => matched.Planned.Address)];
        var tokens = new HashSet<byte[]>(TokenComparer.Instance);
        var tally = await reader.FoldAsync(session, meter, key.Key, interval, tokens, _moving);
        return new(key.Key, meter, interval, 0, meter.CountsDistinct ? default : tally)
        {
            Tokens = tokens,
            Counted = meter.CountsDistinct ? new(tokens, TokenComparer.Instance) : null,
            IsChanged = true,
            IsKept = !key.IsOver(interval),
            Reported = await MeterReports.SumAsync(session, key.Key, interval),
        };
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        var missing = _keys.Values.Where(key => !key.TryFill(session.Kind)).ToList();
        foreach (var (key, row) in await counters.LoadAsync(session, [.. missing.Select(k => k.Key)], cancellationToken))
            _keys[key].Take(row);
    }

    private SourceTargets SourceOf(OperationScope scope, MeterSet meters, PlannedEvent planned)
    {
        if (!_sources.TryGetValue((planned.Source, planned.Access), out var source))
        {
            _sources.Add((planned.Source, planned.Access), source = new(meters));
            if (planned.Sender.Resource.Length > 0)
                levels.Note(planned, meters);
        }

        source.Scope = scope;
        return source;
    }

    private FeatureTargets TargetsOf(SourceTargets targets, PlannedEvent planned, MeterVersion meter)
    {
        var scope = targets.Scope;
        if (targets.ByFeature.TryGetValue(meter.Feature, out var found))
            return found;
        var compiled = planned.Access.Find(meter.Feature.Value);
        var customer = new CustomerId(planned.Sender.Customer);
        KeyState[] keys;
        if (planned.Sender.Resource.Length == 0)
        {
            keys = [TrackOf(null)];
        }
        else
        {
            var atCustomer = compiled?.Entitlement.CountsOnResource != true;
            var own = TrackOf(new ResourceId(planned.Sender.Resource));
            keys = atCustomer ? [own, TrackOf(null)] : [own];
        }

        // Checks of the scope read the last one: the resource's own counter, or the customer's.
        var priced = planned.Access.Mappings.TryGetValue(meter.Feature.Value, out var mapping)
            ? new PricedFeature(mapping, keys[^1], compiled)
            : null;
        found = new(
            targets,
            keys,
            planned.Access.Budgets.Count == 0 ? [] : [.. planned.Access.Budgets.Where(b => b.Charges(meter.Feature))],
            priced);
        targets.ByFeature.Add(meter.Feature, found);
        return found;

        KeyState TrackOf(ResourceId? resource)
        {
            var key = new UsageKey(scope.EnvironmentId, customer, resource, meter.Feature);
            var state = Track(cells.Cell(key), targets);
            if (compiled?.Cell?.Key == key)
            {
                state.Entitlement = compiled;
                state.Needed = compiled.IntervalAt(scope.Now);
            }

            return state;
        }
    }

    private KeyState Track(UsageCell cell, SourceTargets source)
    {
        var feature = cell.Key.Feature;
        if (!_keys.TryGetValue(cell.Key, out var state))
            _keys.Add(cell.Key, state = new(cell, source.Meters.Current(feature), source.Meters.Building(feature)));
        state.Source = source;
        return state;
    }

    /// <summary>What the events of one source count for.</summary>
    internal sealed class SourceTargets(MeterSet meters)
    {
        public MeterSet Meters { get; } = meters;

        public Dictionary<FeatureId, FeatureTargets> ByFeature { get; } = [];

        /// <summary>The request that the last event came with.</summary>
        public OperationScope Scope { get; set; } = null!;
    }

    /// <summary>What the events of one source do for one feature.</summary>
    /// <param name="Source">Where they come from.</param>
    /// <param name="Keys">The counters they move.</param>
    /// <param name="Budgets">The budgets they are paid from.</param>
    /// <param name="Priced">How the scope pays for it in credits; null when it does not.</param>
    internal sealed record FeatureTargets(
        SourceTargets Source, KeyState[] Keys, BudgetMeter[] Budgets, PricedFeature? Priced);

    /// <summary>A feature that is paid in credits, and the counter by whose windows it is.</summary>
    internal sealed record PricedFeature(FeatureMapping Mapping, KeyState Key, CompiledEntitlement? Entitlement)
    {
        public UsageWindow IntervalAt(Instant at) => Entitlement?.IntervalAt(at) ?? UsageWindow.Lifetime;
    }

    private readonly record struct MatchedEvent(
        OperationScope Scope, FeatureTargets Targets, PlannedEvent Planned, MeterVersion Meter, MeterSample Sample)
    {
        public Instant At => Instant.FromUnixTimeMilliseconds(Planned.At);

        /// <summary>Null when it burns nothing; what a version counts that is not read yet is not paid for.</summary>
        public PricedFeature? Priced => Meter.Stage == MeterStage.Current && EventUnits.IsSupported(Meter.Function)
            ? Targets.Priced
            : null;
    }

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
        /// Nobody looks at it any more. What is over is kept for as long again, at most three days: late events come, and the
        /// bill of the period does.
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

        /// <summary>Counters of windows that are over are no longer kept: what comes late is counted from the events.</summary>
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
}
