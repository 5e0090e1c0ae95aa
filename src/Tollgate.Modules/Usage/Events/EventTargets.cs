using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Entitlements;

namespace Tollgate.Modules.Usage.Events;

/// <summary>What the events of one source count for.</summary>
internal sealed class EventSourceTargets(MeterSet meters)
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
    EventSourceTargets Source, CountedKey[] Keys, BudgetMeter[] Budgets, PricedFeature? Priced);

/// <summary>A feature that is paid in credits, and the counter by whose windows it is.</summary>
internal sealed record PricedFeature(FeatureMapping Mapping, CountedKey Key, CompiledEntitlement? Entitlement)
{
    public UsageWindow IntervalAt(Instant at) => Entitlement?.IntervalAt(at) ?? UsageWindow.Lifetime;
}
