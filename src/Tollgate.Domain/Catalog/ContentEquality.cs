namespace Tollgate.Domain.Catalog;

/// <summary>Equality by content of the collections that records would compare by reference.</summary>
internal static class ContentEquality
{
    public static bool Same<T>(IReadOnlyList<T>? a, IReadOnlyList<T>? b, Func<T, T, bool>? same = null)
    {
        if (ReferenceEquals(a, b))
            return true;
        if (a is null || b is null || a.Count != b.Count)
            return false;
        same ??= static (x, y) => EqualityComparer<T>.Default.Equals(x, y);
        for (var i = 0; i < a.Count; i++)
        {
            if (!same(a[i], b[i]))
                return false;
        }

        return true;
    }

    /// <summary>Equality of rows whose order means nothing: each row has its match, and no more rows are
    /// left.</summary>
    public static bool SameInAnyOrder<T>(IReadOnlyList<T> a, IReadOnlyList<T> b, Func<T, T, bool> same)
    {
        if (a.Count != b.Count)
            return false;
        var rest = b.ToList();
        foreach (var x in a)
        {
            var match = rest.FindIndex(y => same(x, y));
            if (match < 0)
                return false;
            rest.RemoveAt(match);
        }

        return true;
    }

    public static bool Same<TKey, TValue>(IReadOnlyDictionary<TKey, TValue> a, IReadOnlyDictionary<TKey, TValue> b)
        where TKey : notnull =>
        ReferenceEquals(a, b) || (a.Count == b.Count && a.All(
            pair => b.TryGetValue(pair.Key, out var other) && EqualityComparer<TValue>.Default.Equals(pair.Value,
                other)));
}
