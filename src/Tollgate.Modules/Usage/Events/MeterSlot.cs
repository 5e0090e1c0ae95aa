using Tollgate.Domain.Usage;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Entitlements;

namespace Tollgate.Modules.Usage.Events;

/// <summary>One counter of a meter while a group runs.</summary>
internal sealed class MeterSlot(UsageKey key, MeterVersion meter, UsageWindow interval, long row, Tally tally)
{
    // Most meters count no distinct values, and a group may hold thousands of slots.
    private HashSet<byte[]>? _tokens;
    private HashSet<byte[]>? _fresh;

    public UsageKey Key { get; } = key;

    public MeterVersion Meter { get; } = meter;

    public UsageWindow Interval { get; } = interval;

    /// <summary>0 until it is stored.</summary>
    public long Row { get; set; } = row;

    /// <summary>Without the distinct values in <see cref="Tokens"/>, which storing them tells.</summary>
    public Tally Tally { get; set; } = tally;

    /// <summary>Values that may be new to a UNIQUE counter.</summary>
    public HashSet<byte[]> Tokens
    {
        get => _tokens ??= new(TokenComparer.Instance);
        init => _tokens = value;
    }

    /// <summary>The same in the order they are stored in, which touches fewer pages at a time.</summary>
    public byte[][] SortedTokens()
    {
        if (_tokens is not { Count: > 0 } tokens)
            return [];
        var sorted = tokens.ToArray();
        Array.Sort(sorted, static (one, other) => one.AsSpan().SequenceCompareTo(other));
        return sorted;
    }

    public bool IsChanged { get; set; }

    /// <summary>False for a window that is over: it is counted for this group alone.</summary>
    public bool IsKept { get; init; } = true;

    /// <summary>Distinct values known to have counted before the group; null when the stored ones say so.</summary>
    public HashSet<byte[]>? Counted { get; init; }

    /// <summary>Whether storing tells which values were new, in <see cref="Fresh"/>.</summary>
    public bool TellsFresh { get; set; }

    public HashSet<byte[]> Fresh => _fresh ??= new(TokenComparer.Instance);

    /// <summary>What reports add; the writer of reports keeps it.</summary>
    public decimal Reported { get; init; }

    /// <summary>What it comes to by now.</summary>
    public decimal Usage => Reported
        + (Meter.CountsDistinct ? Tally.Count + (Row == 0 ? _tokens?.Count ?? 0 : 0) : Tally.Value(Meter.Function));

    public MeteredCount Count => new(Meter.Generation, Row, Tally) { Reported = Reported };
}
