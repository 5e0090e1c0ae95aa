namespace Tollgate.Contracts.Rest.Responses;

/// <summary>Schema <c>PackageCharge</c>.</summary>
public sealed record RestPackageCharge
{
    public required Guid Id { get; init; }
    public required string BillingCadence { get; init; }
    public required string BillingModel { get; init; }
    public required string BillingPeriod { get; init; }
    public required WireInstant CreatedAt { get; init; }
    public string? BillingCountryCode { get; init; }
    public string? BillingId { get; init; }
    public decimal? BlockSize { get; init; }
    public string? CreditGrantCadence { get; init; }
    public RestCreditRate? CreditRate { get; init; }
    public string? CrmId { get; init; }
    public string? CrmLinkUrl { get; init; }
    public string? FeatureId { get; init; }
    public decimal? MaxUnitQuantity { get; init; }
    public decimal? MinUnitQuantity { get; init; }
    public RestMoney? Price { get; init; }
    public IReadOnlyList<RestChargeTier>? Tiers { get; init; }
    public string? TiersMode { get; init; }
    public string? TopUpCustomCurrencyId { get; init; }
    public bool? UsedInSubscriptions { get; init; }
}

/// <summary>Schema <c>CreditRate</c>.</summary>
public sealed record RestCreditRate(decimal Amount, string CurrencyId, string? CostFormula);

/// <summary>Schema <c>ChargeTier</c>: bounds are inclusive, null on the last one.</summary>
public sealed record RestChargeTier
{
    public RestMoney? FlatPrice { get; init; }
    public RestMoney? UnitPrice { get; init; }
    public decimal? UpTo { get; init; }
}
