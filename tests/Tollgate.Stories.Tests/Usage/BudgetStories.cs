using Tollgate.Storage;

namespace Tollgate.Stories.Tests.Usage;

/// <summary>A maximum spend over two billing periods, seen through the public API (spec subscriptions 3.5).</summary>
public sealed class BudgetStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_budget_closes_the_tap_until_the_next_period_or_a_larger_budget(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2041-03-10T09:00:00Z");
        await story.PostAsync("/api/v1/features", new
        {
            id = "tokens",
            displayName = "Tokens",
            featureType = "NUMBER",
            meterType = "INCREMENTAL",
            featureUnits = "token",
            featureUnitsPlural = "tokens",
        });
        await story.PostAsync("/api/v1/plans", new
        {
            id = "metered",
            displayName = "Metered",
            productId = "product-default",
            pricingType = "PAID",
        });
        object[] perToken = [new { billingPeriod = "MONTHLY", price = new { amount = 0.02m, currency = "usd" } }];
        await story.PatchAsync("/api/v1/plans/metered", new
        {
            charges = new
            {
                pricingType = "PAID",
                pricingModels = new[]
                {
                    new { billingModel = "USAGE_BASED", featureId = "tokens", resetPeriod = "MONTH", pricePeriods = perToken },
                },
            },
        });
        await story.PostAsync("/api/v1/plans/metered/publish", new { migrationType = "NEW_CUSTOMERS" });
        await story.PostAsync("/api/v1/customers", new { id = "thrifty" });
        var id = await story.ProvisionAsync(new
        {
            customerId = "thrifty",
            planId = "metered",
            billingPeriod = "MONTHLY",
            budget = new { limit = 10, hasSoftLimit = false },
        });

        // 499 tokens cost 9.98 of 10.
        await story.ReportAsync("thrifty", "tokens", 499);
        Assert.StartsWith("granted", await story.SayAsync("thrifty", "tokens", 1), StringComparison.Ordinal);
        await story.AdvanceAsync(new { to = "2041-03-20T00:00:00Z" });
        await story.ReportAsync("thrifty", "tokens", 1);
        Assert.StartsWith("BudgetExceeded", await story.SayAsync("thrifty", "tokens"), StringComparison.Ordinal);

        // A larger budget opens it at once: 800 tokens are 16 of 20; with 1 000 it is closed again.
        await story.PatchAsync($"/api/v1/subscriptions/{id}", new { budget = new { limit = 20, hasSoftLimit = false } });
        Assert.StartsWith("granted", await story.SayAsync("thrifty", "tokens"), StringComparison.Ordinal);
        await story.ReportAsync("thrifty", "tokens", 300);
        await story.ReportAsync("thrifty", "tokens", 200);
        Assert.StartsWith("BudgetExceeded", await story.SayAsync("thrifty", "tokens"), StringComparison.Ordinal);

        // The next period begins on April 10 at 09:00 with nothing spent.
        await story.AdvanceAsync(new { to = "2041-04-10T08:59:59Z" });
        Assert.StartsWith("BudgetExceeded", await story.SayAsync("thrifty", "tokens"), StringComparison.Ordinal);
        await story.AdvanceAsync(new { to = "2041-04-10T09:00:00Z" });
        Assert.StartsWith("granted", await story.SayAsync("thrifty", "tokens"), StringComparison.Ordinal);

        // 9.98 crossed 80 % of 10, then 10 all of it; 16 is 80 % of 20, then 20 all of it.
        Assert.Equal(
            [
                "2041-03-10T09:00:00Z SUBSCRIPTION_SPENT_LIMIT_EXCEEDED",
                "2041-03-20T00:00:00Z SUBSCRIPTION_SPENT_LIMIT_EXCEEDED",
                "2041-03-20T00:00:00Z SUBSCRIPTION_SPENT_LIMIT_EXCEEDED",
                "2041-03-20T00:00:00Z SUBSCRIPTION_SPENT_LIMIT_EXCEEDED",
            ],
            await story.EventsAsync("thrifty", "SUBSCRIPTION_SPENT_LIMIT_EXCEEDED"));
    }
}
