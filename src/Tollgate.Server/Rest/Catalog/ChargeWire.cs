using System.Text.Json;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Modules.Catalog.Packages;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>How the pricing of plans and add-ons looks on REST.</summary>
internal static class ChargeWire
{
    public static RestPackageCharge ToRest(ListedCharge listed)
    {
        var charge = listed.Charge;
        return new()
        {
            Id = charge.Uid,
            BillingCadence = Wire.Symbol(charge.Cadence),
            BillingModel = Wire.Symbol(charge.Model),
            BillingPeriod = Wire.Symbol(charge.BillingPeriod),
            CreatedAt = Wire.Instant(charge.CreatedAt),
            BillingCountryCode = charge.CountryCode,
            BlockSize = charge.BlockSize,
            CreditGrantCadence = Wire.Symbol(charge.CreditGrantCadence),
            CreditRate = charge.CreditRate is { } rate
                ? new(rate.Amount, rate.CurrencyId.Value, rate.CostFormula)
                : null,
            FeatureId = charge.FeatureId?.Value,
            MaxUnitQuantity = charge.MaxUnitQuantity,
            MinUnitQuantity = charge.MinUnitQuantity,
            Price = MoneyToRest(charge.Price),
            Tiers = charge.Tiers?.Select(tier => new RestChargeTier
            {
                FlatPrice = MoneyToRest(tier.FlatPrice),
                UnitPrice = MoneyToRest(tier.UnitPrice),
                UpTo = tier.UpTo,
            }).ToList(),
            TiersMode = Wire.Symbol(charge.TiersMode),
            TopUpCustomCurrencyId = charge.TopUpCurrencyId?.Value,
            UsedInSubscriptions = listed.UsedInSubscriptions,
        };
    }

    public static PricingInput PricingFromRest(JsonElement charges) => new(charges.Member<PricingType>("pricingType"))
    {
        Models = charges.ListOrNull("pricingModels", ModelFromRest) ?? [],
        OverageModels = charges.ListOrNull("overagePricingModels", OverageFromRest) ?? [],
        OverageBillingPeriod = charges.MemberOrNull<OverageBillingPeriod>("overageBillingPeriod"),
        MinimumSpend = charges.ListOrNull("minimumSpend", given => new MinimumSpend(
            given.Member<BillingPeriod>("billingPeriod"), MoneyFromRest(given.GetProperty("minimum")))) ?? [],
    };

    /// <summary>What overages include before they charge (spec catalog 9.7).</summary>
    public static IReadOnlyList<EntitlementInput> AllowancesFromRest(JsonElement charges) =>
        [.. (charges.ListOrNull("overagePricingModels", model => model.Property("entitlement")) ?? [])
            .OfType<JsonElement>().Select(PackageEntitlementWire.AllowanceFromRest)];

    /// <summary>Which credits they include (spec credits 11).</summary>
    public static IReadOnlyList<CreditAllowance> CreditsFromRest(JsonElement charges) =>
        [.. (charges.ListOrNull("overagePricingModels", model => model.Property("creditEntitlement")) ?? [])
            .Index().Where(model => model.Item is not null)
            .Select(model => new CreditAllowance(
                model.Index, PackageEntitlementWire.CreditAllowanceFromRest(model.Item!.Value)))];

    private static PricingModelInput ModelFromRest(JsonElement given) =>
        new(given.Member<BillingModel>("billingModel"), PeriodsFromRest(given))
        {
            Cadence = given.MemberOrNull<BillingCadence>("billingCadence") ?? BillingCadence.Recurring,
            FeatureId = FeatureOf(given),
            TopUpCurrencyId = CurrencyOf(given, "topUpCustomCurrencyId"),
            TiersMode = given.MemberOrNull<TiersMode>("tiersMode"),
            MinUnitQuantity = given.IntegerOrNull("minUnitQuantity"),
            MaxUnitQuantity = given.IntegerOrNull("maxUnitQuantity"),
            Reset = PackageEntitlementWire.ResetFromRest(given),
        };

    private static PricingModelInput OverageFromRest(JsonElement given) =>
        new(given.Member<BillingModel>("billingModel"), PeriodsFromRest(given))
        {
            Cadence = given.MemberOrNull<BillingCadence>("billingCadence") ?? BillingCadence.Recurring,
            FeatureId = FeatureOf(given)
                ?? (given.Property("entitlement") is { } allowance ? FeatureOf(allowance) : null),
            TopUpCurrencyId = CurrencyOf(given, "currencyId")
                ?? (given.Property("creditEntitlement") is { } credit ? CurrencyOf(credit, "customCurrencyId") : null),
        };

    private static FeatureId? FeatureOf(JsonElement given) =>
        given.TextOrNull("featureId") is { } id ? new FeatureId(id) : null;

    private static CurrencyId? CurrencyOf(JsonElement given, string name) =>
        given.TextOrNull(name) is { } id ? new CurrencyId(id) : null;

    private static IReadOnlyList<PricePeriodInput> PeriodsFromRest(JsonElement model) =>
        [.. model.GetProperty("pricePeriods").EnumerateArray().Select(given =>
            new PricePeriodInput(given.Member<BillingPeriod>("billingPeriod"))
            {
                CountryCode = given.TextOrNull("billingCountryCode"),
                Price = MoneyOrNull(given, "price"),
                BlockSize = given.NumberOrNull("blockSize"),
                Tiers = given.ListOrNull("tiers", tier => new PriceTier(
                    tier.NumberOrNull("upTo"), MoneyOrNull(tier, "unitPrice"), MoneyOrNull(tier, "flatPrice"))),
                CreditRate = given.Property("creditRate") is { } rate
                    ? new(
                        rate.GetProperty("amount").GetDecimal(),
                        new(rate.Text("currencyId")),
                        rate.TextOrNull("costFormula"))
                    : null,
                CreditGrantCadence = given.MemberOrNull<CreditGrantCadence>("creditGrantCadence"),
            })];

    private static Money? MoneyOrNull(JsonElement given, string name) =>
        given.Property(name) is { } money ? MoneyFromRest(money) : null;

    public static Money MoneyFromRest(JsonElement given) =>
        new(given.GetProperty("amount").GetDecimal(), given.TextOrNull("currency") ?? Currencies.Default);

    private static RestMoney? MoneyToRest(Money? money) => money is null ? null : new(money.Amount, money.Currency);
}
