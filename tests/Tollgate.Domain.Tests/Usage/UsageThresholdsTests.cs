using Tollgate.Domain.Usage;

namespace Tollgate.Domain.Tests.Usage;

public sealed class UsageThresholdsTests
{
    [Theory]
    // Limit 12: 80 % is 9.6, 100 % is 12 (spec entitlements-and-usage 13: 8 -> 10 crosses 80).
    [InlineData(12, 8, 10, 80)]
    [InlineData(12, 8, 9, null)]
    [InlineData(12, 8, 12, 100)]
    [InlineData(12, 10, 11, null)]
    [InlineData(12, 10, 13, 100)]
    [InlineData(12, 12, 13, null)]
    [InlineData(12, 13, 5, null)]
    [InlineData(100, 79, 80, 80)]
    [InlineData(100, 80, 81, null)]
    [InlineData(0, 0, 1, 100)]
    [InlineData(0, 1, 2, null)]
    public void Highest_threshold_crossed(int limit, int before, int after, int? expected) =>
        Assert.Equal(expected, UsageThresholds.Crossed(limit, before, after));

    [Fact]
    public void Used_percentage_is_rounded_down()
    {
        // 10 of 12 is 83.3 %.
        Assert.Equal(83, UsageThresholds.UsedPercentage(12, 10));
        Assert.Equal(100, UsageThresholds.UsedPercentage(0, 3));
    }
}
