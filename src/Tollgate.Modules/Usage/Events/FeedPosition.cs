using System.Globalization;
using Tollgate.Domain.Usage.Events;

namespace Tollgate.Modules.Usage.Events;

/// <summary>A place in the feed, as its cursor: one among the raw events and one among the reports.</summary>
/// <param name="Seq">SQLite: the row of the last event before it; of conflicts on both databases.</param>
/// <param name="ReceivedAt">When the last event before it arrived.</param>
/// <param name="Address">That event.</param>
/// <param name="Report">The last report before it.</param>
internal readonly record struct FeedPosition(long Seq, long ReceivedAt, EventAddress Address, Guid Report)
{
    public static FeedPosition Start { get; } =
        new(long.MaxValue, long.MaxValue, new(int.MaxValue, long.MaxValue, long.MaxValue), Guid.AllBitsSet);

    public override string ToString() => FormattableString.Invariant($"{Seq}.{ReceivedAt}.{Address}.{Report}");

    public static bool TryParse(string text, out FeedPosition position)
    {
        position = default;
        var parts = text.Split('.');
        if (parts.Length != 4
            || !long.TryParse(parts[0], CultureInfo.InvariantCulture, out var seq)
            || !long.TryParse(parts[1], CultureInfo.InvariantCulture, out var received)
            || !EventAddress.TryParse(parts[2], out var address)
            || !Guid.TryParse(parts[3], out var report))
        {
            return false;
        }

        position = new(seq, received, address, report);
        return true;
    }
}
