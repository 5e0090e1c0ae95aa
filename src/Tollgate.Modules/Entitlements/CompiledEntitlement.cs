using NodaTime;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Usage;

namespace Tollgate.Modules.Entitlements;

/// <summary>
/// An effective entitlement with everything a check needs beside it, so that checking looks nothing up.
/// </summary>
/// <param name="entitlement">What the scope may do.</param>
/// <param name="cell">The usage counted against it; null for features that are not metered.</param>
/// <param name="cutOffs">Usage resets by plan transitions, ascending; empty for features that never reset.</param>
public sealed class CompiledEntitlement(
    EffectiveEntitlement entitlement, UsageCell? cell, IReadOnlyList<Instant> cutOffs)
{
    /// <summary>The window around the last instant asked about; replaced when time leaves it.</summary>
    private volatile WindowInForce? _window;

    public EffectiveEntitlement Entitlement { get; } = entitlement;

    public UsageCell? Cell { get; } = cell;

    /// <summary>A hard limit on counted usage: what reservations hold matters.</summary>
    public bool IsLimitedByUsage { get; } =
        cell is not null && entitlement is { HasUnlimitedUsage: false, HasSoftLimit: false };

    /// <summary>The hard budget that the feature's usage is paid from; null when none limits it.</summary>
    public BudgetMeter? Budget { get; init; }

    /// <summary>What pays for the feature when it is priced in credits under a hard limit; null otherwise.</summary>
    public CreditPrice? Credits { get; init; }

    /// <summary>The usage window around <paramref name="now"/>, and the part of it that counts.</summary>
    public WindowInForce WindowAt(Instant now)
    {
        var window = _window;
        if (window is not null && window.Counted.Contains(now))
            return window;
        return _window = new(Entitlement.WindowAt(now), IntervalAt(now));
    }

    /// <summary>
    /// The interval whose measurements add up with one dated <paramref name="at"/>: its usage window, cut where a plan
    /// transition started usage again at 0.
    /// </summary>
    public UsageWindow IntervalAt(Instant at)
    {
        var interval = Entitlement.WindowAt(at);
        foreach (var cutOff in cutOffs)
        {
            if (cutOff <= at && cutOff > interval.Start)
                interval = interval with { Start = cutOff };
            else if (cutOff > at && cutOff < interval.End)
                return interval with { End = cutOff };
        }

        return interval;
    }
}

/// <summary>A window as callers see it, and the interval whose measurements count.</summary>
public sealed record WindowInForce(UsageWindow Shown, UsageWindow Counted);
