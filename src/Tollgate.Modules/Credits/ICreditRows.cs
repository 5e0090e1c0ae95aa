using System.Globalization;
using System.Text.Json;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>
/// The statements of one transaction on pools. The two databases differ here because this is a hot path: PostgreSQL
/// wants few round trips with arrays, SQLite wants prepared statements run many times.
/// </summary>
internal interface ICreditRows
{
    /// <summary>The open grants of these customers, and what is stored under these keys; either may be none.</summary>
    Task<OpenRows> LoadAsync(
        Session session, IReadOnlyCollection<CustomerKey> customers, IReadOnlyCollection<ConsumptionKey> keys,
        CancellationToken cancellationToken);

    /// <summary>Writes the grants and appends entries and consumptions in this order.</summary>
    Task WriteAsync(
        Session session,
        IReadOnlyCollection<GrantRow> grants,
        IReadOnlyCollection<EntryRow> entries,
        IReadOnlyCollection<StoredConsumption> consumptions,
        CancellationToken cancellationToken);
}

/// <summary>What a transaction on pools begins with.</summary>
internal sealed class OpenRows
{
    public List<(EnvironmentId Environment, CreditGrant Grant)> Grants { get; } = [];

    public Dictionary<ConsumptionKey, StoredConsumption> Consumptions { get; } = [];

    /// <summary>The customers whose auto-recharge waits for a balance to fall; null = it was not asked.</summary>
    public HashSet<CustomerKey>? Watched { get; set; }
}

/// <summary>What a consumption is told apart by: direct ones by the caller's key, usage by feature and event.</summary>
internal readonly record struct ConsumptionKey(
    EnvironmentId Environment, CustomerId Customer, CurrencyId Currency, string Value)
{
    public static string OfCall(string idempotencyKey) => $"c:{idempotencyKey}";

    public static string OfReservation(Guid id) => $"r:{id}";

    /// <summary>The nth correction of what an event burnt.</summary>
    public static string OfCorrection(FeatureId feature, string eventId, int n) =>
        string.Create(CultureInfo.InvariantCulture, $"{Correction}{feature.Value}:{n}:{eventId}");

    /// <summary>Such a row is no event of its own.</summary>
    public static bool IsCorrection(string key) => key.StartsWith(Correction, StringComparison.Ordinal);

    private const string Correction = "x:";

    public static string OfUsage(FeatureId? feature, string eventId) => $"u:{feature?.Value}:{eventId}";
}

/// <summary>A grant to be written.</summary>
/// <param name="Environment">Where.</param>
/// <param name="Grant">As it is.</param>
/// <param name="IsNew">There is no row of it yet.</param>
/// <param name="IsOnlyConsumed">Nothing that an index holds is another than what is stored.</param>
internal readonly record struct GrantRow(EnvironmentId Environment, CreditGrant Grant, bool IsNew, bool IsOnlyConsumed)
{
    public string Body => JsonSerializer.Serialize(Grant, BodyJson.Default.CreditGrant);
}

/// <summary>A row of the ledger.</summary>
/// <param name="Environment">Where.</param>
/// <param name="Pool">Of which pool.</param>
/// <param name="Entry">What moved.</param>
/// <param name="Told">On the last row that a transaction writes of a pool: what the event of the change says.</param>
internal readonly record struct EntryRow(EnvironmentId Environment, PoolKey Pool, CreditEntry Entry, ToldBalance? Told);

/// <summary>What a transaction made of a pool (<see cref="BalanceEvents"/>).</summary>
/// <param name="Balance">After it.</param>
/// <param name="Actor">The text of who did the last of it.</param>
/// <param name="TraceId">Of the request that did.</param>
internal sealed record ToldBalance(PoolBalance Balance, string Actor, Guid TraceId);

/// <summary>A consumption with its first answer.</summary>
internal sealed record StoredConsumption
{
    public required ConsumptionKey Key { get; init; }
    public required ResourceId? ResourceId { get; init; }
    public required string EventId { get; init; }
    public required FeatureId? FeatureId { get; init; }
    public required decimal Amount { get; init; }

    /// <summary>When it happened; said by the caller when <see cref="IsDated"/>.</summary>
    public required Instant EventAt { get; init; }
    public required bool IsDated { get; init; }

    /// <summary>When it was burnt.</summary>
    public required Instant At { get; init; }
    public required string? Dimensions { get; init; }
    public required decimal Usage { get; init; }
    public required decimal Limit { get; init; }
    public required Instant? PeriodEnd { get; init; }
}
