using NodaTime;

namespace Tollgate.Domain.Catalog;

/// <summary>
/// One priced row of a package: model x billing period x country (spec catalog 9.1). Called price in GraphQL.
/// </summary>
public sealed record Charge
{
    public required Guid Uid { get; init; }
    public required BillingModel Model { get; init; }
    public BillingCadence Cadence { get; init; } = BillingCadence.Recurring;
    public required BillingPeriod BillingPeriod { get; init; }

    /// <summary>ISO 3166-1 alpha-2 in upper case; null = the default price.</summary>
    public string? CountryCode { get; init; }
    public FeatureId? FeatureId { get; init; }
    public CurrencyId? TopUpCurrencyId { get; init; }
    public Money? Price { get; init; }

    /// <summary>Units sold together; null = 1.</summary>
    public decimal? BlockSize { get; init; }
    public TiersMode? TiersMode { get; init; }
    public IReadOnlyList<PriceTier>? Tiers { get; init; }

    /// <summary>Smallest committed quantity; null = 1, an explicit 0 lets a subscription commit nothing.</summary>
    public int? MinUnitQuantity { get; init; }
    public int? MaxUnitQuantity { get; init; }
    public ResetRule? Reset { get; init; }
    public CreditRate? CreditRate { get; init; }
    public CreditGrantCadence? CreditGrantCadence { get; init; }
    public required Instant CreatedAt { get; init; }
}

public enum BillingModel
{
    FlatFee,
    MinimumSpend,
    PerUnit,
    UsageBased,
    CreditBased,
}

public enum BillingCadence
{
    Recurring,
    OneOff,
}

public enum BillingPeriod
{
    Monthly,
    Annually,
}

public enum TiersMode
{
    Volume,
    Graduated,
}

/// <summary>
/// Bounds are inclusive; <paramref name="UpTo"/> null = no bound, only on the last tier (spec catalog 9.3).
/// </summary>
public sealed record PriceTier(decimal? UpTo, Money? UnitPrice, Money? FlatPrice);

/// <summary>
/// An exact amount in major units (49 = 49.00); <paramref name="Currency"/> is a lower-case ISO 4217 code.
/// </summary>
public sealed record Money(decimal Amount, string Currency);

public sealed record CreditRate(decimal Amount, CurrencyId CurrencyId, string? CostFormula);

public enum CreditGrantCadence
{
    BeginningOfBillingPeriod,
    Monthly,
}
