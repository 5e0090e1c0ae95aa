using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>
/// Follows up corrections of events that burnt credits. Nothing that was written is changed: what an event costs more
/// is burnt as it would have been, what it costs less comes back as a grant (spec credits 5.2: corrections are grants).
/// </summary>
public sealed class CorrectBurns(OpenCreditBooks open)
{
    /// <summary>Characters of a grant's comment (spec credits 4.3).</summary>
    private const int MaxComment = 200;

    private readonly CreditGrantStore _grants = new();

    /// <summary>What an event burnt by now, corrections included, by feature and pool.</summary>
    public async Task<IReadOnlyList<EventBurnt>> OfEventAsync(
        Session session, EnvironmentId environment, CustomerId customer, ResourceId? resource, string eventId,
        Instant eventAt)
    {
        var at = eventAt.ToUnixTimeMilliseconds();
        return SumsOf(await BurntRows.ReadAsync(session, environment, customer, [resource], at, at, eventId));
    }

    /// <summary>The same of every event of a sender that is dated in <c>[from, until]</c>.</summary>
    public async Task<IReadOnlyList<EventBurnt>> OfEventsAsync(
        Session session, EnvironmentId environment, CustomerId customer, ResourceId? resource, Instant from,
        Instant until) =>
        SumsOf(await BurntRows.ReadAsync(
            session, environment, customer, [resource], from.ToUnixTimeMilliseconds(), until.ToUnixTimeMilliseconds()));

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

    /// <summary>
    /// Burns what events cost more, and gives back what they cost less. The unit of work holds the customer's lock.
    /// </summary>
    public Task ExecuteAsync(
        Work work, IReadOnlyList<BurnCorrection> corrections, CancellationToken cancellationToken) =>
        ExecuteAsync(
            work, corrections, correction => $"Event {correction.EventId}: {correction.Reason}", cancellationToken);

