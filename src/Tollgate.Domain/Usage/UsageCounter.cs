using NodaTime;
using Tollgate.Domain.Usage.Events;

namespace Tollgate.Domain.Usage;

/// <summary>
/// The running fold of one window: all the store needs to keep to apply the next report without reading the earlier
/// ones (spec entitlements-and-usage 7.2). The default value is an empty window.
/// </summary>
/// <param name="Value">The usage in raw units.</param>
/// <param name="LastAt">The latest instant any measurement of the window is dated; null = none yet.</param>
/// <param name="LastSetAt">The latest instant a SET of the window is dated; null = none yet.</param>
public readonly record struct UsageCounter(decimal Value, Instant? LastAt, Instant? LastSetAt)
{
    /// <summary>What the value follows from when it comes from raw events; null of reported usage.</summary>
    public MeteredCount? Metered { get; init; }

    /// <summary>The state after one more report, which arrives after all those already counted.</summary>
    /// <remarks>
    /// A late DELTA older than the last SET changes nothing, because that SET assigned the usage anyway; a late SET
    /// older than the last SET neither. Only a late SET that follows the last SET but precedes later deltas needs the
    /// deltas it keeps: the answer then is a recount of the stored measurements, this one included.
    /// </remarks>
    public UsageStep Apply(UpdateBehavior behavior, decimal value, Instant at)
    {
        var isLatest = LastAt is not { } last || at >= last;
        var isOverwritten = LastSetAt is { } set && at < set;
        var lastAt = isLatest ? at : LastAt;
        return behavior switch
        {
            UpdateBehavior.Delta when isOverwritten => new(this with { LastAt = lastAt }, false),
            UpdateBehavior.Delta => new(this with { Value = Value + value, LastAt = lastAt }, false),
            UpdateBehavior.Set when isLatest => new(new(value, at, at), false),
            UpdateBehavior.Set when isOverwritten => new(this, false),
            UpdateBehavior.Set => new(this, NeedsRecount: true),
            _ => throw new ArgumentOutOfRangeException(nameof(behavior), behavior, "Unknown update behaviour."),
        };
    }
}

/// <summary>The outcome of applying one report to a counter.</summary>
/// <param name="Counter">The new state; the unchanged old one when a recount is needed.</param>
/// <param name="NeedsRecount">
/// True: fold the stored measurements of the window again (<see cref="UsageFold.Of"/>).
/// </param>
public readonly record struct UsageStep(UsageCounter Counter, bool NeedsRecount);
