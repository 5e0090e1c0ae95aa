namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// When the events of a resource counted at customer level too, by their arrival; before the first entry they did.
/// </summary>
internal sealed record LevelLog(IReadOnlyList<(long From, bool Counts)> Entries)
{
    public static LevelLog Always { get; } = new([]);

    public bool CountsAt(long receivedAt)
    {
        var counts = true;
        foreach (var entry in Entries)
        {
            if (entry.From > receivedAt)
                break;
            counts = entry.Counts;
        }

        return counts;
    }
}
