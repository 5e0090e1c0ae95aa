using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>
/// Follows up corrections of events that burnt credits. Nothing that was written is changed: what an event costs more is burnt
/// as it would have been, what it costs less comes back as a grant (spec credits 5.2: corrections are grants).
/// </summary>
public sealed class CorrectBurns(OpenCreditBooks open)
{
    /// <summary>Characters of a grant's comment (spec credits 4.3).</summary>
    private const int MaxComment = 200;

    private readonly CreditGrantStore _grants = new();

    /// <summary>What an event burnt by now, corrections included, by feature and pool.</summary>
    public async Task<IReadOnlyList<EventBurnt>> OfEventAsync(
        Session session, EnvironmentId environment, CustomerId customer, string eventId, Instant eventAt) =>
    [
        .. (await RowsAsync(session, environment, customer, eventId, eventAt))
            .GroupBy(row => (row.Feature, row.Resource, row.Currency))
            .Select(group => new EventBurnt(
                new(group.Key.Feature),
                new(customer, CreditGrantStore.ResourceOf(group.Key.Resource), new(group.Key.Currency)),
                group.Sum(row => row.Amount))),
    ];

    /// <summary>What usage of a feature burnt of a pool, dated in <c>[start, end)</c>.</summary>
    public async Task<decimal> OfFeatureAsync(
        Session session, EnvironmentId environment, PoolKey pool, FeatureId feature, long start, long end)
    {
        var sum = 0m;
        await using var reader = await session.Connection.ExecuteReaderAsync(
            """
            SELECT amount FROM credit_consumptions
            WHERE environment_id = @environment AND customer_id = @customer AND resource_id = @resource
              AND event_at >= @start AND event_at < @end AND currency_id = @currency AND feature_id = @feature
            """,
            new
            {
                environment = environment.Value,
                customer = pool.CustomerId.Value,
                resource = pool.ResourceId?.Value ?? "",
                currency = pool.CurrencyId.Value,
                feature = feature.Value,
                start,
                end,
            },
            session.Transaction);
        while (await reader.ReadAsync())
            sum += reader.GetDecimal(0);
        return sum;
    }

    /// <summary>The unit of work holds the customer's lock.</summary>
    public async Task ExecuteAsync(
        Work work, IReadOnlyList<BurnCorrection> corrections, CancellationToken cancellationToken)
    {
        if (corrections.Count == 0)
            return;
        var scope = work.Scope;
        var books = await open.ExecuteAsync(
            work.Session,
            [.. corrections.Select(c => new CustomerKey(scope.EnvironmentId, c.Pool.CustomerId)).Distinct()],
            cancellationToken);
        foreach (var correction in corrections)
        {
            var rows = await RowsAsync(
                work.Session, scope.EnvironmentId, correction.Pool.CustomerId, correction.EventId, correction.EventAt);
            var book = books.At(scope, correction.Pool);
            if (correction.Amount > 0)
                book.Consume(new(correction.Amount, correction.EventId, correction.FeatureId), scope.Now);
            else
                await GiveBackAsync(work, book, correction, rows);
            books.Done(scope, correction.Pool);
            books.Add(new()
            {
                Key = new(
                    scope.EnvironmentId,
                    correction.Pool.CustomerId,
                    correction.Pool.CurrencyId,
                    ConsumptionKey.OfCorrection(
                        correction.FeatureId, correction.EventId, rows.Count(row => row.Feature == correction.FeatureId.Value))),
                ResourceId = correction.Pool.ResourceId,
                EventId = correction.EventId,
                FeatureId = correction.FeatureId,
                Amount = correction.Amount,
                EventAt = correction.EventAt,
                IsDated = true,
                At = scope.Now,
                Dimensions = correction.Dimensions,
                Usage = book.TotalConsumed,
                Limit = book.TotalGranted,
                PeriodEnd = book.PeriodEnd,
            });
        }

        await books.WriteAsync(work, cancellationToken);
    }

