namespace Tollgate.Domain.Catalog;

/// <summary>The whole pricing of a draft as one call sets it (spec catalog 9.1).</summary>
public sealed record PricingInput(PricingType PricingType)
{
    public IReadOnlyList<PricingModelInput> Models { get; init; } = [];
    public IReadOnlyList<PricingModelInput> OverageModels { get; init; } = [];
    public OverageBillingPeriod? OverageBillingPeriod { get; init; }
    public IReadOnlyList<MinimumSpend> MinimumSpend { get; init; } = [];
}

/// <summary>One way of charging, priced per billing period and country.</summary>
public sealed record PricingModelInput(BillingModel Model, IReadOnlyList<PricePeriodInput> PricePeriods)
{
    public BillingCadence Cadence { get; init; } = BillingCadence.Recurring;
    public FeatureId? FeatureId { get; init; }
    public CurrencyId? TopUpCurrencyId { get; init; }
    public TiersMode? TiersMode { get; init; }
    public long? MinUnitQuantity { get; init; }
    public long? MaxUnitQuantity { get; init; }
    public ResetInput Reset { get; init; } = new();
}

public sealed record PricePeriodInput(BillingPeriod BillingPeriod)
{
    public string? CountryCode { get; init; }
    public Money? Price { get; init; }
    public decimal? BlockSize { get; init; }
    public IReadOnlyList<PriceTier>? Tiers { get; init; }
    public CreditRate? CreditRate { get; init; }
    public CreditGrantCadence? CreditGrantCadence { get; init; }
}

/// <summary>Accepted pricing, one row per model, period and country.</summary>
public sealed record PackagePricing(
    PricingType PricingType, IReadOnlyList<Charge> Charges, IReadOnlyList<Charge> OverageCharges,
    OverageBillingPeriod OverageBillingPeriod, IReadOnlyList<MinimumSpend> MinimumSpend);
