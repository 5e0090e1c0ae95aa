using System.Runtime.InteropServices;
using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Usage.Events;

/// <summary>
/// What the events of a window add up to under any aggregation (spec entitlements-and-usage 8.3): adding and merging in
/// any order give the same. The default value is an empty window.
/// </summary>
/// <param name="Count">
/// How many events counted: all that match (COUNT), those with a number (SUM, MAX, MIN, AVG), or distinct
/// values (UNIQUE).
/// </param>
/// <param name="Sum">Of their numbers; stays at the largest decimal when it would not fit.</param>
/// <param name="Min">The smallest number; meaningless while <paramref name="Count"/> is 0.</param>
/// <param name="Max">The largest number; meaningless while <paramref name="Count"/> is 0.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Tally(long Count, decimal Sum, decimal Min, decimal Max)
{
    /// <summary>With one more event whose field holds <paramref name="number"/>; 0 where no number is read.</summary>
    public Tally Add(decimal number) => Merge(new(1, number, number, number));

    public Tally Merge(in Tally other)
    {
        if (Count == 0)
            return other;
        return other.Count == 0
            ? this
            : new(Count + other.Count, Plus(Sum, other.Sum), Math.Min(Min, other.Min), Math.Max(Max, other.Max));
    }

    /// <summary>With this many more distinct values.</summary>
    public Tally AddDistinct(long values) => new(Count + values, 0, 0, 0);

    /// <summary>
    /// The usage: 0 of an empty window; an average is not rounded, a sum stays at <see cref="UsageFold.LargestValue"/>.
    /// </summary>
    public decimal Value(AggregationFunction function) => Count == 0 ? 0 : function switch
    {
        AggregationFunction.Count => Count,
        AggregationFunction.Unique => Count,
        AggregationFunction.Sum => JsonNumber.Shortest(
            Math.Clamp(Sum, -UsageFold.LargestValue, UsageFold.LargestValue)),
        AggregationFunction.Max => Max,
        AggregationFunction.Min => Min,
        AggregationFunction.Avg => JsonNumber.Shortest(Sum / Count),
    };

    private static decimal Plus(decimal left, decimal right)
    {
        // Same signs only can overflow.
        if (left > 0 && right > decimal.MaxValue - left)
            return decimal.MaxValue;
        return left < 0 && right < decimal.MinValue - left ? decimal.MinValue : left + right;
    }
}
