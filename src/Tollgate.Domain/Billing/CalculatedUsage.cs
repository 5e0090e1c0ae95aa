using NodaTime;
using Tollgate.Domain.Subscriptions;
using Tollgate.Domain.Usage;

namespace Tollgate.Domain.Billing;

/// <summary>Measures calculated usage for billing from its stored reports.</summary>
public static class CalculatedUsage
{
    /// <summary>The instant from which reports are needed to measure a billing window.</summary>
    public static Instant NeededFrom(UsageTimeline timeline, BillingWindow window) =>
        timeline.NeededFrom(window.Start, LastInstant(window));

    /// <summary>The usage windows that overlap the billing window, oldest first.</summary>
    public static IEnumerable<UsageWindow> Windows(UsageTimeline timeline, BillingWindow window)
    {
        for (var at = window.Start; at < window.End;)
        {
            var counted = timeline.CountedAt(at);
            yield return counted;
            if (counted.IsLifetime)
                yield break;
            at = counted.End;
        }
    }

    /// <summary>What each usage window came to before and at the end of the billing window.</summary>
    /// <param name="timeline">How usage was reset over time.</param>
    /// <param name="window">The billing window.</param>
    /// <param name="measurements">
    /// In any order, those from <see cref="NeededFrom"/> to the window's end at least; others are ignored.
    /// </param>
    public static MeasuredUsage Of(
        UsageTimeline timeline, BillingWindow window, IEnumerable<Measurement> measurements)
    {
        var ordered = measurements.Where(each => each.At < window.End).ToList();
        ordered.Sort(Measurement.InEffectOrder);
        return new([.. Windows(timeline, window).Select(counted => Fold(ordered, counted, window.Start))]);
    }

    private static WindowUsage Fold(List<Measurement> ordered, UsageWindow counted, Instant start)
    {
        var (before, usage) = (0m, 0m);
        for (var i = FirstAtOrAfter(ordered, counted.Start); i < ordered.Count && counted.Contains(ordered[i].At); i++)
        {
            var each = ordered[i];
            usage = each.Behavior == UpdateBehavior.Set ? each.Value : usage + each.Value;
            if (each.At < start)
                before = usage;
        }

        return new(before, usage);
    }

    private static int FirstAtOrAfter(List<Measurement> ordered, Instant start)
    {
        var (low, high) = (0, ordered.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (ordered[middle].At < start)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private static Instant LastInstant(BillingWindow window) => window.End - Duration.FromMilliseconds(1);
}
