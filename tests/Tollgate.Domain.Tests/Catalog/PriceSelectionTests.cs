using Tollgate.Domain.Catalog;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Catalog;

/// <summary>Spec catalog 9.2, 9.4, 9.8 and 10.</summary>
public sealed class PriceSelectionTests
{
    private static readonly FeatureId Calls = new("calls");

    private static Charge Usage(decimal price, BillingPeriod period, string? country = null) =>
        Given.Charge(BillingModel.UsageBased, price, period) with { FeatureId = Calls, CountryCode = country };

    [Fact]
    public void Usage_takes_the_row_of_the_period_and_else_the_other_ones()
    {
        var both = Given.Plan("p", PricingType.Paid, Usage(1, BillingPeriod.Monthly), Usage(2, BillingPeriod.Annually));
        var monthly = Given.Plan(
            "p", PricingType.Paid, Usage(1, BillingPeriod.Monthly), Usage(9, BillingPeriod.Annually, "IN"));

        Assert.Equal(2, Price(both, BillingPeriod.Annually));
        Assert.Equal(1, Price(both, BillingPeriod.Monthly));
        Assert.Equal(1, Price(monthly, BillingPeriod.Annually));

        static decimal Price(PackageVersion plan, BillingPeriod period) =>
            Assert.Single(PriceSelection.OfAnyPeriod(plan.Charges, period, null)).Price!.Amount;
    }

    [Fact]
    public void A_minimum_spend_is_found_in_either_spelling()
    {
        var listed = Given.ProPlan() with { MinimumSpend = [new(BillingPeriod.Monthly, new(100, "usd"))] };
        var model = Given.Plan("p", PricingType.Paid,
            Given.Charge(BillingModel.MinimumSpend, 70), Given.Charge(BillingModel.FlatFee, 5));

        Assert.Equal(new Money(100, "usd"), PriceSelection.MinimumSpend(listed, BillingPeriod.Monthly, null));
        Assert.Null(PriceSelection.MinimumSpend(listed, BillingPeriod.Annually, null));
        Assert.Equal(new Money(70, "usd"), PriceSelection.MinimumSpend(model, BillingPeriod.Monthly, null));
    }

    [Fact]
    public void The_currency_is_that_of_the_prices_which_apply()
    {
        var plan = Given.Plan("p", PricingType.Paid,
            Given.Charge(BillingModel.FlatFee, 20),
            Given.Charge(BillingModel.FlatFee, 900, currency: "inr") with { CountryCode = "IN" });

        Assert.Equal("inr", PriceSelection.CurrencyOf(plan, BillingPeriod.Monthly, "IN"));
        Assert.Equal("usd", PriceSelection.CurrencyOf(plan, BillingPeriod.Monthly, null));
        Assert.Null(PriceSelection.CurrencyOf(Given.FreePlan(), BillingPeriod.Monthly, null));
    }

    [Theory]
    [InlineData(0.125, "usd", 0.13)]
    [InlineData(-0.125, "usd", -0.13)]
    [InlineData(10.005, "eur", 10.01)]
    [InlineData(1000.5, "jpy", 1001)]
    [InlineData(-0.5, "krw", -1)]
    [InlineData(0.004999, "usd", 0)]
    public void Amounts_are_rounded_half_away_from_zero(double exact, string currency, double rounded) =>
        Assert.Equal((decimal)rounded, Currencies.Round((decimal)exact, currency));
}
