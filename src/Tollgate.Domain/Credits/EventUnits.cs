using Tollgate.Domain.Catalog;
using Tollgate.Domain.Usage.Events;

namespace Tollgate.Domain.Credits;

/// <summary>
/// By how much one event raises the usage that is paid in credits (spec credits 5.2): COUNT 1, SUM its number, UNIQUE 1
/// for a value that is new in the usage window, MAX by what the largest number of the window grows. MIN and AVG say
/// nothing about one event: nothing burns for them.
/// </summary>
public static class EventUnits
{
    /// <summary>False for the aggregations of which one event is no part.</summary>
    public static bool IsSupported(AggregationFunction function) =>
        function is not (AggregationFunction.Min or AggregationFunction.Avg);

    /// <summary>True when it depends on what is in the usage window already.</summary>
    public static bool DependsOnWindow(AggregationFunction function) =>
        function is AggregationFunction.Max or AggregationFunction.Unique;

    /// <summary>For COUNT and SUM, whatever happened before; what takes usage back is negative.</summary>
    public static decimal Of(AggregationFunction function, in MeterSample sample) => function switch
    {
        AggregationFunction.Count => 1,
        AggregationFunction.Sum => sample.Number,
        _ => 0,
    };

    /// <summary>For MAX: usage that reads as 0 grows from 0.</summary>
    /// <param name="window">What the window held before.</param>
    /// <param name="number">That of the event.</param>
    public static decimal Growth(in Tally window, decimal number) => decimal.Max(
        0, decimal.Max(number, 0) - decimal.Max(window.Value(AggregationFunction.Max), 0));
}
