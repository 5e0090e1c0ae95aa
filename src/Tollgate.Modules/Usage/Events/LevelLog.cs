using Dapper;
using Tollgate.Domain;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// When the events of a resource counted at customer level too, by their arrival; before the first entry they did.
/// </summary>
internal sealed record LevelLog(IReadOnlyList<(long From, bool Counts)> Entries)
{
    public static LevelLog Always { get; } = new([]);

    public static async Task<LevelLog> OfSenderAsync(Session session, int sender, FeatureId feature)
    {
        var rows = await session.Connection.QueryAsync<Row>(
            """
            SELECT from_at AS "From", customer_level AS Level FROM event_levels
            WHERE source_id = @sender AND feature_id = @feature ORDER BY from_at
            """,
            new { sender, feature = feature.Value },
            session.Transaction);
        return new([.. rows.Select(row => (row.From, row.Level == 1))]);
    }

    /// <summary>
    /// Whether an event counts at customer level for the feature; what a customer sent without a resource does.
    /// </summary>
    public static async Task<bool> CountsAtCustomerAsync(Session session, StoredEvent stored, FeatureId feature)
    {
        var sender = await SourceNumbers.SenderAsync(session, stored.Address.Source);
        return (await OfSenderAsync(session, sender, feature)).CountsAt(stored.ReceivedAt);
    }

    /// <param name="receivedAt">When an event arrived, in milliseconds since 1970.</param>
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

    private sealed class Row
    {
        public long From { get; set; }
        public long Level { get; set; }
    }
}
