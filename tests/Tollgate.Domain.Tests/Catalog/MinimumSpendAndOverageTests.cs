using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Catalog;

public sealed class MinimumSpendAndOverageTests
{
    private static readonly IReadOnlyDictionary<FeatureId, Feature> Features = Given.Features(Given.Feature(Given.Seats));

    private static readonly MinimumSpend Monthly = new(BillingPeriod.Monthly, new(100, "usd"));

    private static PricePeriodInput Price(
        decimal amount, BillingPeriod period = BillingPeriod.Monthly, string? country = null, string currency = "usd") =>
        new(period) { Price = new(amount, currency), CountryCode = country };

    private static PricingModelInput Model(BillingModel model, params PricePeriodInput[] periods) => new(model, periods);

    private static PricingModelInput Overage(params PricePeriodInput[] periods) =>
        Model(BillingModel.UsageBased, periods) with { FeatureId = Given.Seats };

    private static Result<PackagePricing> Expand(PricingInput pricing) =>
        ChargeRules.Expand(pricing, Features, () => Given.Uid(1), Given.Now);

    private static PricingInput Paid(params PricingModelInput[] models) => new(PricingType.Paid) { Models = models };

    [Fact]
    public void A_minimum_spend_model_is_the_same_as_a_minimum_spend()
    {
        var flat = Model(BillingModel.FlatFee, Price(49));

        var modelled = Expand(Paid(flat, Model(BillingModel.MinimumSpend, Price(100)))).Value;
        var listed = Expand(Paid(flat) with { MinimumSpend = [Monthly] }).Value;

        Assert.Equal(listed.MinimumSpend, modelled.MinimumSpend);
        Assert.Equal(new(100, "usd"), Assert.Single(modelled.MinimumSpend).Minimum);
        Assert.Equal(BillingModel.FlatFee, Assert.Single(modelled.Charges).Model);
    }

    [Fact]
    public void A_minimum_spend_is_one_amount_a_period_in_one_currency_and_nothing_else()
    {
        PricingModelInput Minimum(params PricePeriodInput[] periods) => Model(BillingModel.MinimumSpend, periods);
        ErrorCode? Code(PricingInput pricing) => Given.Code(Expand(pricing));

        Assert.Null(Code(Paid(Minimum(Price(100), Price(1000, BillingPeriod.Annually)))));
        Assert.Equal(ErrorCode.InvalidArgumentError, Code(Paid(Minimum(Price(100))) with { MinimumSpend = [Monthly] }));
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, Code(Paid(Minimum(Price(100)), Minimum(Price(90)))));
        Assert.Equal(
            ErrorCode.InvalidArgumentError,
            Code(Paid(Minimum(Price(100), Price(1000, BillingPeriod.Annually, currency: "eur")))));
        Assert.Equal(ErrorCode.InvalidArgumentError, Code(Paid(Minimum(Price(100, country: "DE")))));
        Assert.Equal(ErrorCode.InvalidArgumentError, Code(Paid(Minimum(Price(100) with { BlockSize = 5 }))));
        Assert.Equal(
            ErrorCode.InvalidArgumentError, Code(Paid(Minimum(Price(100)) with { Cadence = BillingCadence.OneOff })));
        Assert.Equal(ErrorCode.InvalidArgumentError, Code(Paid(Minimum(Price(100)) with { FeatureId = Given.Seats })));
        PriceTier[] tiers = [new(null, new(1, "usd"), null)];
        Assert.Equal(
            ErrorCode.InvalidArgumentError,
            Code(Paid(Minimum(new PricePeriodInput(BillingPeriod.Monthly) { Tiers = tiers }) with
            {
                TiersMode = TiersMode.Volume,
            })));
        // Nobody subscribes to this plan for a year.
        Assert.Equal(
            ErrorCode.InvalidArgumentError,
            Code(Paid(Model(BillingModel.FlatFee, Price(49)), Minimum(Price(1000, BillingPeriod.Annually)))));
    }

    [Fact]
    public void A_plan_of_a_minimum_spend_alone_is_offered_for_its_periods()
    {
        var pricing = Expand(Paid(Model(BillingModel.MinimumSpend, Price(100), Price(1000, BillingPeriod.Annually)))).Value;
        var plan = Given.Plan("pro", PricingType.Paid) with { MinimumSpend = pricing.MinimumSpend };

        Assert.Equal(
            [BillingPeriod.Monthly, BillingPeriod.Annually], PriceSelection.OfferedPeriods(plan).Order());
    }

    [Fact]
    public void An_overage_is_sold_by_the_unit_once_a_feature_and_in_every_country()
    {
        ErrorCode? Code(params PricingModelInput[] overages) => Given.Code(Expand(Paid(
            Model(BillingModel.FlatFee, Price(20), Price(900, country: "IN", currency: "inr"))) with
        {
            OverageModels = overages,
        }));
        var rupees = Price(0.5m, country: "IN", currency: "inr");

        Assert.Null(Code(Overage(Price(0.01m), rupees)));
        Assert.Null(Code(Overage(Price(2) with { BlockSize = 100 }, rupees with { BlockSize = 100 })));
        Assert.Equal(ErrorCode.InvalidArgumentError, Code(Model(BillingModel.FlatFee, Price(1), rupees)));
        Assert.Equal(ErrorCode.InvalidArgumentError, Code(Overage(Price(0.01m), rupees) with { FeatureId = null }));
        Assert.Equal(ErrorCode.InvalidArgumentError, Code(Overage(Price(0.01m))));
        Assert.Equal(ErrorCode.InvalidArgumentError, Code(Overage(Price(0.01m, currency: "eur"), rupees)));
        Assert.Equal(
            ErrorCode.DuplicatedEntityNotAllowed,
            Code(
                Overage(Price(0.01m), rupees),
                Model(BillingModel.PerUnit, Price(1), rupees) with { FeatureId = Given.Seats }));
    }

    [Theory]
    [InlineData("999999999999", null)]
    [InlineData("1000000000000", ErrorCode.AmountTooLarge)]
    public void A_price_has_a_largest_amount(string amount, ErrorCode? code)
    {
        var price = decimal.Parse(amount, System.Globalization.CultureInfo.InvariantCulture);

        Assert.Equal(code, Given.Code(Expand(Paid(Model(BillingModel.FlatFee, Price(price))))));
        Assert.Equal(code, Given.Code(Expand(new(PricingType.Paid)
        {
            MinimumSpend = [new(BillingPeriod.Monthly, new(price, "usd"))],
        })));
    }
}
