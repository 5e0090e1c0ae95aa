using Tollgate.Domain.Catalog;
using Tollgate.Domain.Usage;

namespace Tollgate.Domain.Tests.Usage;

public sealed class SoldUnitsTests
{
    // Spec entitlements-and-usage 7.4 and catalog 1.6, divide = 1,000,000,000.
    [Theory]
    [InlineData(RoundingDirection.Up, 2_500_000_000, 3, 3)]
    [InlineData(RoundingDirection.Down, 2_500_000_000, 2, 3)]
    [InlineData(RoundingDirection.Up, 2_340_000_000, 3, 3)]
    [InlineData(RoundingDirection.Down, 2_340_000_000, 2, 3)]
    [InlineData(RoundingDirection.Down, 20_000_000, 0, 1)]
    [InlineData(RoundingDirection.Up, 2_000_000_000, 2, 2)]
    public void Usage_is_shown_as_configured_and_billed_rounded_up(
        RoundingDirection round, long raw, int shown, int billed)
    {
        var gigabytes = new UnitTransformation(1_000_000_000, round, "GB", "GBs");

        Assert.Equal(shown, SoldUnits.Of(raw, gigabytes));
        Assert.Equal(billed, SoldUnits.Billed(raw, gigabytes));
    }

    [Fact]
    public void Without_a_transformation_fractions_are_shown_and_billed_as_a_started_unit()
    {
        Assert.Equal(12.3m, SoldUnits.Of(12.3m, null));
        Assert.Equal(13, SoldUnits.Billed(12.3m, null));
    }

    [Fact]
    public void Nothing_used_is_billed_as_a_zero_without_a_sign()
    {
        // 1000.0 - 1000 with scales that differ is a negative zero; below 0 nothing is sold.
        var negativeZero = decimal.Negate(0.0m);
        Assert.True(decimal.IsNegative(negativeZero));
        Assert.False(decimal.IsNegative(SoldUnits.Billed(negativeZero, null)));
        Assert.Equal(0, SoldUnits.Billed(-2.5m, null));
    }
}
