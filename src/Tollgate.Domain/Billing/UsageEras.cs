using NodaTime;
using Tollgate.Domain.Usage;

namespace Tollgate.Domain.Billing;

/// <summary>How the usage a bill is about was reset over time.</summary>
public static class UsageEras
{
    /// <summary>
    /// The timeline of a need. A plan transition that starts usage again at 0 moves the anchor of the windows to its
    /// own instant, so each stretch counts from its own beginning; the first one from where the present anchor was
    /// given, or from the start of the subscription when that is older than all of them.
    /// </summary>
    /// <param name="need">What is measured.</param>
    /// <param name="cutOffs">
    /// The instants at which usage of the feature started again at 0, at the need's level.
    /// </param>
    /// <param name="start">When the subscription started.</param>
    public static UsageTimeline Of(UsageNeed need, IEnumerable<Instant> cutOffs, Instant start)
    {
        if (need.Reset is not { } rule)
            return UsageTimeline.Of(start, null, start);
        var cuts = cutOffs.Where(cut => cut < need.Window.End).Distinct().Order().ToList();
        var first = cuts.Count > 0 && cuts[0] <= need.Anchor ? start : need.Anchor;
        // A new anchor without a transition, as a restarted billing cycle gives it, belongs to the last stretch.
        return new(cuts
            .Select(cut => new UsageEra(
                cut, rule, cut == cuts[^1] ? need.Anchor : Instant.Min(cut, need.Anchor), ResetsUsage: true))
            .Prepend(new(Instant.Min(start, need.Window.Start), rule, first, ResetsUsage: false)));
    }
}
