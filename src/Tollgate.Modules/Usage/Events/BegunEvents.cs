using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Usage;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// What stored events of one customer cost in credits when they begin to count: those of a backfill that is closed, and
/// held ones that are released. They cost what they would have if they came at this instant, by what prices their
/// features now. Used by one flow of control, while the customer and the meters are locked.
/// </summary>
/// <param name="session">In which the events do not count yet, or are named in <paramref name="except"/>.</param>
/// <param name="reader">Reads what counts.</param>
/// <param name="environment">Whose meters.</param>
/// <param name="meters">The meters that count.</param>
/// <param name="except">Events that are to be taken as if they did not count yet.</param>
internal sealed class BegunEvents(
    Session session, EventReader reader, EnvironmentId environment, MeterSet meters,
    IReadOnlySet<EventAddress>? except = null)
{
    private readonly Dictionary<(UsageKey, UsageWindow), OpenWindow> _windows = [];
    private readonly List<Burn> _burns = [];

    public IReadOnlyList<Burn> Burns => _burns;

    /// <summary>Leave out features of which the usage window decides what an event costs.</summary>
    public bool LeavesWindows { get; init; }

    /// <summary>
    /// The meters of the features that a sender pays for where the usage window decides what an event costs.
    /// </summary>
    public static IReadOnlyList<MeterVersion> PricedByWindow(ScopeAccess access, MeterSet meters) =>
    [
        .. access.Mappings.Values
            .Select(
                mapping => meters.Current(mapping.Feature.Id) is { } meter && mapping.DependsOnWindow(meter.Function)
                    ? meter
                    : null)
            .OfType<MeterVersion>(),
    ];

    /// <param name="customer">Who sent it.</param>
    /// <param name="access">What the sender may use, and how it pays.</param>
    /// <param name="stored">As it is to count.</param>
    public async Task AddAsync(CustomerId customer, ScopeAccess access, StoredEvent stored)
    {
        if (access.Mappings.Count == 0)
            return;
        var at = Instant.FromUnixTimeMilliseconds(stored.Address.At);
        foreach (var meter in meters.Of(stored.Name).ToArray())
        {
            if (meter.Stage != MeterStage.Current || !EventUnits.IsSupported(meter.Function)
                || !access.Mappings.TryGetValue(meter.Feature.Value, out var mapping)
                || (LeavesWindows && mapping.DependsOnWindow(meter.Function))
                || !meter.Compiled.TryRead(stored.Name, stored.Dimensions, out var sample))
            {
                continue;
            }

            var units = mapping.DependsOnWindow(meter.Function)
                ? await GrowthAsync(customer, access, meter, stored, at, sample)
                : EventUnits.Of(meter.Function, sample);
            var cost = UsageCost.Of(
                mapping.Rate, mapping.Formula, mapping.Feature, units, new EventInputs(stored.Dimensions));
            if (cost > 0)
            {
                _burns.Add(new(
                    mapping.Pool, cost, stored.Address.ToString(), meter.Feature, at,
                    EventInputs.Json(stored.Dimensions)));
            }
        }
    }

    private async Task<decimal> GrowthAsync(
        CustomerId customer, ScopeAccess access, MeterVersion meter, StoredEvent stored, Instant at, MeterSample sample)
    {
        var compiled = access.Find(meter.Feature.Value);
        var key = compiled?.Cell?.Key ?? new(environment, customer, null, meter.Feature);
        if (key.Resource is null && !await LevelLog.CountsAtCustomerAsync(session, stored, meter.Feature))
            return 0;
        var interval = compiled?.IntervalAt(at) ?? UsageWindow.Lifetime;
        if (!_windows.TryGetValue((key, interval), out var window))
        {
            window = new();
            window.Tally = await reader.FoldAsync(session, meter, key, interval, window.Tokens, except);
            _windows.Add((key, interval), window);
        }

        if (meter.CountsDistinct)
            return window.Tokens.Add(UniqueToken.Of(sample.Value!)) ? 1 : 0;
        var growth = EventUnits.Growth(window.Tally, sample.Number);
        window.Tally = window.Tally.Add(sample.Number);
        return growth;
    }

    /// <summary>A usage window while the events begin to count one after the other.</summary>
    private sealed class OpenWindow
    {
        public Tally Tally { get; set; }

        public HashSet<byte[]> Tokens { get; } = new(TokenComparer.Instance);
    }
}
