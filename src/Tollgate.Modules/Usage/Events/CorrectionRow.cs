using Dapper;
using Tollgate.Domain.Usage;
using Tollgate.Domain.Usage.Events;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>What an event counts as instead of what was sent, as it is stored in event_corrections.</summary>
internal sealed class CorrectionRow
{
    private const string Columns = """
        event_at AS At, key_hash AS Hash, shape_id AS Shape, dimensions AS Dimensions, reason AS Reason,
        corrected_at AS CorrectedAt, held_by AS HeldBy
        """;

    public long At { get; set; }
    public long Hash { get; set; }
    public long Shape { get; set; }

    /// <summary>Null: the event does not count.</summary>
    public byte[]? Dimensions { get; set; }
    public string Reason { get; set; } = "";
    public long CorrectedAt { get; set; }

    /// <summary>The feature whose lateness policy holds the event; null when somebody corrected it.</summary>
    public string? HeldBy { get; set; }

    public static Task<CorrectionRow?> FindAsync(Session session, EventAddress address) =>
        session.Connection.QuerySingleOrDefaultAsync<CorrectionRow>(
            $"""
            SELECT {Columns} FROM event_corrections
            WHERE source_id = @source AND event_at = @at AND key_hash = @hash
            """,
            new { source = address.Source, at = address.At, hash = address.Hash },
            session.Transaction);

    /// <summary>Those of the events that are stored under a number and dated in the interval.</summary>
    public static async Task<Dictionary<(long At, long Hash), CorrectionRow>> ListAsync(
        Session session, int source, UsageWindow interval) =>
        (await session.Connection.QueryAsync<CorrectionRow>(
            $"""
            SELECT {Columns} FROM event_corrections
            WHERE source_id = @source AND event_at >= @floor AND event_at < @end
            """,
            new { source, floor = Bounds.Start(interval), end = Bounds.End(interval) },
            session.Transaction)).ToDictionary(row => (row.At, row.Hash));
}
