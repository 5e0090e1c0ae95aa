using Dapper;
using Tollgate.Domain;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// A number that events are stored under: above 0 what a sender sent live, below 0 what it sent in one backfill.
/// </summary>
internal sealed class SourceNumber
{
    /// <summary>The number its events are stored under.</summary>
    public long Seq { get; set; }

    /// <summary>The number of the sender, which is above 0.</summary>
    public long Sender { get; set; }

    /// <summary>Of the sender; '' = none.</summary>
    public string Resource { get; set; } = "";
}

/// <summary>Which numbers hold the events of a customer, and who sent what is stored under them.</summary>
internal static class SourceNumbers
{
    /// <summary>What came live, and what closed backfills brought.</summary>
    /// <param name="session">Sees what counts.</param>
    /// <param name="key">Whose events: of one resource, or of all of the customer's.</param>
    /// <param name="including">A backfill that is taken as if it were closed; 0 = none.</param>
    public static async Task<IReadOnlyList<SourceNumber>> ThatCountAsync(
        Session session, UsageKey key, long including) =>
        (await session.Connection.QueryAsync<SourceNumber>(
            $"""
            SELECT seq AS Seq, seq AS Sender, resource_id AS Resource FROM event_sources
            WHERE environment_id = @environment AND customer_id = @customer
              {(key.Resource is null ? "" : "AND resource_id = @resource")}
            UNION ALL
            SELECT -b.seq, b.source_id, s.resource_id FROM event_sources s
            JOIN backfill_sources b ON b.source_id = s.seq JOIN backfills f ON f.seq = b.backfill_seq
            WHERE s.environment_id = @environment AND s.customer_id = @customer AND (f.state = 1 OR f.seq = @including)
              {(key.Resource is null ? "" : "AND s.resource_id = @resource")}
            ORDER BY 1
            """,
            new
            {
                including,
                environment = key.Environment.Value,
                customer = key.Customer.Value,
                resource = key.Resource?.Value,
            },
            session.Transaction)).AsList();

    /// <summary>The numbers under which a backfill holds events of a customer, each with its resource.</summary>
    public static async Task<IReadOnlyList<(int Number, ResourceId? Resource)>> OfBackfillAsync(
        Session session, EnvironmentId environment, long backfill, CustomerId customer)
    {
        var rows = await session.Connection.QueryAsync<SourceNumber>(
            """
            SELECT -b.seq AS Seq, b.source_id AS Sender, s.resource_id AS Resource FROM backfill_sources b
            JOIN event_sources s ON s.seq = b.source_id
            WHERE b.backfill_seq = @backfill AND s.environment_id = @environment AND s.customer_id = @customer
            ORDER BY b.seq
            """,
            new { backfill, environment = environment.Value, customer = customer.Value },
            session.Transaction);
        return [.. rows.Select(row =>
            ((int)row.Seq, row.Resource.Length == 0 ? (ResourceId?)null : new ResourceId(row.Resource)))];
    }

    /// <summary>The number of the sender whose events are stored under <paramref name="number"/>.</summary>
    public static async Task<int> SenderAsync(Session session, int number) => number > 0
        ? number
        : (int)await session.Connection.ExecuteScalarAsync<long>(
            "SELECT source_id FROM backfill_sources WHERE seq = @seq", new { seq = -number }, session.Transaction);
}
