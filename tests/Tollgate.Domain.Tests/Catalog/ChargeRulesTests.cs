using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Catalog;

public sealed class ChargeRulesTests
{
    private static readonly IReadOnlyDictionary<FeatureId, Feature> Features = Given.Features(
        Given.Feature(Given.Seats), Given.Feature(new("sso"), FeatureType.Boolean),
        Given.Feature(new("config")) with { MeterType = MeterType.None },
        Given.Feature(new("old")) with { Status = FeatureStatus.Suspended });

    private static PricePeriodInput Price(
        decimal amount, BillingPeriod period = BillingPeriod.Monthly, string? country = null,
            string currency = "usd") =>
        new(period) { Price = new(amount, currency), CountryCode = country };

    private static PricingModelInput Flat(params PricePeriodInput[] periods) => new(BillingModel.FlatFee, periods);

    private static PricingModelInput Seats(params PricePeriodInput[] periods) =>
        new(BillingModel.PerUnit, periods) { FeatureId = Given.Seats };

    private static Result<PackagePricing> Expand(params PricingModelInput[] models) =>
        ChargeRules.Expand(new(PricingType.Paid) { Models = models }, Features, () => Given.Uid(1), Given.Now);

    private static PricingModelInput Tiers(TiersMode? mode, params PriceTier[] tiers) =>
        Seats(new PricePeriodInput(BillingPeriod.Monthly) { Tiers = tiers }) with { TiersMode = mode };

    private static Money Usd(decimal amount) => new(amount, "usd");

    private static void Refused(ErrorCode code, params PricingModelInput[] models) =>
        Assert.Equal(code, Given.Code(Expand(models)));

    [Fact]
    public void Each_model_period_and_country_is_one_row()
    {
        var pricing = Expand(
            Flat(Price(49), Price(490, BillingPeriod.Annually)),
            Seats(Price(10), Price(100, BillingPeriod.Annually)) with
            {
                MinUnitQuantity = 2,
                MaxUnitQuantity = 9
            }).Value;

        Assert.Equal([49m, 490m, 10m, 100m], pricing.Charges.Select(c => c.Price!.Amount));
        Assert.Equal(2, pricing.Charges[3].MinUnitQuantity);
        Assert.Equal(9, pricing.Charges[3].MaxUnitQuantity);
        Assert.Equal(Given.Seats, pricing.Charges[2].FeatureId);
    }

    [Fact]
    public void Amounts_have_at_most_five_decimals_a_known_currency_and_no_sign()
    {
        Assert.Null(Expand(Flat(Price(0.00275m))).Refusal);
        Assert.Null(Expand(Flat(Price(0))).Refusal);
        Refused(ErrorCode.InvalidArgumentError, Flat(Price(0.000001m)));
        Refused(ErrorCode.InvalidArgumentError, Flat(Price(-1)));
        Refused(ErrorCode.BadUserInput, Flat(Price(1, currency: "xxx")));
    }

    [Fact]
    public void Charges_need_a_live_feature_that_can_be_counted()
    {
        Refused(ErrorCode.InvalidArgumentError, Seats(Price(1)) with { FeatureId = null });
        Refused(ErrorCode.FeatureNotFound, Seats(Price(1)) with { FeatureId = new("nope") });
        Refused(ErrorCode.EntityIsArchivedError, Seats(Price(1)) with { FeatureId = new("old") });
        Refused(ErrorCode.UnsupportedFeatureType, Seats(Price(1)) with { FeatureId = new("sso") });
        Refused(ErrorCode.UnsupportedFeatureType,
            new PricingModelInput(BillingModel.UsageBased, [Price(1)]) { FeatureId = new("config") });
    }

