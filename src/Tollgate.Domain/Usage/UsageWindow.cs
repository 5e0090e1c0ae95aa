using System.Runtime.InteropServices;
using NodaTime;

namespace Tollgate.Domain.Usage;

/// <summary>
/// The half-open interval <c>[Start, End)</c> whose measurements make up the current usage (spec entitlements-and-usage
/// 5). A feature that never resets has the <see cref="Lifetime"/> window; its bounds are not shown to callers.
/// </summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct UsageWindow(Instant Start, Instant End)
{
    /// <summary>The window of a feature without a reset period: it holds every instant.</summary>
    public static UsageWindow Lifetime { get; } = new(Instant.MinValue, Instant.MaxValue);

    public bool IsLifetime => End == Instant.MaxValue;

    /// <summary>
    /// When usage starts again at 0; null for a lifetime window. The wire's nextResetDate and usagePeriodEnd.
    /// </summary>
    public Instant? NextReset => IsLifetime ? null : End;

    public bool Contains(Instant at) => Start <= at && (at < End || IsLifetime);

    /// <summary>
    /// The part of this window that counts after a plan transition reset the usage at <paramref name="cutOff"/>:
    /// measurements before it are kept but not counted (spec 5.2). A window that was over by then, or began later,
    /// counts whole. Only for counting; callers are shown the uncut window.
    /// </summary>
    public UsageWindow CountedFrom(Instant? cutOff) =>
        cutOff is { } cut && cut > Start && cut < End ? this with { Start = cut } : this;
}
