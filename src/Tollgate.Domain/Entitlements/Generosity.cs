using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Entitlements;

/// <summary>
/// Which of two values is the better one for the customer (spec entitlements-and-usage 2.3): unlimited over any limit,
/// the larger limit by its raw number whatever the reset periods, then soft over hard, then the more frequent reset.
/// </summary>
internal static class Generosity
{
    /// <summary>Positive when <paramref name="left"/> is more generous.</summary>
    public static int Compare(EntitlementValue left, EntitlementValue right)
    {
        var byAmount = CompareAmount(left, right);
        if (byAmount != 0)
            return byAmount;
        var bySoftness = left.HasSoftLimit.CompareTo(right.HasSoftLimit);
        return bySoftness != 0 ? bySoftness : Frequency(left.Reset).CompareTo(Frequency(right.Reset));
    }

    public static int CompareAmount(EntitlementValue left, EntitlementValue right)
    {
        var byUnlimited = left.HasUnlimitedUsage.CompareTo(right.HasUnlimitedUsage);
        if (byUnlimited != 0 || left.HasUnlimitedUsage)
            return byUnlimited;
        return (left.UsageLimit ?? 0).CompareTo(right.UsageLimit ?? 0);
    }

    /// <summary>How often usage starts again: never is 0, every hour is the most.</summary>
    public static int Frequency(ResetRule? reset) => reset is null ? 0 : (int)reset.Period + 1;
}
