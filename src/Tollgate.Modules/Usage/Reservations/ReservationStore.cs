using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Reservations;

/// <summary>Rows of reservations.</summary>
internal sealed class ReservationStore
{
    private const string Columns = """
        uid AS Uid, customer_id AS CustomerId, feature_id AS FeatureId, currency_id AS CurrencyId,
        resource_id AS ResourceId, customer_level AS CustomerLevel, amount AS Amount, status AS Status,
        created_at AS CreatedAt, expires_at AS ExpiresAt, ended_at AS EndedAt, settled_amount AS SettledAmount,
        price_currency_id AS PriceCurrencyId, price_resource_id AS PriceResourceId, price_credits AS PriceCredits
        """;

    public Task InsertAsync(
        Session session, EnvironmentId environment, Reservation reservation, bool customerLevel, Guid trace,
        Guid actor) =>
        session.Connection.ExecuteAsync(
            """
            INSERT INTO usage_reservations (uid, environment_id, customer_id, feature_id, currency_id, resource_id,
              customer_level, amount, status, created_at, expires_at, trace_id, actor_id, price_currency_id,
              price_resource_id, price_credits)
            VALUES (@uid, @environment, @customer, @feature, @currency, @resource, @customerLevel, @amount, @status,
              @createdAt, @expiresAt, @trace, @actor, @priceCurrency, @priceResource, @priceCredits)
            """,
            new
            {
                uid = reservation.Uid,
                environment = environment.Value,
                customer = reservation.CustomerId.Value,
                feature = reservation.FeatureId?.Value ?? "",
                currency = reservation.CurrencyId?.Value ?? "",
                resource = reservation.ResourceId?.Value ?? "",
                customerLevel = customerLevel ? 1 : 0,
                amount = reservation.Amount,
                status = (int)reservation.Status,
                createdAt = reservation.CreatedAt.ToUnixTimeMilliseconds(),
                expiresAt = reservation.ExpiresAt.ToUnixTimeMilliseconds(),
                trace,
                actor,
                priceCurrency = reservation.Price?.Pool.CurrencyId.Value ?? "",
                priceResource = reservation.Price?.Pool.ResourceId?.Value ?? "",
                priceCredits = reservation.Price?.Credits ?? 0,
            },
            session.Transaction);

    public Task EndAsync(
        Session session, EnvironmentId environment, Reservation ended) => session.Connection.ExecuteAsync(
        """
        UPDATE usage_reservations SET status = @status, ended_at = @endedAt, settled_amount = @settled
        WHERE environment_id = @environment AND uid = @uid
        """,
        new
        {
            environment = environment.Value,
            uid = ended.Uid,
            status = (int)ended.Status,
            endedAt = ended.EndedAt?.ToUnixTimeMilliseconds(),
            settled = ended.SettledAmount,
        },
        session.Transaction);

    public async Task<StoredReservation?> FindAsync(Session session, EnvironmentId environment, Guid uid) =>
        (await session.Connection.QuerySingleOrDefaultAsync<Row>(
            $"SELECT {Columns} FROM usage_reservations WHERE environment_id = @environment AND uid = @uid",
            new { environment = environment.Value, uid },
            session.Transaction))?.ToStored();

    /// <summary>Credits that are held of these customers' pools at <paramref name="now"/> or later.</summary>
    public async Task<IReadOnlyList<HeldCredits>> CreditHoldsAsync(
        Session session, EnvironmentId environment, IReadOnlyCollection<CustomerId> customers, Instant now)
    {
        var query = new RowQuery()
            .And("environment_id = @environment", "environment", environment.Value)
            .And("expires_at > @now", "now", now.ToUnixTimeMilliseconds())
            .And("status = 0 AND (currency_id <> '' OR price_currency_id <> '')")
            .AndAnyOf(session.Kind, "customer_id", "customers", [.. customers.Select(customer => customer.Value)]);
        return
        [
            .. (await session.Connection.QueryAsync<Row>(
                $"SELECT {Columns} FROM usage_reservations WHERE {query.Where}", query.Parameters, session.Transaction))
            .Select(row => row.ToStored().Value)
            .Select(held => held.Price is { } price
                ? new HeldCredits(price.Pool, new(held.Uid, price.Credits, held.ExpiresAt))
                : new HeldCredits(
                    new(held.CustomerId, held.ResourceId, held.CurrencyId!.Value),
                    new(held.Uid, held.Amount, held.ExpiresAt))),
        ];
    }

