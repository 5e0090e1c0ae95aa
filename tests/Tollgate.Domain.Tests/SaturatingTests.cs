using FsCheck;
using FsCheck.Fluent;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Credits.Formulas;
using Tollgate.Domain.Usage;
using Tollgate.Domain.Usage.Events;

namespace Tollgate.Domain.Tests;

/// <summary>One absurd number stays absurd and computable wherever usage is counted, compared, priced or paid in credits.</summary>
public sealed class SaturatingTests
{
    private const decimal Most = 9_007_199_254_740_991m;
    private const decimal HighestPrice = 999_999_999_999m;

    [Fact]
    public void Product_and_quotient_are_the_usual_ones_where_a_decimal_holds_them() => Prop.ForAll(
        (int left, int right) => Saturating.Product(left, right / 8m) == left * (right / 8m)
            && (right == 0 || Saturating.Quotient(left, right / 8m) == left / (right / 8m))).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(1, -1, -1)]
    [InlineData(-1, 1, -1)]
    [InlineData(-1, -1, 1)]
    public void What_no_decimal_holds_is_the_largest_of_its_sign(int left, int right, int sign)
    {
        var largest = sign > 0 ? decimal.MaxValue : decimal.MinValue;
        Assert.Equal(largest, Saturating.Product(left * 1e20m, right * 1e20m));
        Assert.Equal(largest, Saturating.Quotient(left * 1e20m, right * 1e-20m));
    }

    [Fact]
    public void Event_counts_at_most_what_a_report_may_say()
    {
        var meter = CompiledMeter.Of(new(new(AggregationFunction.Sum, "n"), [new([])]));
        Assert.True(meter.TryRead("e", Dimensions(9e27m), out var sample));
        Assert.Equal(Most, sample.Number);
        Assert.True(meter.TryRead("e", Dimensions(-9e27m), out sample));
        Assert.Equal(-Most, sample.Number);

        var tally = new Tally(0, 0, 0, 0).Add(Most).Add(Most).Add(-5);
        Assert.Equal(Most, tally.Value(AggregationFunction.Sum));
        // What was above the bound is not forgotten: 2 * Most - 5 - Most - 1 = Most - 6.
        Assert.Equal(Most - 6, tally.Add(-Most - 1).Value(AggregationFunction.Sum));
    }

    [Fact]
    public void Largest_usage_is_compared_with_the_smallest_limit() =>
        Assert.Equal(decimal.MaxValue, UsageThresholds.UsedPercentage(1e-20m, Most));

    [Fact]
    public void Largest_usage_costs_the_most_credits_there_are()
    {
        var feature = new Feature
        {
            Uid = Guid.Empty,
            Id = new("f"),
            DisplayName = "f",
            Type = FeatureType.Number,
            CreatedAt = default,
            UpdatedAt = default,
        };
        Assert.Equal(
            CreditAmounts.Max, UsageCost.Of(new(1e27m, new("ai"), null), null, feature, Most, new NoInputs()));
    }

    [Fact]
    public void Largest_usage_has_a_price()
    {
        var charge = new Charge
        {
            Uid = Guid.Empty,
            CreatedAt = default,
            Model = BillingModel.UsageBased,
            BillingPeriod = BillingPeriod.Monthly,
            Price = new(HighestPrice, "usd"),
        };
        Assert.Equal(PriceQuote.LargestAmount, PriceCalculator.Amount(charge, Most * 1_000_000).Amount);
        foreach (var mode in Enum.GetValues<TiersMode>())
        {
            var tiered = charge with
            {
                Price = null,
                TiersMode = mode,
                Tiers = [new(10, new(1, "usd"), null), new(null, new(HighestPrice, "usd"), new(7, "usd"))],
            };
            Assert.InRange(
                PriceCalculator.Amount(tiered, Most * 1_000_000).Amount, PriceQuote.LargestAmount, PriceQuote.LargestAmount + 17);
        }
    }

    private static EventDimensions Dimensions(decimal number) => EventDimensions.Of([new("n", DimensionValue.Of(number))]);

    private sealed class NoInputs : IFormulaInputs
    {
        public decimal NumberOf(string dimension) => 0;
    }
}
