using NodaTime;

namespace Tollgate.Domain.Credits;

/// <summary>
/// Which of two grants is consumed first (spec credits 5.4): priority, expiry, category, start, age, id.
/// </summary>
public sealed class BurnOrder : IComparer<CreditGrant>
{
    public static BurnOrder Comparer { get; } = new();

    public int Compare(CreditGrant? x, CreditGrant? y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        return First(
            x.Priority.CompareTo(y.Priority),
            (x.ExpireAt ?? Instant.MaxValue).CompareTo(y.ExpireAt ?? Instant.MaxValue),
            Category(x).CompareTo(Category(y)),
            x.EffectiveAt.CompareTo(y.EffectiveAt),
            x.CreatedAt.CompareTo(y.CreatedAt),
            string.CompareOrdinal(x.Id, y.Id));
    }

    private static int Category(CreditGrant grant) => grant.Type == CreditGrantType.Promotional ? 0 : 1;

    private static int First(params ReadOnlySpan<int> comparisons)
    {
        foreach (var comparison in comparisons)
        {
            if (comparison != 0)
                return comparison;
        }

        return 0;
    }
}