    /// <summary>What is held against a counter at <paramref name="now"/> or later.</summary>
    public async Task<IReadOnlyList<UsageHold>> HoldsAsync(Session session, UsageKey key, Instant now)
    {
        var level = key.Resource is null ? "customer_level = 1" : "resource_id = @resource";
        var rows = await session.Connection.QueryAsync<Row>(
            $"""
            SELECT uid AS Uid, amount AS Amount, expires_at AS ExpiresAt FROM usage_reservations
            WHERE environment_id = @environment AND customer_id = @customer AND feature_id = @feature AND status = 0
              AND expires_at > @now AND {level}
            """,
            new
            {
                environment = key.Environment.Value,
                customer = key.Customer.Value,
                feature = key.Feature.Value,
                resource = key.Resource?.Value ?? "",
                now = now.ToUnixTimeMilliseconds(),
            },
            session.Transaction);
        return [.. rows.Select(row => new UsageHold(row.Uid, Exact.Of(row.Amount), Milliseconds(row.ExpiresAt)))];
    }

    public async Task<Result<Page<Reservation>>> ListAsync(
        Session session, EnvironmentId environment, ReservationFilter filter, PageRequest page, Instant now)
    {
        var query = new RowQuery()
            .AndIf("customer_id = @customer", "customer", filter.CustomerId?.Value)
            .AndIf("feature_id = @feature", "feature", filter.FeatureId?.Value)
            .AndIf("currency_id = @currency", "currency", filter.CurrencyId?.Value);
        query.Parameters.Add("now", now.ToUnixTimeMilliseconds());
        if (filter.Statuses.Count > 0)
            query.And($"({string.Join(" OR ", filter.Statuses.Distinct().Select(Condition))})");
        var rows = await query.PageAsync<Row>(
            session, "usage_reservations", Columns, environment.Value, page, row => row.Uid);
        return rows.Map(found => found.Map(row => row.ToStored().Value));
    }

    private static string Condition(ReservationStatus status) => status switch
    {
        ReservationStatus.Held => "(status = 0 AND expires_at > @now)",
        ReservationStatus.Expired => "(status = 0 AND expires_at <= @now)",
        ReservationStatus.Settled or ReservationStatus.Released => $"status = {(int)status}",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "Unknown status."),
    };

    private static Instant Milliseconds(long value) => Instant.FromUnixTimeMilliseconds(value);

    private sealed class Row
    {
        public Guid Uid { get; set; }
        public string CustomerId { get; set; } = "";
        public string FeatureId { get; set; } = "";
        public string CurrencyId { get; set; } = "";
        public string ResourceId { get; set; } = "";
        public long CustomerLevel { get; set; }
        public object Amount { get; set; } = 0m;
        public long Status { get; set; }
        public long CreatedAt { get; set; }
        public long ExpiresAt { get; set; }
        public long? EndedAt { get; set; }
        public object? SettledAmount { get; set; }
        public string PriceCurrencyId { get; set; } = "";
        public string PriceResourceId { get; set; } = "";
        public object PriceCredits { get; set; } = 0m;

        public StoredReservation ToStored() => new(
            new()
            {
                Uid = Uid,
                CustomerId = new(CustomerId),
                ResourceId = ResourceId.Length == 0 ? null : new ResourceId(ResourceId),
                FeatureId = FeatureId.Length == 0 ? null : new FeatureId(FeatureId),
                CurrencyId = CurrencyId.Length == 0 ? null : new CurrencyId(CurrencyId),
                Amount = Exact.Of(Amount),
                Status = (ReservationStatus)Status,
                CreatedAt = Milliseconds(CreatedAt),
                ExpiresAt = Milliseconds(ExpiresAt),
                EndedAt = EndedAt is { } ended ? Milliseconds(ended) : null,
                SettledAmount = SettledAmount is null ? null : Exact.Of(SettledAmount),
                Price = PriceCurrencyId.Length == 0
                    ? null
                    : new(
                        new(
                            new(CustomerId),
                            PriceResourceId.Length == 0 ? null : new ResourceId(PriceResourceId),
                            new(PriceCurrencyId)),
                        Exact.Of(PriceCredits)),
            },
            CustomerLevel == 1);
    }
}

/// <summary>A reservation and whether the customer's own counter has it too.</summary>
internal sealed record StoredReservation(Reservation Value, bool CustomerLevel)
{
    /// <summary>The counters it is held against.</summary>
    public IEnumerable<UsageKey> Keys(EnvironmentId environment)
    {
        if (Value.FeatureId is not { } feature)
            yield break;
        var customer = new UsageKey(environment, Value.CustomerId, null, feature);
        if (CustomerLevel)
            yield return customer;
        if (Value.ResourceId is { } resource)
            yield return customer with { Resource = resource };
    }
}

/// <summary>Which reservations to list.</summary>
public sealed record ReservationFilter(
    CustomerId? CustomerId, FeatureId? FeatureId, IReadOnlyCollection<ReservationStatus> Statuses)
{
    public CurrencyId? CurrencyId { get; init; }
}
