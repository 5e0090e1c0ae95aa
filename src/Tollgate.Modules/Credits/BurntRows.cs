using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>What usage of one event burnt, or got back, for one feature.</summary>
internal sealed record BurntRow(string EventId, FeatureId FeatureId, PoolKey Pool, decimal Amount, long At);

/// <summary>Reads what events burnt, and which grants paid for it.</summary>
internal static class BurntRows
{
    /// <summary>Rows of events dated in <c>[from, until]</c>, milliseconds since 1970.</summary>
    /// <param name="session">Of the transaction.</param>
    /// <param name="environment">Where.</param>
    /// <param name="customer">Whose events.</param>
    /// <param name="resources">Whose pools may have paid besides the customer's own.</param>
    /// <param name="from">The first instant.</param>
    /// <param name="until">The last one.</param>
    /// <param name="eventId">Of this event only; null = of all.</param>
    public static async Task<IReadOnlyList<BurntRow>> ReadAsync(
        Session session, EnvironmentId environment, CustomerId customer, IEnumerable<ResourceId?> resources, long from,
        long until, string? eventId = null)
    {
        var rows = new List<BurntRow>();
        var query = new RowQuery()
            .And("environment_id = @environment", "environment", environment.Value)
            .And("customer_id = @customer", "customer", customer.Value)
            .AndAny(
                "resource_id", "resource",
                [.. resources.Select(resource => resource?.Value ?? "").Append("").Distinct()])
            .And("event_at >= @from", "from", from)
            .And("event_at <= @until", "until", until)
            .And("feature_id IS NOT NULL")
            .AndIf("event_id = @eventId", "eventId", eventId);
        await using var reader = await session.Connection.ExecuteReaderAsync(
            $"""
            SELECT event_id, feature_id, resource_id, currency_id, amount, at FROM credit_consumptions
            WHERE {query.Where} ORDER BY seq
            """,
            query.Parameters,
            session.Transaction);
        while (await reader.ReadAsync())
        {
            rows.Add(new(
                reader.GetString(0),
                new(reader.GetString(1)),
                new(customer, CreditGrantStore.ResourceOf(reader.GetString(2)), new(reader.GetString(3))),
                reader.GetDecimal(4),
                reader.GetInt64(5)));
        }

        return rows;
    }

    /// <summary>The grants that paid for consumptions written at these instants, by what was consumed for.</summary>
    public static async Task<ILookup<string, string>> PayersAsync(
        Session session, EnvironmentId environment, CustomerId customer, IEnumerable<long> instants)
    {
        var payers = new List<(string EventId, string Grant)>();
        foreach (var at in instants.Distinct())
        {
            payers.AddRange(await session.Connection.QueryAsync<(string, string)>(
                """
                SELECT DISTINCT event_id, grant_id FROM credit_entries
                WHERE environment_id = @environment AND at = @at AND customer_id = @customer AND kind = @kind
                  AND event_id IS NOT NULL
                """,
                new
                {
                    environment = environment.Value,
                    at,
                    customer = customer.Value,
                    kind = (int)CreditEntryKind.Consumed,
                },
                session.Transaction));
        }

        return payers.ToLookup(pair => pair.EventId, pair => pair.Grant);
    }
}
