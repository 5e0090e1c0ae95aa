using Tollgate.Domain.Catalog;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Catalog;

/// <summary>The worked numbers of spec catalog 9.3 and their edges.</summary>
public sealed class PriceCalculatorTests
{
    private static Money Usd(decimal amount) => new(amount, "usd");

    private static Charge Charge(BillingModel model = BillingModel.PerUnit, decimal? price = null,
        decimal? block = null) =>
        Given.Charge(model, 0) with
        {
            Price = price is { } p ? Usd(p) : null,
            BlockSize = block,
            FeatureId = Given.Seats,
        };

    private static Charge Tiered(TiersMode mode, params (decimal? UpTo, decimal? Unit, decimal? Flat)[] tiers) =>
        Charge() with
        {
            TiersMode = mode,
            Tiers = [.. tiers.Select(t => new PriceTier(
                t.UpTo, t.Unit is { } u ? Usd(u) : null, t.Flat is { } f ? Usd(f) : null))],
        };

    private static decimal Amount(Charge charge, decimal quantity) => PriceCalculator.Amount(charge, quantity).Amount;

    [Fact]
    public void A_unit_price_multiplies_whole_units_rounded_up()
    {
        Assert.Equal(10.005m, Amount(Charge(price: 3.335m), 3));
        Assert.Equal(13m, Amount(Charge(price: 1), 12.3m));
        Assert.Equal(49m, Amount(Given.Charge(BillingModel.FlatFee, 49), 7));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(500, 1)]
    [InlineData(1000, 1)]
    [InlineData(1001, 2)]
    [InlineData(1500, 2)]
    public void A_block_is_charged_as_soon_as_it_is_begun(int quantity, int blocks)
    {
        Assert.Equal(blocks, Amount(Charge(price: 1, block: 1000), quantity));
        Assert.Equal(blocks * 1000, PriceCalculator.CommittedLimit(Charge(price: 1, block: 1000), quantity));
    }

    [Fact]
    public void Graduated_tiers_price_each_unit_in_its_own_tier()
    {
        var plain = Tiered(TiersMode.Graduated, (5, 20, null), (10, 15, null), (null, 10, null));
        var withFees = Tiered(TiersMode.Graduated, (5, 20, 10), (10, 15, 8), (null, 10, 5));

        Assert.Equal(275m, Amount(plain, 20));
        Assert.Equal(298m, Amount(withFees, 20));
        Assert.Equal(100m, Amount(plain, 5));
        Assert.Equal(115m, Amount(plain, 6));
        Assert.Equal(0m, Amount(withFees, 0));
    }

    [Fact]
    public void Volume_tiers_price_all_units_in_the_tier_reached()
    {
        var volume = Tiered(TiersMode.Volume, (5, 20, 3), (10, 15, null), (null, 10, null));

        Assert.Equal(200m, Amount(volume, 20));
        Assert.Equal(103m, Amount(volume, 5));
        Assert.Equal(90m, Amount(volume, 6));
        Assert.Equal(3m, Amount(volume, 0));
        Assert.Equal(0m, Amount(volume with { Model = BillingModel.UsageBased }, 0));
    }

    [Fact]
    public void A_stair_step_is_bought_whole()
    {
        var stairs = Tiered(TiersMode.Volume, (10, null, 100), (50, null, 400), (null, null, 900));

        Assert.Equal(400m, Amount(stairs, 12));
        Assert.Equal(50m, PriceCalculator.CommittedLimit(stairs, 12));
        Assert.Equal(10m, PriceCalculator.CommittedLimit(stairs, 10));
        Assert.Null(PriceCalculator.CommittedLimit(stairs, 51));
        Assert.Equal(7m, PriceCalculator.CommittedLimit(Charge(price: 1), 7));
    }

    [Fact]
    public void The_starting_price_is_the_lowest_over_the_periods()
    {
        var plan = Given.Plan("p", PricingType.Paid,
            Given.Charge(BillingModel.FlatFee, 9), Given.PerSeat(2, BillingPeriod.Monthly) with { MinUnitQuantity = 3 },
            Given.Charge(BillingModel.FlatFee, 84, BillingPeriod.Annually),
            Given.PerSeat(12, BillingPeriod.Annually) with { MinUnitQuantity = 3 });
        var usageOnly = Given.Plan("u", PricingType.Paid,
            Charge(BillingModel.UsageBased, 0.5m, 1000), Charge(BillingModel.UsageBased, 0.002m));

        // Monthly 9 + 3 x 2 = 15; yearly 84 + 3 x 12 = 120, which is 10 a month.
        Assert.Equal(10m, PriceCalculator.StartingPrice(plan, null)!.Monthly);
        Assert.Equal(0.002m, PriceCalculator.StartingPrice(usageOnly, null)!.Monthly);
        Assert.Null(PriceCalculator.StartingPrice(Given.FreePlan(), null));
    }

    [Fact]
    public void The_country_falls_back_to_the_default_price_and_an_existing_one_wins()
    {
        var plan = Given.Plan("p", PricingType.Paid, Given.Charge(BillingModel.FlatFee, 20),
            Given.Charge(BillingModel.FlatFee, 900, currency: "inr") with { CountryCode = "IN" });

        Assert.Equal("IN", PriceSelection.ResolveCountry(plan, "IN", null));
        Assert.Null(PriceSelection.ResolveCountry(plan, "FR", null));
        Assert.Equal("IN", PriceSelection.ResolveCountry(plan, "US", "IN"));
        Assert.Null(PriceSelection.ResolveCountry(plan, "IN", "FR"));
    }
}
