using NodaTime;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Usage;

/// <summary>
/// The usage of a window: the fold of its measurements in order of (instant, arrival), where DELTA adds and SET
/// assigns, from 0 (spec entitlements-and-usage 7.2), and what is refused so that a fold never goes below 0.
/// </summary>
public static class UsageFold
{
    /// <summary>The largest size of one reported value: what a JSON number carries exactly.</summary>
    public const decimal LargestValue = 9007199254740991m;

    /// <summary>The fold from scratch; the measurements may come in any order and all belong to one window.</summary>
    public static UsageCounter Of(IEnumerable<Measurement> measurements)
    {
        var ordered = measurements.ToList();
        ordered.Sort(Measurement.InEffectOrder);
        var counter = default(UsageCounter);
        foreach (var each in ordered)
        {
            counter = each.Behavior == UpdateBehavior.Set
                ? new(each.Value, each.At, each.At)
                : counter with { Value = counter.Value + each.Value, LastAt = each.At };
        }

        return counter;
    }

    /// <summary>
    /// The next state of the window's counter, or why the report is refused. When the step needs a recount the caller
    /// folds the stored measurements with this one and asks <see cref="CheckUsage"/> about the result.
    /// </summary>
    public static Result<UsageStep> Report(
        UsageCounter counter, FeatureId feature, UpdateBehavior behavior, decimal value, Instant at)
    {
        if (CheckValue(feature, behavior, value) is { } badValue)
            return badValue;
        var step = counter.Apply(behavior, value, at);
        return CheckUsage(feature, behavior, value, counter.Value, step.Counter.Value) is { } badUsage
            ? badUsage
            : step;
    }

    /// <summary>What can be said about a report without its window; null = fine.</summary>
    public static Refusal? CheckValue(FeatureId feature, UpdateBehavior behavior, decimal value)
    {
        if (Math.Abs(value) > LargestValue)
        {
            return new(ErrorCode.UsageMeasurementDiffOutOfRangeError,
                $"The usage value {value} of feature '{feature}' is out of range; " +
                $"report a value between -{LargestValue} and {LargestValue}.");
        }

        return behavior == UpdateBehavior.Set && value < 0
            ? new(ErrorCode.EntitlementUsageOutOfRangeError,
                $"The usage of feature '{feature}' cannot be set to {value}; set it to 0 or more.")
            : null;
    }

    /// <summary>
    /// Whether a report may bring its window from <paramref name="before"/> to <paramref name="after"/>; null = fine.
    /// </summary>
    /// <remarks>
    /// A window recounted under another reset period may hold less than 0; a report that raises it is welcome.
    /// </remarks>
    public static Refusal? CheckUsage(
        FeatureId feature, UpdateBehavior behavior, decimal value, decimal before, decimal after)
    {
        if (after >= 0 || after >= before)
            return null;
        return new(ErrorCode.EntitlementUsageOutOfRangeError, behavior == UpdateBehavior.Delta
            ? $"A DELTA of {value} would bring the usage of feature '{feature}' from {before} to {after}; " +
              $"report at least {-Math.Max(before, 0)} or SET the usage."
            : $"A SET to {value} at that instant would bring the usage of feature '{feature}' to {after}, because " +
              "later deltas are kept; set a larger value or a later instant.");
    }
}
