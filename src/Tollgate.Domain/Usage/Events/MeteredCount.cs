using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Usage.Events;

/// <summary>The counter of a meter as it is kept between events.</summary>
/// <param name="Generation">Which version of the feature's meter counted.</param>
/// <param name="Row">Where it is stored; 0 = it is not, and can be counted again from the events.</param>
/// <param name="Tally">What the events came to.</param>
public sealed record MeteredCount(int Generation, long Row, Tally Tally)
{
    /// <summary>
    /// What reports add to it: a feature that is paid in credits may be reported too (spec credits 5.1).
    /// </summary>
    public decimal Reported { get; init; }

    /// <summary>As checks, lists and bills read it; below 0 it reads as 0 there.</summary>
    public UsageCounter Counter(AggregationFunction function) =>
        new(Tally.Value(function) + Reported, null, null) { Metered = this };
}
