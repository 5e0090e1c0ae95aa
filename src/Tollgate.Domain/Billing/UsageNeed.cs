using System.Runtime.InteropServices;
using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>How a quantity is measured over a billing window <c>[s, e)</c> (spec catalog 9.6, 9.7).</summary>
public enum UsageMeasure
{
    /// <summary>The running level at e.</summary>
    Level,

    /// <summary>
    /// What was added in the window: the deltas dated in it, or the meter's aggregate over its events.
    /// </summary>
    Accumulated,

    /// <summary>Per usage window w: usage in w up to s, and up to e.</summary>
    PerUsageWindow,
}

/// <summary>
/// A question rating asks about usage. Features of a subscription on a resource are counted on the resource, others at
/// the level of the customer (spec entitlements-and-usage 6); whoever answers knows which one it is.
/// </summary>
/// <param name="FeatureId">A metered feature.</param>
/// <param name="Window">The billing window.</param>
/// <param name="Measure">What to measure over it.</param>
/// <param name="Reset">
/// The usage windows, by which a SET is read as the difference it made; null = one window for life.
/// </param>
/// <param name="Anchor">What the usage windows are counted from at the end of the billing window.</param>
public sealed record UsageNeed(
    FeatureId FeatureId, BillingWindow Window, UsageMeasure Measure, ResetRule? Reset, Instant Anchor)
{
    /// <summary>Whose usage, where the subscription was another's then; null = that of the subscription.</summary>
    public UsageScope? Scope { get; init; }
}

/// <summary>Usage of one usage window in raw units.</summary>
/// <param name="Before">What its measurements before the billing window came to; 0 when it began in it.</param>
/// <param name="After">What all of them came to at the end of the billing window.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct WindowUsage(decimal Before, decimal After);

/// <summary>The answer to a <see cref="UsageNeed"/>, in raw units.</summary>
/// <param name="Windows">The usage windows that overlap the billing window, oldest first.</param>
public sealed record MeasuredUsage(IReadOnlyList<WindowUsage> Windows)
{
    public static MeasuredUsage Nothing { get; } = new([]);

    /// <summary>The running level at the end, at least 0.</summary>
    public decimal Level => Windows.Count == 0 ? 0 : Math.Max(Windows[^1].After, 0);

    /// <summary>What was added, at least 0: a decrease is not paid back.</summary>
    public decimal Accumulated => Math.Max(Windows.Sum(window => window.After - window.Before), 0);

    /// <summary>One quantity, whatever windows it came from.</summary>
    public static MeasuredUsage Of(decimal quantity) => new([new(0, quantity)]);

    /// <summary>What went beyond the included raw units in the billing window, at least 0 (spec catalog 9.7).</summary>
    public decimal Beyond(decimal included, bool isReset)
    {
        if (!isReset)
            return Math.Max(Level - included, 0);
        var sum = Windows.Sum(window => Math.Max(window.After - included, 0) - Math.Max(window.Before - included, 0));
        return Math.Max(sum, 0);
    }
}
