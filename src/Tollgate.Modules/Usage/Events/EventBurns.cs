using NodaTime;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// What the new events of a group cost in credits, one burn an event and meter, taken in the transaction that stores
/// and counts them (spec credits 5). An event is stored once, so it burns once; counters that are rebuilt burn nothing.
/// </summary>
internal sealed class EventBurns(Session session, BurnCredits credits)
{
    private readonly List<PricedEvent> _events = [];
    private BurntCredits? _burnt;

    /// <summary>
    /// An event that raises usage by so many reporting units; where a formula prices it, also by none.
    /// </summary>
    public void Add(OperationScope scope, PlannedEvent planned, FeatureMapping mapping, decimal units)
    {
        if (units > 0 || (units == 0 && mapping.Formula is not null))
            _events.Add(new(scope, planned, mapping, units, null, []));
    }

    /// <summary>An event that raises usage by 1 when its value turns out to be new in the window.</summary>
    public void Add(OperationScope scope, PlannedEvent planned, FeatureMapping mapping, MeterSlot slot, byte[] token) =>
        _events.Add(new(scope, planned, mapping, 1, slot, token));

    /// <summary>After the counters were stored: of equal new values the first event pays.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (_events.Count == 0)
            return;
        var burns = new List<(OperationScope, Burn)>(_events.Count);
        foreach (var priced in _events)
        {
            if (priced.Slot is { } slot && !slot.Fresh.Remove(priced.Token))
                continue;
            var (planned, mapping) = (priced.Planned, priced.Mapping);
            var cost = credits.CostOf(priced.Scope, mapping, priced.Units, new EventInputs(planned.Event.Dimensions));
            if (cost <= 0)
                continue;
            burns.Add((priced.Scope, new(
                mapping.Pool,
                cost,
                planned.Address.ToString(),
                mapping.Feature.Id,
                Instant.FromUnixTimeMilliseconds(planned.At),
                EventInputs.Json(planned.Event.Dimensions))));
        }

        if (burns.Count > 0)
            _burnt = await credits.ExecuteAsync(session, burns, cancellationToken, areNew: true);
    }

    /// <summary>After the commit.</summary>
    public void Publish() => _burnt?.Publish();

    /// <summary>When nothing was committed, or nobody knows.</summary>
    public void Doubt() => _burnt?.Doubt();

    private readonly record struct PricedEvent(
        OperationScope Scope, PlannedEvent Planned, FeatureMapping Mapping, decimal Units, MeterSlot? Slot,
        byte[] Token);
}
