using Tollgate.Domain;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>The queries of usage reports for the feed, all with ids in [@from, @until), the latest first.</summary>
internal static class ReportSql
{
    private const string Range = "environment_id = @environment AND uid < @until AND uid >= @from AND is_summary = 0";

    /// <summary>Those of the environment, along the index of ids.</summary>
    public static string Latest(EventFeedRequest request) => $"""
        SELECT {ReportRow.Columns} FROM measurements
        WHERE {Range}{(request.CustomerId is null ? "" : " AND customer_id = @customer")}
          {Filter(request)}{KeyFilter(request)}
        ORDER BY uid DESC LIMIT @take
        """;

    /// <summary>Those of a customer whose last report may be long ago.</summary>
    public static string OfCustomer(DatabaseKind kind, EventFeedRequest request) => kind == DatabaseKind.Sqlite
        ? $"""
            SELECT {ReportRow.Columns} FROM measurements INDEXED BY measurements_by_time
            WHERE {Range} AND customer_id = @customer{Filter(request)} ORDER BY uid DESC LIMIT @take
            """
        : $"""
            WITH own AS MATERIALIZED (
              SELECT uid FROM measurements WHERE {Range} AND customer_id = @customer{Filter(request)})
            SELECT {ReportRow.Columns} FROM measurements
            WHERE environment_id = @environment AND uid IN (SELECT uid FROM own ORDER BY uid DESC LIMIT @take)
            ORDER BY uid DESC
            """;

    /// <summary>Those of a customer with a key, along the index of keys, and the one whose id it is.</summary>
    public static string OfKey(DatabaseKind kind, EventFeedRequest request) => $"""
        SELECT {ReportRow.Columns} FROM measurements
          {(kind == DatabaseKind.Sqlite ? "INDEXED BY measurements_by_key" : "")}
        WHERE {Range} AND customer_id = @customer AND idempotency_key = @key{Filter(request)}
        UNION ALL
        SELECT {ReportRow.Columns} FROM measurements
        WHERE {Range} AND customer_id = @customer AND uid = @id AND idempotency_key IS NULL{Filter(request)}
        ORDER BY Uid DESC LIMIT @take
        """;

    private static string Filter(EventFeedRequest request) =>
        (request.FeatureId is null ? "" : " AND feature_id = @feature")
            + (request.ResourceId is null ? "" : " AND resource_id = @resource");

    private static string KeyFilter(EventFeedRequest request) =>
        request.IdempotencyKey is null
            ? ""
            : " AND (idempotency_key = @key OR (idempotency_key IS NULL AND uid = @id))";
}
