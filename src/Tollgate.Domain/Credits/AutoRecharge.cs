using NodaTime;

namespace Tollgate.Domain.Credits;

/// <summary>
/// Buys credits by itself when the customer's own pool of a currency falls below a threshold (spec credits 10).
/// </summary>
public sealed record AutoRecharge
{
    public required Guid Uid { get; init; }
    public required CustomerId CustomerId { get; init; }
    public required CurrencyId CurrencyId { get; init; }
    public bool IsEnabled { get; init; }
    public RechargeThresholdType ThresholdType { get; init; }

    /// <summary>A balance below it is recharged; in credits, or in money at the price of one credit.</summary>
    public decimal ThresholdValue { get; init; }

    /// <summary>The balance after a recharge, in credits.</summary>
    public decimal TargetBalance { get; init; }

    /// <summary>Money per calendar month (UTC); null = no limit.</summary>
    public decimal? MaxSpendLimit { get; init; }
    public RechargeExpiration GrantExpiration { get; init; } = RechargeExpiration.OneYear;

    /// <summary>The first instant of the month that <see cref="Spent"/> is about.</summary>
    public Instant WindowStart { get; init; }

    /// <summary>Money spent by recharges in the window.</summary>
    public decimal Spent { get; init; }

    /// <summary>The highest share of the limit told of in the window: 0, 80, 90 or 100.</summary>
    public int ToldPercent { get; init; }

    /// <summary>
    /// The limit stands in the way: it goes on by itself in the next month, or when the limit is raised.
    /// </summary>
    public bool IsHeld { get; init; }

    /// <summary><see cref="ThresholdValue"/> in credits, at the price when it was saved.</summary>
    public decimal ThresholdCredits { get; init; }

    /// <summary>When it is to be tried next; null while nothing is to be done.</summary>
    public Instant? DueAt { get; init; }
    public required Instant CreatedAt { get; init; }
    public required Instant UpdatedAt { get; init; }
}

public enum RechargeThresholdType
{
    CreditAmount,
    DollarAmount,
}

/// <summary>How long bought credits last.</summary>
public enum RechargeExpiration
{
    OneMonth,
    OneYear,
}
