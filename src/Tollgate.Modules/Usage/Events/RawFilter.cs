using Dapper;
using Tollgate.Domain.Usage.Events;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// What a request asks of rows of raw events, as SQL over an event <c>e</c>, its name <c>n</c>, its sender <c>s</c> and the
/// backfill <c>f</c> that brought it. A key that no index leads to, and a feature, are not asked here, nor is anything else of a walk:
/// whoever reads looks at the rows, so that one call looks at so many and no more.
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
        + (read.IsWalk ? "" : Sql(read.Request));

    /// <summary>What a walk for a fate has to know of corrections, as a further column.</summary>
    public static string Mark(FeedRead read) => !read.IsWalk ? "" : read.Request.Fate switch
    {
        EventFeedFate.Quarantined => $", CASE WHEN {Quarantined} THEN 1 ELSE 0 END AS IsMarked",
        EventFeedFate.Voided => $", CASE WHEN {Voided} THEN 1 ELSE 0 END AS IsMarked",
        _ => "",
    };

    /// <summary>Whether a row of a walk may be one of those that are asked for.</summary>
    public static bool MayPass(FeedRead read, RawRow row)
    {
        var request = read.Request;
        return (request.EventName is null || row.Name == read.Index.Name)
            && (request.ResourceId is not { } resource || row.Resource == resource.Value)
            && (request.Backfill is { } backfill ? row.Backfill == backfill : row.State is null or 1 or 3)
            && request.Fate switch
            {
                EventFeedFate.Quarantined => row.IsMarked == 1,
                EventFeedFate.Pending => row.State == 0,
                EventFeedFate.Voided => row.State == 3 || row.IsMarked == 1,
                _ => true,
            };
    }

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
            EventFeedFate.Quarantined => $" AND {Quarantined}",
            EventFeedFate.Pending => " AND f.state = 0",
            EventFeedFate.Voided => $" AND (f.state = 3 OR {Voided})",
            _ => "",
        };

    private static string Quarantined => Corrected("c.held_by IS NOT NULL");

    private static string Voided => Corrected("c.held_by IS NULL AND c.dimensions IS NULL");

    private static string Corrected(string condition) => $"""
        EXISTS (SELECT 1 FROM event_corrections c
          WHERE c.source_id = e.source_id AND c.event_at = e.event_at AND c.key_hash = e.key_hash AND {condition})
        """;
}
