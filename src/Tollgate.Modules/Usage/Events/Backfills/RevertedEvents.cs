using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Usage;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events.Backfills;

/// <summary>
/// What comes back of what the events of one customer burnt when their session is reverted. Where an event costs by
/// itself it is what it burnt; where the usage window decides (MAX, UNIQUE) it is what the usage of the window falls
/// by, as for a voided event.
/// </summary>
internal sealed class RevertedEvents(
    Session session, EventReader reader, CorrectBurns correct, EnvironmentId environment, CustomerId customer,
    MeterSet meters)
{
    private readonly List<BurnCorrection> _corrections = [];
    private readonly Dictionary<(UsageKey, UsageWindow), WindowState> _windows = [];

    /// <summary>The events of one sender, in the order of their instants. The session still counts.</summary>
    public async Task AddAsync(ScopeAccess access, ResourceId? resource, IAsyncEnumerable<StoredEvent> stored)
    {
        var events = await stored.ToListAsync();
        if (events.Count == 0)
            return;
        var burnt = (await correct.OfEventsAsync(
            session, environment, customer, resource, At(events[0]), At(events[^1]))).ToLookup(b => b.EventId);
        foreach (var one in events)
        {
            var id = one.Address.ToString();
            var byWindow = await WindowsAsync(access, one);
            foreach (var b in burnt[id].Where(b => b.Amount > 0))
            {
                var window = byWindow.Find(w => w.Meter.Feature == b.FeatureId && w.Mapping.Pool == b.Pool);
                if (window is not null)
                    window.Burnt[id] = b.Amount;
                else
                    _corrections.Add(new(b.Pool, b.FeatureId, -b.Amount, id, At(one), null, ""));
            }

            foreach (var window in byWindow)
                window.Events.Add((id, At(one)));
        }
    }

    /// <summary>After the session has ceased to count.</summary>
    public async Task<IReadOnlyList<BurnCorrection>> AfterAsync()
    {
        foreach (var window in _windows.Values)
        {
            var fallen = window.Usage - await UsageAsync(window);
            if (fallen <= 0)
                continue;
            var (mapping, feature) = (window.Mapping, window.Meter.Feature);
            var total = await correct.OfFeatureAsync(
                session, environment, mapping.Pool, feature, Bounds.Start(window.Interval),
                Bounds.End(window.Interval));
            var rest = decimal.Min(
                UsageCost.Of(mapping.Rate, null, mapping.Feature, fallen, new EventInputs(EventDimensions.Empty)),
                total);
            // Those that burnt give back first; what the window falls by beyond that is the last one's.
            foreach (var (id, at) in window.Events)
            {
                var isLast = id == window.Events[^1].Id;
                var amount = isLast ? rest : decimal.Min(rest, window.Burnt.GetValueOrDefault(id));
                if (amount > 0)
                    _corrections.Add(new(mapping.Pool, feature, -amount, id, at, null, ""));
                rest -= amount;
            }
        }

        return _corrections;
    }

    private async Task<List<WindowState>> WindowsAsync(ScopeAccess access, StoredEvent stored)
    {
        var windows = new List<WindowState>();
        foreach (var meter in meters.Of(stored.Name).ToArray())
        {
            if (meter.Stage != MeterStage.Current || !EventUnits.DependsOnWindow(meter.Function)
                || access.Mappings.GetValueOrDefault(meter.Feature.Value) is not { Formula: null } mapping
                || !meter.Compiled.TryRead(stored.Name, stored.Dimensions, out _))
            {
                continue;
            }

            var compiled = access.Find(meter.Feature.Value);
            var key = compiled?.Cell?.Key ?? new(environment, customer, null, meter.Feature);
            var interval = compiled?.IntervalAt(At(stored)) ?? UsageWindow.Lifetime;
            if (!_windows.TryGetValue((key, interval), out var window))
            {
                _windows.Add((key, interval), window = new(key, interval, meter, mapping));
                window.Usage = await UsageAsync(window);
            }

            windows.Add(window);
        }

        return windows;
    }

    private async Task<decimal> UsageAsync(WindowState window) => decimal.Max(
        0, (await reader.CountAsync(session, window.Meter, window.Key, window.Interval)).Value);

    private static Instant At(StoredEvent stored) => Instant.FromUnixTimeMilliseconds(stored.Address.At);

    private sealed class WindowState(UsageKey key, UsageWindow interval, MeterVersion meter, FeatureMapping mapping)
    {
        public UsageKey Key { get; } = key;

        public UsageWindow Interval { get; } = interval;

        public MeterVersion Meter { get; } = meter;

        public FeatureMapping Mapping { get; } = mapping;

        /// <summary>Before.</summary>
        public decimal Usage { get; set; }

        public List<(string Id, Instant At)> Events { get; } = [];

        public Dictionary<string, decimal> Burnt { get; } = [];
    }
}
