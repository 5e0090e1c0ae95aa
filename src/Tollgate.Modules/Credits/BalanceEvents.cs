using System.Text.Json;
using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>
/// CREDIT_BALANCE_UPDATED: the last row of the ledger that a transaction wrote of a pool is the event of the change
/// (spec webhooks 8), so that consuming writes nothing for the log. Releases before wrote rows of the log; those are
/// the older part of the list.
/// </summary>
internal sealed class BalanceEvents(LoggedEvents log) : IEventSource
{
    public EventType Type => EventType.CreditBalanceUpdated;

    public async Task<Result<Page<EventRecord>>> PageAsync(
        Session session, EnvironmentId environment, EventFilter filter, PageRequest page, Instant now)
    {
        if (filter.EntityKind is not (null or EntityKind.Credit))
            return new Page<EventRecord>([], null, null);
        var cursor = page.After ?? page.Before;
        var seq = cursor is { } id ? BalanceEventId.Read(environment, id) : null;
        if (seq is { } known && !await ExistsAsync(session, environment, known))
            return PageCut.UnknownCursor(page.Before is not null, cursor!.Value.ToString());
        return page.Before is null
            ? await ForwardsAsync(session, environment, filter, page, seq)
            : await BackwardsAsync(session, environment, filter, page, seq);
    }

    /// <summary>Down the ledger, then on through the log.</summary>
    private async Task<Result<Page<EventRecord>>> ForwardsAsync(
        Session session, EnvironmentId environment, EventFilter filter, PageRequest page, long? seq)
    {
        if (page.After is not null && seq is null)
            return await log.PageAsync(session, environment, filter, page);
        var rows = await RowsAsync(session, environment, filter, seq, backwards: false, page.Limit + 1);
        if (rows.Count > page.Limit)
            return PageOf(rows.Take(page.Limit), hasNext: true, hasPrevious: page.After is not null);
        // At least one, to know whether the list goes on.
        var rest = page.Limit - rows.Count;
        var older = await log.PageAsync(session, environment, filter, new(Math.Max(rest, 1), null, null));
        return older.Map(logged => PageOf(
            rows.Concat(logged.Items.Take(rest)),
            hasNext: logged.Next is not null || logged.Items.Count > rest,
            hasPrevious: page.After is not null));
    }

    /// <summary>Up the log, then on through the ledger.</summary>
    private async Task<Result<Page<EventRecord>>> BackwardsAsync(
        Session session, EnvironmentId environment, EventFilter filter, PageRequest page, long? seq)
    {
        IReadOnlyList<EventRecord> older = [];
        if (seq is null)
        {
            var logged = await log.PageAsync(session, environment, filter, page);
            if (!logged.TryGet(out var found, out var refusal))
                return refusal;
            if (found.Previous is not null)
                return found;
            older = found.Items;
        }

        var rest = page.Limit - older.Count;
        var rows = await RowsAsync(session, environment, filter, seq, backwards: true, rest + 1);
        return PageOf(rows.Take(rest).Reverse().Concat(older), hasNext: true, hasPrevious: rows.Count > rest);
    }

    private static Page<EventRecord> PageOf(IEnumerable<EventRecord> events, bool hasNext, bool hasPrevious)
    {
        var items = events.ToList();
        return new(
            items,
            hasNext && items.Count > 0 ? items[^1].Id : null,
            hasPrevious && items.Count > 0 ? items[0].Id : null);
    }

    private static async Task<bool> ExistsAsync(Session session, EnvironmentId environment, long seq) =>
        await session.Connection.ExecuteScalarAsync<long?>(
            "SELECT seq FROM credit_entries WHERE environment_id = @environment AND seq = @seq "
            + "AND trace_id IS NOT NULL",
            new { environment = environment.Value, seq },
            session.Transaction) is not null;

    private static async Task<IReadOnlyList<EventRecord>> RowsAsync(
        Session session, EnvironmentId environment, EventFilter filter, long? seq, bool backwards, int take)
    {
        var query = new RowQuery()
            .And("environment_id = @environment", "environment", environment.Value)
            .And("trace_id IS NOT NULL")
            .AndIf("trace_id = @trace", "trace", filter.TraceId)
            .AndIf("customer_id = @customer", "customer", filter.CustomerId)
            .AndIf("currency_id = @currency", "currency", filter.EntityId)
            .AndCreated(filter.Created, "at")
            .AndIf(backwards ? "seq > @seq" : "seq < @seq", "seq", seq);
        query.Parameters.Add("take", take);
        var rows = await session.Connection.QueryAsync<Row>(
            $"""
            SELECT seq AS Seq, customer_id AS Customer, resource_id AS Resource, currency_id AS Currency, at AS At,
              total_granted AS Granted, total_consumed AS Consumed, valid_until AS ValidUntil, actor AS Actor,
              trace_id AS TraceId
            FROM credit_entries WHERE {query.Where} ORDER BY seq {(backwards ? "ASC" : "DESC")} LIMIT @take
            """,
            query.Parameters,
            session.Transaction);
        return [.. rows.Select(row => row.ToRecord(environment))];
    }

    private sealed class Row
    {
        public long Seq { get; set; }
        public string Customer { get; set; } = "";
        public string Resource { get; set; } = "";
        public string Currency { get; set; } = "";
        public long At { get; set; }
        public decimal Granted { get; set; }
        public decimal Consumed { get; set; }
        public long? ValidUntil { get; set; }
        public string Actor { get; set; } = "";
        public Guid TraceId { get; set; }

        public EventRecord ToRecord(EnvironmentId environment)
        {
            Instant? until = ValidUntil is { } at ? Instant.FromUnixTimeMilliseconds(at) : null;
            var pool = new PoolKey(new(Customer), CreditGrantStore.ResourceOf(Resource), new(Currency));
            return new(
                BalanceEventId.Of(environment, Seq),
                EventType.CreditBalanceUpdated,
                EntityKind.Credit,
                Currency,
                Customer,
                JsonSerializer.Deserialize(Actor, BodyJson.Default.Actor)!,
                TraceId,
                Instant.FromUnixTimeMilliseconds(At),
                null,
                null,
                new PoolBalance(Granted, Consumed, until).Facts(pool));
        }
    }
}
