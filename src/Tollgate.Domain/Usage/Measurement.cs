using NodaTime;
using Tollgate.Domain.Usage.Events;

namespace Tollgate.Domain.Usage;

/// <summary>
/// How a usage report changes the usage of its window (spec entitlements-and-usage 7.2). The numbers are stored and
/// stay.
/// </summary>
public enum UpdateBehavior
{
    /// <summary>Adds the value, which may be negative.</summary>
    Delta = 0,

    /// <summary>Makes the usage equal the value.</summary>
    Set = 1,
}

/// <summary>
/// One stored usage report, exactly as it was sent, in the feature's reporting (raw) unit; or what an event brings to a
/// meter, in the unit of the field that the meter reads (1 where it reads none).
/// </summary>
/// <param name="At">When it takes effect (createdAt as sent): chooses the window.</param>
/// <param name="Arrival">A number that grows with every stored report: orders measurements of the same instant.</param>
/// <param name="Behavior">Whether the value is added or assigned.</param>
/// <param name="Value">Raw units; at most 9007199254740991 in size.</param>
public readonly record struct Measurement(Instant At, long Arrival, UpdateBehavior Behavior, decimal Value)
{
    /// <summary>Dimension texts by name; null = none. History groups by them.</summary>
    public IReadOnlyDictionary<string, string>? Dimensions { get; init; }

    /// <summary>Of an event under a UNIQUE meter: the value to tell apart; else null.</summary>
    public string? Distinct { get; init; }

    /// <summary>What the events of a day came to, where they are no longer kept one by one; else null.</summary>
    public Tally? Tally { get; init; }

    /// <summary>
    /// Of a feature that is counted from events: a report, which adds its value whatever the meter aggregates.
    /// </summary>
    public bool IsReported { get; init; }

    /// <summary>The order in which measurements take effect: by instant, then by arrival.</summary>
    public static int InEffectOrder(Measurement left, Measurement right)
    {
        var byInstant = left.At.CompareTo(right.At);
        return byInstant != 0 ? byInstant : left.Arrival.CompareTo(right.Arrival);
    }
}
