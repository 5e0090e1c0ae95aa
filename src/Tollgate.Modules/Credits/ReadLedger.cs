using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Billing.Invoices;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>Which rows of the ledger are asked for; without a resource only those of the customer's own pool.</summary>
public sealed record LedgerQuery(CustomerId CustomerId)
{
    public ResourceId? ResourceId { get; init; }
    public CurrencyId? CurrencyId { get; init; }

    /// <summary>Null filters nothing.</summary>
    public IReadOnlyCollection<CreditEntryKind>? Kinds { get; init; }

    /// <summary>A cursor of an answer; at most one of the two.</summary>
    public string? After { get; init; }
    public string? Before { get; init; }
    public int Limit { get; init; } = PageRequest.DefaultLimit;
}

/// <summary>A row of the ledger with the pool it belongs to.</summary>
public sealed record LedgerRow(PoolKey Pool, CreditEntry Entry);

/// <summary>Pages through the ledger, newest first (spec credits 12).</summary>
public sealed class ReadLedger(Database database, CreditParties parties, AdvanceCredits advance)
{
    public async Task<Result<CursorPage<LedgerRow>>> ExecuteAsync(
        OperationScope scope, LedgerQuery query, CancellationToken cancellationToken)
    {
        await advance.CustomerAsync(scope, query.CustomerId, cancellationToken);
        return await database.ReadAsync<Result<CursorPage<LedgerRow>>>(
            async (session, _) => await parties.CheckAsync(
                session, scope.EnvironmentId, query.CustomerId, query.ResourceId, query.CurrencyId) is { } unknown
                ? unknown
                : await PageAsync(session, scope.EnvironmentId, query),
            cancellationToken);
    }

    private static async Task<Result<CursorPage<LedgerRow>>> PageAsync(
        Session session, EnvironmentId environment, LedgerQuery query)
    {
        var backwards = query.Before is not null;
        var rows = new RowQuery()
            .And("environment_id = @environment", "environment", environment.Value)
            .And("customer_id = @customer", "customer", query.CustomerId.Value)
            .And("resource_id = @resource", "resource", query.ResourceId?.Value ?? "")
            .AndIf("currency_id = @currency", "currency", query.CurrencyId?.Value);
        if (query.Kinds is { Count: > 0 } kinds)
            rows.And($"kind IN ({string.Join(", ", kinds.Select(kind => (int)kind))})");
        if ((query.After ?? query.Before) is { } cursor)
        {
            if (LedgerCursor.Read(cursor) is not { } seq)
                return PageCut.UnknownCursor(backwards, cursor);
            rows.And(backwards ? "seq > @seq" : "seq < @seq", "seq", seq);
        }

        rows.Parameters.Add("take", query.Limit + 1);
        var found = (await session.Connection.QueryAsync<Row>(
            $"""
            SELECT seq AS Seq, resource_id AS Resource, currency_id AS Currency, grant_id AS GrantId, kind AS Kind,
              amount AS Amount, at AS At, event_id AS EventId, feature_id AS FeatureId
            FROM credit_entries WHERE {rows.Where} ORDER BY seq {(backwards ? "ASC" : "DESC")} LIMIT @take
            """,
            rows.Parameters,
            session.Transaction)).AsList();
        var (hasNext, hasPrevious) = PageCut.Take(found, query.Limit, backwards, query.After is not null);
        return new CursorPage<LedgerRow>(
            [.. found.Select(row => row.ToLedger(query.CustomerId))],
            hasNext ? LedgerCursor.Write(found[^1].Seq) : null,
            hasPrevious ? LedgerCursor.Write(found[0].Seq) : null);
    }

    private sealed class Row
    {
        public long Seq { get; set; }
        public string Resource { get; set; } = "";
        public string Currency { get; set; } = "";
        public string GrantId { get; set; } = "";
        public int Kind { get; set; }
        public decimal Amount { get; set; }
        public long At { get; set; }
        public string? EventId { get; set; }
        public string? FeatureId { get; set; }

        public LedgerRow ToLedger(CustomerId customer) => new(
            new(customer, CreditGrantStore.ResourceOf(Resource), new(Currency)),
            new(
                (CreditEntryKind)Kind,
                GrantId,
                Amount,
                Instant.FromUnixTimeMilliseconds(At),
                EventId,
                FeatureId is { } feature ? new FeatureId(feature) : null));
    }
}

/// <summary>Opaque cursors of rows that have no id of their own.</summary>
internal static class LedgerCursor
{
    public static string Write(long seq) => Convert.ToBase64String(BitConverter.GetBytes(seq))
        .TrimEnd('=').Replace('+', '-').Replace('/', '_');

    public static long? Read(string cursor)
    {
        Span<byte> bytes = stackalloc byte[9];
        var text = cursor.Replace('-', '+').Replace('_', '/') + "=";
        return cursor.Length == 11 && Convert.TryFromBase64String(text, bytes, out var written) && written == 8
            ? BitConverter.ToInt64(bytes)
            : null;
    }
}
