using NodaTime;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;
using static Tollgate.Domain.Tests.Credits.GivenPool;

namespace Tollgate.Domain.Tests.Credits;

/// <summary>Revenue and charts (spec credits 12 and 13).</summary>
public sealed class CreditReportTests
{
    [Fact]
    public void Revenue_of_the_example()
    {
        // 10 000 for 10.00 (c = 0.001). March 4 200 burnt -> 4.20, deferred 5.80. April 1 800, 4 000 expire -> 1.80 + 4.00, 0.
        var grant = Grant("g", 10_000) with { Cost = new(10, "usd") };
        var (march, april, may) = (Instant.FromUtc(2026, 3, 1, 0, 0), Instant.FromUtc(2026, 4, 1, 0, 0), Instant.FromUtc(2026, 5, 1, 0, 0));
        CreditEntry[] entries =
        [
            new(CreditEntryKind.Granted, "g", 10_000, march),
            new(CreditEntryKind.Consumed, "g", 4_200, april - Duration.FromMilliseconds(1)),
            new(CreditEntryKind.Consumed, "g", 1_800, april),
            new(CreditEntryKind.Expired, "g", 4_000, may - Duration.FromDays(1)),
        ];

        var first = GrantRevenue.Of(grant, entries, march, april);
        var second = GrantRevenue.Of(grant, entries, april, may);
        var both = GrantRevenue.Of(grant, entries, march, may);

        Assert.Equal((0m, 10m, 4.2m, 0m, 5.8m), (first.DeferredAtStart, first.Sold, first.Recognized, first.Breakage, first.DeferredAtEnd));
        Assert.Equal((5.8m, 0m, 1.8m, 4m, 0m), (second.DeferredAtStart, second.Sold, second.Recognized, second.Breakage, second.DeferredAtEnd));
        Assert.Equal((6m, 4m, 0m), (both.Recognized, both.Breakage, both.DeferredAtEnd));
        Assert.Equal(0.001m, both.CostBasis);
    }

    [Fact]
    public void Settled_deficits_count_as_consumption_and_voids_are_reversed()
    {
        var ledger = Of().Consume(40).Grant(Grant("g", 100) with { Cost = new(10, "usd") });
        ledger.Do(Now, book => book.Void("g", Now));

        var revenue = GrantRevenue.Of(
            ledger["g"], ledger.Entries.Where(entry => entry.GrantId == "g"), Now, Now + Duration.FromDays(1));

        // 40 of 100 for 10.00 are 4.00, the other 60 are 6.00.
        Assert.Equal((10m, 4m, 6m, 0m), (revenue.Sold, revenue.Recognized, revenue.Reversed, revenue.DeferredAtEnd));
        Assert.True(GrantRevenue.Applies(ledger["g"]));
        Assert.False(GrantRevenue.Applies(Grant("p", 1, CreditGrantType.Promotional)));
        Assert.False(GrantRevenue.Applies(Grant("r", 1, CreditGrantType.Recurring)));
        Assert.True(GrantRevenue.Applies(Grant("r", 1, CreditGrantType.Recurring) with { Source = CreditGrantSource.Price }));
    }

    [Fact]
    public void Buckets_follow_from_the_range()
    {
        var now = Instant.FromUtc(2026, 3, 15, 10, 30);
        (CreditUsageBucket, int, Instant) Of(CreditUsageTimeRange range)
        {
            var window = CreditUsageWindow.Of(range, null, null, now).Value;
            return (window.Bucket, window.Buckets.Count, window.Buckets[0]);
        }

        Assert.Equal((CreditUsageBucket.Hour, 25, Instant.FromUtc(2026, 3, 14, 10, 0)), Of(CreditUsageTimeRange.LastDay));
        Assert.Equal((CreditUsageBucket.Day, 8, Instant.FromUtc(2026, 3, 8, 0, 0)), Of(CreditUsageTimeRange.LastWeek));
        Assert.Equal((CreditUsageBucket.Day, 31, Instant.FromUtc(2026, 2, 13, 0, 0)), Of(CreditUsageTimeRange.LastMonth));
        Assert.Equal((CreditUsageBucket.Month, 13, Instant.FromUtc(2025, 3, 1, 0, 0)), Of(CreditUsageTimeRange.LastYear));
    }

    [Theory]
    [InlineData(48, CreditUsageBucket.Hour)]
    [InlineData(49, CreditUsageBucket.Day)]
    [InlineData(92 * 24, CreditUsageBucket.Day)]
    [InlineData(92 * 24 + 1, CreditUsageBucket.Month)]
    public void Own_range_decides_its_buckets(int hours, CreditUsageBucket bucket)
    {
        var window = CreditUsageWindow.Of(CreditUsageTimeRange.LastDay, Now, Now + Duration.FromHours(hours), Now).Value;

        Assert.Equal(bucket, window.Bucket);
        Assert.Equal(
            ErrorCode.BadUserInput,
            CreditUsageWindow.Of(CreditUsageTimeRange.LastDay, Now, Now, Now).Refusal?.Code);
        Assert.Equal(
            ErrorCode.BadUserInput,
            CreditUsageWindow.Of(CreditUsageTimeRange.LastDay, Instant.FromUtc(1800, 1, 1, 0, 0), Now, Now).Refusal?.Code);
    }

    [Fact]
    public void Series_are_by_feature_or_by_dimensions_and_the_largest_comes_first()
    {
        var window = CreditUsageWindow.Of(CreditUsageTimeRange.LastDay, Now, Now + Duration.FromHours(2), Now).Value;
        IReadOnlyList<CreditUsageSeries> Fold(params string[] groupBy)
        {
            var fold = new CreditUsageFold(window, groupBy);
            fold.Add(Now, new("f"), 1, new Dictionary<string, string> { ["m"] = "x" });
            fold.Add(Now + Duration.FromHours(1), new("f"), 2, new Dictionary<string, string> { ["m"] = "y" });
            fold.Add(Now, null, 5, null);
            return fold.Close();
        }

        Assert.Equal([(null, 5m, 1L), ("f", 3m, 2L)], Fold().Select(s => (s.FeatureId?.Value, s.Credits, s.Events)));
        Assert.Equal([1m, 2m], Fold()[1].Points.Select(point => point.Credits));
        Assert.Equal([0, 2, 1], Fold("m").Select(s => s.Tags.Count == 0 ? 0 : s.Tags[0].Value == "y" ? 2 : 1));
        Assert.All(Fold("m"), series => Assert.Null(series.FeatureId));
        Assert.Equal(["f", "f"], Fold("featureId", "m").Skip(1).Select(series => series.FeatureId?.Value));
    }
}