    /// <summary>
    /// As long as the longest of the grants that had paid would have lasted; when all of them are over nothing comes back,
    /// because what the event took would be gone as well.
    /// </summary>
    private async Task GiveBackAsync(Work work, PoolBook book, BurnCorrection correction, IReadOnlyList<BurnRow> rows)
    {
        var now = work.Scope.Now;
        var paid = await PaidByAsync(work.Session, work.Scope.EnvironmentId, correction, rows);
        var expireAt = paid.Count == 0 || paid.Any(grant => grant.ExpireAt is null) ? null : paid.Max(grant => grant.ExpireAt);
        if (expireAt <= now)
            return;
        var ids = GrantIdSource.Next();
        var comment = $"Event {correction.EventId}: {correction.Reason}";
        book.Grant(
            new()
            {
                Uid = ids.Uid,
                Id = ids.Id,
                DisplayName = "Corrected usage",
                Type = CreditGrantType.Promotional,
                Status = CreditGrantStatus.Scheduled,
                CustomerId = correction.Pool.CustomerId,
                ResourceId = correction.Pool.ResourceId,
                CurrencyId = correction.Pool.CurrencyId,
                Amount = -correction.Amount,
                Cost = new(0, "usd"),
                EffectiveAt = now,
                ExpireAt = expireAt,
                Comment = comment.Length <= MaxComment ? comment : comment[..MaxComment],
                CreatedAt = now,
                UpdatedAt = now,
            },
            now);
    }

    private async Task<IReadOnlyList<CreditGrant>> PaidByAsync(
        Session session, EnvironmentId environment, BurnCorrection correction, IReadOnlyList<BurnRow> rows)
    {
        var grants = new List<CreditGrant>();
        foreach (var at in rows.Where(row => row.Amount > 0).Select(row => row.At).Distinct())
        {
            var ids = await session.Connection.QueryAsync<string>(
                """
                SELECT DISTINCT grant_id FROM credit_entries
                WHERE environment_id = @environment AND at = @at AND customer_id = @customer AND event_id = @id AND kind = @kind
                """,
                new
                {
                    environment = environment.Value,
                    at,
                    customer = correction.Pool.CustomerId.Value,
                    id = correction.EventId,
                    kind = (int)CreditEntryKind.Consumed,
                },
                session.Transaction);
            foreach (var id in ids)
            {
                if (await _grants.FindAsync(session, environment, id) is { } grant && grant.Pool == correction.Pool)
                    grants.Add(grant);
            }
        }

        return grants;
    }

    private static async Task<IReadOnlyList<BurnRow>> RowsAsync(
        Session session, EnvironmentId environment, CustomerId customer, string eventId, Instant eventAt)
    {
        var rows = new List<BurnRow>();
        await using var reader = await session.Connection.ExecuteReaderAsync(
            """
            SELECT feature_id, resource_id, currency_id, amount, at FROM credit_consumptions
            WHERE environment_id = @environment AND customer_id = @customer AND event_at = @at AND event_id = @id
              AND feature_id IS NOT NULL
            """,
            new
            {
                environment = environment.Value,
                customer = customer.Value,
                at = eventAt.ToUnixTimeMilliseconds(),
                id = eventId,
            },
            session.Transaction);
        while (await reader.ReadAsync())
        {
            rows.Add(new(
                reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetDecimal(3), reader.GetInt64(4)));
        }

        return rows;
    }

    private sealed record BurnRow(string Feature, string Resource, string Currency, decimal Amount, long At);
}

/// <summary>What one event burnt for one feature, in credits.</summary>
public sealed record EventBurnt(FeatureId FeatureId, PoolKey Pool, decimal Amount);

/// <summary>What the correction of an event changes in the books.</summary>
/// <param name="Pool">Of which pool.</param>
/// <param name="FeatureId">For which feature.</param>
/// <param name="Amount">More than 0 burns, less than 0 comes back.</param>
/// <param name="EventId">The event.</param>
/// <param name="EventAt">When it happened.</param>
/// <param name="Dimensions">What it counts with now, a flat JSON object; null for none.</param>
/// <param name="Reason">Why it was corrected.</param>
public sealed record BurnCorrection(
    PoolKey Pool, FeatureId FeatureId, decimal Amount, string EventId, Instant EventAt, string? Dimensions, string Reason);
