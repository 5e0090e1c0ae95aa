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
    private readonly Dictionary<UsageKey, CountedKey> _keys = [];
    private readonly Dictionary<(int Source, ScopeAccess Access), EventSourceTargets> _sources = [];
    private readonly List<MatchedEvent> _matched = [];
    private readonly EventBurns _burns = new(session, credits);
    private readonly EventBudgets _budgets = new(session, spending, cells);
    private readonly UnknownSenders _unknown = new(session, cells);

    /// <summary>The events that move counters now, so that no recount counts them too; null until one is needed.</summary>
    private HashSet<EventAddress>? _moving;

    /// <summary>Counters that moved, with what they showed before.</summary>
    public IEnumerable<CountedKey> Keys => _keys.Values;

    /// <summary>The thresholds of budgets that the group crossed.</summary>
    public IReadOnlyList<(OperationScope Scope, DomainEvent Event)> Crossings => _budgets.Crossings;

    public IEnumerable<UsageCell> Cells => _keys.Values.Where(key => key.Current is not null).Select(key => key.Cell);

    /// <summary>Matches an event against the meters of its environment.</summary>
    public void Add(OperationScope scope, MeterSet meters, PlannedEvent planned)
    {
        // Nothing is kept of customers that are not known: what they sent counts from the events when they are.
        if (planned.Access.Facts.IsCustomerUnknown)
        {
            _unknown.Add(scope.EnvironmentId, planned.Sender.Customer);
            return;
        }

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
        await _unknown.ForgetAsync();
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

        await MeterCounters.DeleteAsync(session, removed);
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
        _unknown.Doubt();
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
    private async Task PrepareAsync(CountedKey key, List<long> removed)
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
    private async Task<MeterSlot> FoldAsync(CountedKey key, MeterVersion meter, UsageWindow interval)
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

    private EventSourceTargets SourceOf(OperationScope scope, MeterSet meters, PlannedEvent planned)
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

    private FeatureTargets TargetsOf(EventSourceTargets targets, PlannedEvent planned, MeterVersion meter)
    {
        var scope = targets.Scope;
        if (targets.ByFeature.TryGetValue(meter.Feature, out var found))
            return found;
        var compiled = planned.Access.Find(meter.Feature.Value);
        var customer = new CustomerId(planned.Sender.Customer);
        CountedKey[] keys;
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

        CountedKey TrackOf(ResourceId? resource)
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

    private CountedKey Track(UsageCell cell, EventSourceTargets source)
    {
        var feature = cell.Key.Feature;
        if (!_keys.TryGetValue(cell.Key, out var state))
            _keys.Add(cell.Key, state = new(cell, source.Meters.Current(feature), source.Meters.Building(feature)));
        state.Source = source;
        return state;
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
}
