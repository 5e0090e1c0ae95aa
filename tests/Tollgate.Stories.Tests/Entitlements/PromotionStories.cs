using System.Text.Json;
using Tollgate.Storage;

namespace Tollgate.Stories.Tests.Entitlements;

/// <summary>Features given to one customer for a while (spec entitlements-and-usage 14 and 18).</summary>
public sealed class PromotionStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_week_of_goodwill_raises_the_limit_and_takes_it_back(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-03-01T10:00:00Z");
        await story.CatalogAsync();
        await story.PostAsync("/api/v1/customers", new { id = "c1" });
        await story.ProvisionAsync(new { customerId = "c1", planId = "basic", billingPeriod = "MONTHLY" });
        await story.ReportAsync("c1", "calls", 100);
        await story.AdvanceAsync(new { to = "2040-03-10T09:00:00Z" });
        Assert.Equal(
            "RequestedUsageExceedingLimit 100/100 2040-03-01..2040-04-01", await story.SayAsync("c1", "calls", 1));

        var granted = await GrantAsync(story, "c1", "calls", "1 week", 150, "MONTH");

        // The promotion's windows count from its own start, so the hundred calls of March 1 are not in them.
        Assert.Equal("2040-03-17T09:00:00.000Z", granted.GetProperty("endDate").GetString());
        Assert.Equal("granted 0/150 2040-03-10..2040-04-10", await story.SayAsync("c1", "calls", 150));
        await story.ReportAsync("c1", "calls", 20);
        Assert.Equal("granted 20/150 2040-03-10..2040-04-10", await story.SayAsync("c1", "calls", 130));

        await story.AdvanceAsync(new { to = "2040-03-17T09:00:00Z" });

        // 100 + 20 > 100: also a check of 0 is denied.
        Assert.Equal(
            "RequestedUsageExceedingLimit 120/100 2040-03-01..2040-04-01", await story.SayAsync("c1", "calls"));
        var listed = Assert.Single((await story.GetAsync(
            "/api/v1/customers/c1/promotional-entitlements?status=Expired")).EnumerateArray());
        Assert.Equal(granted.GetProperty("id").GetString(), listed.GetProperty("id").GetString());
        Assert.Equal(
            [
                "2040-03-10T09:00:00Z PROMOTIONAL_ENTITLEMENT_GRANTED",
                "2040-03-10T09:00:00Z PROMOTIONAL_ENTITLEMENT_ENDS_SOON",
                "2040-03-17T09:00:00Z PROMOTIONAL_ENTITLEMENT_EXPIRED",
            ],
            (await story.EventsAsync("c1")).Where(e => e.Contains("PROMOTIONAL", StringComparison.Ordinal)));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_promotion_that_ends_with_the_trial_ends_first(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-31T10:00:00Z");
        await story.CatalogAsync();
        await story.PostAsync("/api/v1/customers", new { id = "tess" });
        await story.ProvisionAsync(new { customerId = "tess", planId = "pro", billingPeriod = "MONTHLY" });
        await story.AdvanceAsync(new { to = "2040-02-07T10:00:00Z" });
        await GrantAsync(story, "tess", "calls", "1 week", 5000, null);

        await story.AdvanceAsync(new { to = "2040-02-20T00:00:00Z" });

        Assert.Equal(
            [
                "2040-02-14T10:00:00Z PROMOTIONAL_ENTITLEMENT_EXPIRED",
                "2040-02-14T10:00:00Z SUBSCRIPTION_TRIAL_EXPIRED",
            ],
            (await story.EventsAsync("tess")).TakeLast(2));
    }

    private static async Task<JsonElement> GrantAsync(
        Story story, string customer, string feature, string period, int limit, string? reset) => (await story.PostAsync(
        $"/api/v1/customers/{customer}/promotional-entitlements",
        new
        {
            promotionalEntitlements = new[]
            {
                new
                {
                    featureId = feature,
                    period,
                    customEndDate = (string?)null,
                    enumValues = (string[]?)null,
                    hasSoftLimit = (bool?)null,
                    hasUnlimitedUsage = (bool?)null,
                    isVisible = (bool?)null,
                    resetPeriod = reset,
                    usageLimit = limit,
                    yearlyResetPeriodConfiguration = (object?)null,
                    monthlyResetPeriodConfiguration = (object?)null,
                    weeklyResetPeriodConfiguration = (object?)null,
                },
            },
        }))[0];
}