    [Fact]
    public void Quantities_blocks_and_resets_stay_in_range()
    {
        Refused(ErrorCode.InvalidArgumentError, Seats(Price(1)) with { MinUnitQuantity = 5, MaxUnitQuantity = 4 });
        Refused(ErrorCode.InvalidArgumentError, Seats(Price(1)) with { MinUnitQuantity = -1 });
        Refused(ErrorCode.InvalidArgumentError, Seats(Price(1)) with { MaxUnitQuantity = 1_000_000 });
        Refused(ErrorCode.InvalidArgumentError, Seats(Price(1) with { BlockSize = 0.5m }));
        Refused(ErrorCode.InvalidEntitlementResetPeriod, Seats(Price(1)) with
        {
            Reset = new() { Period = new(ResetPeriod.Day), Monthly = ResetAnchor.StartOfTheMonth },
        });
    }

    [Fact]
    public void Price_and_tiers_exclude_each_other_and_tiers_ascend_to_an_open_end()
    {
        PriceTier open = new(null, Usd(1), null);
        Assert.Null(Expand(Tiers(TiersMode.Volume, new(5, Usd(2), null), open)).Refusal);
        Refused(ErrorCode.InvalidArgumentError, Seats(new PricePeriodInput(BillingPeriod.Monthly)));
        Refused(ErrorCode.InvalidArgumentError,
            Seats(Price(1) with { Tiers = [open] }) with { TiersMode = TiersMode.Volume });
        Refused(ErrorCode.InvalidArgumentError, Tiers(null, open));
        Refused(ErrorCode.InvalidArgumentError, Tiers(TiersMode.Volume, new PriceTier(5, Usd(1), null)));
        Refused(ErrorCode.InvalidArgumentError, Tiers(TiersMode.Volume, open, open));
        Refused(ErrorCode.InvalidArgumentError,
            Tiers(TiersMode.Volume, new(5, Usd(1), null), new(5, Usd(1), null), open));
        Refused(ErrorCode.InvalidArgumentError, Tiers(TiersMode.Volume, new PriceTier(null, null, null)));
    }

    [Fact]
    public void The_same_key_twice_is_refused()
    {
        Refused(ErrorCode.DuplicatedEntityNotAllowed, Flat(Price(1), Price(2)));
        Refused(ErrorCode.DuplicatedEntityNotAllowed, Flat(Price(1)), Flat(Price(2, BillingPeriod.Annually)));
        Refused(ErrorCode.DuplicatedEntityNotAllowed, Seats(Price(1)), Seats(Price(2)));
    }

    [Fact]
    public void All_charges_offer_the_same_periods_countries_and_one_currency_each()
    {
        Refused(ErrorCode.InvalidArgumentError, Flat(Price(1), Price(10, BillingPeriod.Annually)), Seats(Price(1)));
        Refused(ErrorCode.InvalidArgumentError, Flat(Price(1), Price(90, country: "IN", currency: "inr")),
            Seats(Price(1)));
        Refused(ErrorCode.InvalidArgumentError, Flat(Price(1)), Seats(Price(1, currency: "eur")));
        Assert.Null(Expand(Flat(Price(1), Price(10, BillingPeriod.Annually)),
            new PricingModelInput(BillingModel.UsageBased, [Price(1)]) { FeatureId = Given.Seats }).Refusal);
    }

    [Fact]
    public void Only_paid_packages_have_prices_and_one_minimum_spend_per_period()
    {
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(ChargeRules.Expand(
            new(PricingType.Free) { Models = [Flat(Price(1))] }, Features, () => Given.Uid(1), Given.Now)));
        MinimumSpend monthly = new(BillingPeriod.Monthly, Usd(100));
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, Given.Code(ChargeRules.Expand(
            new(PricingType.Paid) { Models = [Flat(Price(1))], MinimumSpend = [monthly, monthly] },
            Features, () => Given.Uid(1), Given.Now)));
    }

    [Fact]
    public void All_findings_come_together()
    {
        var refusal = Expand(Flat(Price(-1)), Seats(Price(0.000001m)) with { MinUnitQuantity = -1 }).Refusal!;

        Assert.Equal(3, refusal.Fields.Count);
        Assert.Contains(refusal.Fields, f => f.Path == "charges.pricingModels[0].pricePeriods[0].price.amount");
    }
}
