namespace Tollgate.Domain.Usage;

/// <summary>When usage is worth a notice (spec entitlements-and-usage 13).</summary>
public static class UsageThresholds
{
    /// <summary>Percent of the limit, ascending.</summary>
    public static IReadOnlyList<int> Default { get; } = [80, 100];

    /// <summary>
    /// The highest threshold that usage came up to: <c>before &lt; t &lt;= after</c>; null when it passed none. A limit
    /// of 0 is passed by the first usage there is.
    /// </summary>
    /// <param name="limit">In sold units, as usage.</param>
    /// <param name="before">Usage before the change.</param>
    /// <param name="after">Usage after it.</param>
    public static int? Crossed(decimal limit, decimal before, decimal after)
    {
        if (after <= before)
            return null;
        for (var i = Default.Count - 1; i >= 0; i--)
        {
            var threshold = limit * Default[i] / 100;
            if (before < threshold && after >= threshold)
                return Default[i];
        }

        return limit == 0 && before <= 0 ? Default[^1] : null;
    }

    /// <summary>
    /// Whole percent of the limit that is used, rounded down; 100 when there is nothing to divide by.
    /// </summary>
    public static decimal UsedPercentage(decimal limit, decimal usage) =>
        limit == 0 ? 100 : decimal.Floor(Saturating.Quotient(Saturating.Product(usage, 100), limit));
}
