using System.Collections.Frozen;

namespace Tollgate.Domain.Usage.Events;

/// <summary>Which meters an event of a name has to be tried against.</summary>
/// <typeparam name="T">What the caller keeps beside a meter.</typeparam>
public sealed class MeterIndex<T>
{
    private readonly FrozenDictionary<string, T[]> _byName;
    private readonly T[] _anyName;

    public MeterIndex(IReadOnlyCollection<T> meters, Func<T, CompiledMeter> meterOf)
    {
        _anyName = [.. meters.Where(meter => meterOf(meter).EventNames is null)];
        _byName = meters.SelectMany(meter => meterOf(meter).EventNames ?? FrozenSet<string>.Empty)
            .Distinct(StringComparer.Ordinal)
            .ToFrozenDictionary(
                name => name,
                name => meters.Where(m => meterOf(m).EventNames?.Contains(name) != false).ToArray(),
                StringComparer.Ordinal);
    }

    /// <summary>All meters that events of the name may match.</summary>
    public ReadOnlySpan<T> Of(string eventName) => _byName.TryGetValue(eventName, out var meters) ? meters : _anyName;
}
