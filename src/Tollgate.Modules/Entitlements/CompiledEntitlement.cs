using NodaTime;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Usage;

namespace Tollgate.Modules.Entitlements;

/// <summary>An effective entitlement with everything a check needs beside it, so that checking looks nothing up.</summary>
public sealed class CompiledEntitlement(EffectiveEntitlement entitlement, UsageCell? cell, Instant? cutOff)
{
    /// <summary>The window around the last instant asked about; replaced when time leaves it.</summary>
    private volatile WindowInForce? _window;

    public EffectiveEntitlement Entitlement { get; } = entitlement;

    /// <summary>Null for features that are not metered.</summary>
    public UsageCell? Cell { get; } = cell;

    /// <summary>The last usage reset by a plan transition in this scope.</summary>
    public Instant? CutOff { get; } = cutOff;

    /// <summary>The usage window around <paramref name="now"/>, and the part of it that counts.</summary>
    public WindowInForce WindowAt(Instant now)
    {
        var window = _window;
        if (window is not null && window.Shown.Contains(now))
            return window;
        var shown = Entitlement.WindowAt(now);
        return _window = new(shown, shown.CountedFrom(CutOff));
    }
}

/// <summary>A window as callers see it, and the interval whose measurements count.</summary>
public sealed record WindowInForce(UsageWindow Shown, UsageWindow Counted);
