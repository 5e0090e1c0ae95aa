namespace Tollgate.Domain.Usage.Events;

/// <summary>The dimensions of one event, in the ordinal order of their names; each name once.</summary>
public sealed class EventDimensions : IEquatable<EventDimensions>
{
    private readonly DimensionValue[] _values;

    private EventDimensions(string[] names, DimensionValue[] values)
    {
        Names = names;
        _values = values;
    }

    public static EventDimensions Empty { get; } = new([], []);

    /// <summary>In ordinal order.</summary>
    public string[] Names { get; }

    /// <summary>In the order of <see cref="Names"/>.</summary>
    public ReadOnlySpan<DimensionValue> Values => _values;

    public int Count => Names.Length;

    /// <summary>Of a name given twice the last one counts, as in every JSON reader.</summary>
    public static EventDimensions Of(IReadOnlyList<KeyValuePair<string, DimensionValue>> pairs)
    {
        if (pairs.Count == 0)
            return Empty;
        var names = new string[pairs.Count];
        var values = new DimensionValue[pairs.Count];
        for (var i = 0; i < names.Length; i++)
            (names[i], values[i]) = pairs[i];
        return OfOwned(names, values);
    }

    /// <summary>The same from arrays that the caller gives away.</summary>
    public static EventDimensions OfOwned(string[] names, DimensionValue[] values)
    {
        for (var i = 1; i < names.Length; i++)
        {
            if (string.CompareOrdinal(names[i - 1], names[i]) >= 0)
                return Sorted(names, values);
        }

        return new(names, values);
    }

    public bool TryGet(string name, out DimensionValue value)
    {
        for (var i = 0; i < Names.Length; i++)
        {
            if (string.Equals(Names[i], name, StringComparison.Ordinal))
            {
                value = _values[i];
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>Each value as text by its name: what history groups by.</summary>
    public IReadOnlyDictionary<string, string> Texts()
    {
        var texts = new Dictionary<string, string>(Count, StringComparer.Ordinal);
        for (var i = 0; i < Names.Length; i++)
            texts[Names[i]] = _values[i].AsText();
        return texts;
    }

    public bool Equals(EventDimensions? other) => other is not null
        && Names.AsSpan().SequenceEqual(other.Names) && Values.SequenceEqual(other.Values);

    public override bool Equals(object? obj) => Equals(obj as EventDimensions);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var name in Names)
            hash.Add(name, StringComparer.Ordinal);
        foreach (var value in _values)
            hash.Add(value);
        return hash.ToHashCode();
    }

    public override string ToString() =>
        "{" + string.Join(", ", Names.Select((name, i) => $"{name}: {_values[i]}")) + "}";

    private static EventDimensions Sorted(string[] names, DimensionValue[] values)
    {
        var last = new SortedDictionary<string, DimensionValue>(StringComparer.Ordinal);
        for (var i = 0; i < names.Length; i++)
            last[names[i]] = values[i];
        return new([.. last.Keys], [.. last.Values]);
    }
}