    /// <param name="work">The transaction; it holds the lock of the customer, whose all corrections are.</param>
    /// <param name="corrections">What changes.</param>
    /// <param name="comment">
    /// Of a grant that gives back; corrections with equal ones share a grant where it ends at one instant.
    /// </param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task ExecuteAsync(
        Work work, IReadOnlyList<BurnCorrection> corrections, Func<BurnCorrection, string> comment,
        CancellationToken cancellationToken)
    {
        if (corrections.Count == 0)
            return;
        var scope = work.Scope;
        var customer = corrections[0].Pool.CustomerId;
        var books = await open.ExecuteAsync(work.Session, [new(scope.EnvironmentId, customer)], cancellationToken);
        var rows = await RowsAsync(work, corrections);
        var counts = rows.CountBy(row => (row.EventId, row.FeatureId)).ToDictionary();
        var payers = await BurntRows.PayersAsync(
            work.Session, scope.EnvironmentId, customer, rows.Where(row => row.Amount > 0).Select(row => row.At));
        var returns = new Dictionary<(PoolKey Pool, Instant? ExpireAt, string Comment), decimal>();
        var known = new Dictionary<string, CreditGrant?>();
        foreach (var correction in corrections)
        {
            var book = books.At(scope, correction.Pool);
            if (correction.Amount > 0)
            {
                book.Consume(new(correction.Amount, correction.EventId, correction.FeatureId), scope.Now);
            }
            else
            {
                var end = await EndAsync(correction, payers[correction.EventId]);
                var slot = (correction.Pool, end, comment(correction));
                returns[slot] = returns.GetValueOrDefault(slot) - correction.Amount;
            }

            var n = counts[(correction.EventId, correction.FeatureId)] =
                counts.GetValueOrDefault((correction.EventId, correction.FeatureId)) + 1;
            books.Add(Stored(scope, correction, book, n - 1));
        }

        foreach (var ((pool, expireAt, text), amount) in returns)
            GiveBack(books.At(scope, pool), pool, scope.Now, expireAt, text, amount);
        foreach (var pool in corrections.Select(c => c.Pool).Distinct())
            books.Done(scope, pool);
        await books.WriteAsync(work, cancellationToken);

        // As long as the longest of the grants that had paid would have lasted.
        async Task<Instant?> EndAsync(BurnCorrection correction, IEnumerable<string> ids)
        {
            var paid = new List<CreditGrant>();
            foreach (var id in ids)
            {
                if (!known.TryGetValue(id, out var grant))
                    known[id] = grant = await _grants.FindAsync(work.Session, scope.EnvironmentId, id);
                if (grant is not null && grant.Pool == correction.Pool)
                    paid.Add(grant);
            }

            return paid.Count == 0 || paid.Any(grant => grant.ExpireAt is null)
                ? null
                : paid.Max(grant => grant.ExpireAt);
        }
    }

    private static async Task<IReadOnlyList<BurntRow>> RowsAsync(Work work, IReadOnlyList<BurnCorrection> corrections)
    {
        var ids = corrections.Select(c => c.EventId).ToHashSet();
        var rows = await BurntRows.ReadAsync(
            work.Session,
            work.Scope.EnvironmentId,
            corrections[0].Pool.CustomerId,
            corrections.Select(c => c.Pool.ResourceId),
            corrections.Min(c => c.EventAt).ToUnixTimeMilliseconds(),
            corrections.Max(c => c.EventAt).ToUnixTimeMilliseconds(),
            ids.Count == 1 ? corrections[0].EventId : null);
        return [.. rows.Where(row => ids.Contains(row.EventId))];
    }

    private static IReadOnlyList<EventBurnt> SumsOf(IEnumerable<BurntRow> rows) =>
    [
        .. rows.GroupBy(row => (row.EventId, row.FeatureId, row.Pool))
            .Select(group => new EventBurnt(
                group.Key.EventId, group.Key.FeatureId, group.Key.Pool, group.Sum(row => row.Amount))),
    ];

    private static StoredConsumption Stored(
        OperationScope scope, BurnCorrection correction, PoolBook book, int n) => new()
        {
            Key = new(
            scope.EnvironmentId,
            correction.Pool.CustomerId,
            correction.Pool.CurrencyId,
            ConsumptionKey.OfCorrection(correction.FeatureId, correction.EventId, n)),
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
        };

    /// <summary>
    /// When all grants that had paid are over nothing comes back: what the event took would be gone as well.
    /// </summary>
    private static void GiveBack(
        PoolBook book, PoolKey pool, Instant now, Instant? expireAt, string comment, decimal amount)
    {
        if (expireAt <= now)
            return;
        var ids = GrantIdSource.Next();
        book.Grant(
            new()
            {
                Uid = ids.Uid,
                Id = ids.Id,
                DisplayName = "Corrected usage",
                Type = CreditGrantType.Promotional,
                Status = CreditGrantStatus.Scheduled,
                CustomerId = pool.CustomerId,
                ResourceId = pool.ResourceId,
                CurrencyId = pool.CurrencyId,
                Amount = amount,
                Cost = new(0, "usd"),
                EffectiveAt = now,
                ExpireAt = expireAt,
                Comment = comment.Length <= MaxComment ? comment : comment[..MaxComment],
                CreatedAt = now,
                UpdatedAt = now,
            },
            now);
    }
}

/// <summary>What one event burnt for one feature, in credits.</summary>
public sealed record EventBurnt(string EventId, FeatureId FeatureId, PoolKey Pool, decimal Amount);

/// <summary>What the correction of an event changes in the books.</summary>
/// <param name="Pool">Of which pool.</param>
/// <param name="FeatureId">For which feature.</param>
/// <param name="Amount">More than 0 burns, less than 0 comes back.</param>
/// <param name="EventId">The event.</param>
/// <param name="EventAt">When it happened.</param>
/// <param name="Dimensions">What it counts with now, a flat JSON object; null for none.</param>
/// <param name="Reason">Why it was corrected.</param>
public sealed record BurnCorrection(
    PoolKey Pool, FeatureId FeatureId, decimal Amount, string EventId, Instant EventAt, string? Dimensions,
    string Reason);
