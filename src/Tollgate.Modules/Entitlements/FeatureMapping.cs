using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Credits.Formulas;

namespace Tollgate.Modules.Entitlements;

/// <summary>
/// What usage of a feature burns in a scope: the pool of the subscription that maps it, at its rate (spec credits 3
/// and 5.1).
/// </summary>
public sealed class FeatureMapping(PoolKey pool, CreditRate rate, Feature feature)
{
    /// <summary>What is used.</summary>
    public Feature Feature { get; } = feature;

    public PoolKey Pool { get; } = pool;

    public CreditRate Rate { get; } = rate;

    /// <summary>
    /// What is in the usage window decides what an event costs; a formula prices each event by itself
    /// (spec credits 5.2).
    /// </summary>
    public bool DependsOnWindow(AggregationFunction function) =>
        Formula is null && EventUnits.DependsOnWindow(function);

    /// <summary>Null where the rate alone decides. Formulas were checked when they were saved.</summary>
    public CostFormula? Formula { get; } = rate.CostFormula is { } text ? CostFormula.Parse(text).Value : null;
}
