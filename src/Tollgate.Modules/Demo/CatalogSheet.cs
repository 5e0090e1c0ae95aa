using Tollgate.Domain;
using Tollgate.Domain.Catalog;

namespace Tollgate.Modules.Demo;

/// <summary>A product with everything it sells, as a price list says it.</summary>
internal sealed record CatalogSheet(ProductSheet Product)
{
    public IReadOnlyList<FeatureDraft> Features { get; init; } = [];

    /// <summary>A base plan comes before the plans that inherit from it.</summary>
    public IReadOnlyList<PlanSheet> Plans { get; init; } = [];

    /// <summary>Set once the plans it names are published; null = the defaults of a new product.</summary>
    public ProductSettings? Settings { get; init; }
}

/// <summary>The product of a sheet.</summary>
internal sealed record ProductSheet(string Id, string DisplayName, string Description)
{
    public bool MultipleSubscriptions { get; init; }
}

/// <summary>A plan of a sheet: its first published version.</summary>
internal sealed record PlanSheet(string Id, string DisplayName, PricingInput Pricing)
{
    public string? BasePlanId { get; init; }
    public TrialConfiguration? Trial { get; init; }
    public IReadOnlyList<EntitlementInput> Entitlements { get; init; } = [];
}

/// <summary>The vocabulary of the sheets; all prices are in US dollars.</summary>
internal static class SheetWords
{
    public static readonly PricingInput Free = new(PricingType.Free);

    public static readonly PricingInput Custom = new(PricingType.Custom);

    public static readonly ResetInput Monthly = new() { Period = ResetPeriod.Month };

    public static readonly ResetInput Daily = new() { Period = ResetPeriod.Day };

    public static FeatureDraft Switch(string id, string name) => new()
    {
        Id = new(id),
        DisplayName = name,
        Type = FeatureType.Boolean,
    };

    public static FeatureDraft Choice(string id, string name, params (string Value, string Name)[] values) => new()
    {
        Id = new(id),
        DisplayName = name,
        Type = FeatureType.Enum,
        EnumConfiguration = [.. values.Select(v => new EnumValue(v.Value, v.Name))],
    };

    /// <summary>A number that is configured, not measured, unless a meter type says otherwise.</summary>
    public static FeatureDraft Number(
        string id, string name, string unit, string units, MeterType meter = MeterType.None) => new()
        {
            Id = new(id),
            DisplayName = name,
            Type = FeatureType.Number,
            MeterType = meter,
            Units = unit,
            UnitsPlural = units,
        };

    public static EntitlementInput On(string feature) => new(new(feature));

    public static EntitlementInput Values(string feature, params string[] values) =>
        new(new(feature)) { EnumValues = values };

    public static EntitlementInput Limit(string feature, decimal limit, ResetInput? reset = null) =>
        new(new(feature)) { UsageLimit = limit, Reset = reset ?? new() };

    public static EntitlementInput Unlimited(string feature, ResetInput? reset = null) =>
        new(new(feature)) { HasUnlimitedUsage = true, Reset = reset ?? new() };

    /// <summary>The value is agreed with each customer.</summary>
    public static EntitlementInput Agreed(string feature) => new(new(feature)) { IsCustom = true };

    public static Money Dollars(decimal amount) => new(amount, "usd");

    public static PricePeriodInput PerMonth(decimal price) =>
        new(BillingPeriod.Monthly) { Price = Dollars(price) };

    public static PricePeriodInput PerYear(decimal price) =>
        new(BillingPeriod.Annually) { Price = Dollars(price) };

}
