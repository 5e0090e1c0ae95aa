using Dapper;
using Tollgate.Domain.Usage.Events;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// What a request asks of rows of raw events, as SQL over an event <c>e</c>, its name <c>n</c>, its sender <c>s</c> and the
/// backfill <c>f</c> that brought it. A key that no index leads to, and a feature, are not asked here: whoever reads looks at the
/// rows, so that one call looks at so many and no more.
/// </summary>
internal static class RawFilter
{
    /// <summary>What is going to be removed is as good as gone: nothing it counts as can be changed.</summary>
    public const string Kept = """
        NOT EXISTS (SELECT 1 FROM usage_retention r WHERE r.environment_id = @environment AND r.closed_at > e.event_at)
        """;

    public static string Sql(FeedRead read) => $"s.environment_id = @environment AND {Kept}"
        + (read.Index.Sources is null ? "" : " AND e.source_id " + In(read.Kind, "sources"))
        + (read.Index.Hashes is null ? "" : $" AND e.key_hash {In(read.Kind, "hashes")} AND e.event_key = @key")
        + Sql(read.Request);

    /// <summary>Parameters of <see cref="Sql(FeedRead)"/> and of the place to go on from.</summary>
    public static DynamicParameters Parameters(FeedRead read)
    {
        var (request, position) = (read.Request, read.After);
        var parameters = new DynamicParameters(new
        {
            environment = read.Environment.Value,
            name = request.EventName,
            resource = request.ResourceId?.Value,
            backfill = request.Backfill,
            take = read.Take,
            seq = position.Seq,
            received = position.ReceivedAt,
            source = position.Address.Source,
            at = position.Address.At,
            hash = position.Address.Hash,
            from = request.From?.ToUnixTimeMilliseconds() ?? long.MinValue,
            until = request.Until?.ToUnixTimeMilliseconds() ?? long.MaxValue,
        });
        if (read.Index.Sources is { } sources)
            parameters.Add("sources", read.Kind == DatabaseKind.PostgreSql ? sources : $"[{string.Join(',', sources)}]");
        if (read.Index.Hashes is { } hashes)
        {
            parameters.Add("hashes", read.Kind == DatabaseKind.PostgreSql ? hashes : $"[{string.Join(',', hashes)}]");
            parameters.Add("key", EventKey.Encode(request.IdempotencyKey!));
        }

        return parameters;
    }

    /// <summary>Is one of a list, which is a parameter.</summary>
    public static string In(DatabaseKind kind, string list) =>
        kind == DatabaseKind.PostgreSql ? $"= ANY(@{list})" : $"IN (SELECT value FROM json_each(@{list}))";

    private static string Sql(EventFeedRequest request) => ""
        + (request.EventName is null ? "" : " AND n.name = @name")
        + (request.ResourceId is null ? "" : " AND s.resource_id = @resource")
        + (request.Backfill is null ? " AND (f.state IS NULL OR f.state IN (1, 3))" : " AND f.uid = @backfill")
        + request.Fate switch
        {
            EventFeedFate.Quarantined => " AND " + Corrected("c.held_by IS NOT NULL"),
            EventFeedFate.Pending => " AND f.state = 0",
            EventFeedFate.Voided => $" AND (f.state = 3 OR {Corrected("c.held_by IS NULL AND c.dimensions IS NULL")})",
            _ => "",
        };

    private static string Corrected(string condition) => $"""
        EXISTS (SELECT 1 FROM event_corrections c
          WHERE c.source_id = e.source_id AND c.event_at = e.event_at AND c.key_hash = e.key_hash AND {condition})
        """;
}
