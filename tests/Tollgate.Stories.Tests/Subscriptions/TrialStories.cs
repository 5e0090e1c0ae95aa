using Tollgate.Storage;

namespace Tollgate.Stories.Tests.Subscriptions;

/// <summary>Trials from their start to what comes after them (spec subscriptions 8).</summary>
public sealed class TrialStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Expired_trial_leaves_the_free_plan_and_no_second_trial(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-31T10:00:00Z");
        await story.CatalogAsync();
        await story.PatchAsync("/api/v1/products/product-default", new
        {
            productSettings = new
            {
                subscriptionCancellationTime = "IMMEDIATE",
                subscriptionEndSetup = "DOWNGRADE_TO_FREE",
                subscriptionStartSetup = "PLAN_SELECTION",
                downgradePlanId = "free",
            },
        });
        await story.PostAsync("/api/v1/customers", new { id = "tess" });
        var trial = await story.ProvisionAsync(new { customerId = "tess", planId = "pro", billingPeriod = "MONTHLY" });

        await story.AdvanceAsync(new { by = "P1M" });

        Assert.Equal(
            [
                "2040-01-31T10:00:00Z CUSTOMER_CREATED",
                "2040-01-31T10:00:00Z SUBSCRIPTION_CREATED",
                "2040-01-31T10:00:00Z SUBSCRIPTION_TRIAL_STARTED",
                "2040-02-07T10:00:00Z SUBSCRIPTION_TRIAL_ENDS_SOON",
                "2040-02-14T10:00:00Z SUBSCRIPTION_TRIAL_EXPIRED",
                "2040-02-14T10:00:00Z SUBSCRIPTION_CREATED",
            ],
            await story.EventsAsync("tess"));
        var expired = await story.GetAsync($"/api/v1/subscriptions/{trial}");
        Assert.Equal("EXPIRED", expired.GetProperty("status").GetString());
        Assert.Equal("TRIAL_ENDED", expired.GetProperty("cancelReason").GetString());
        var live = await story.GetAsync("/api/v1/subscriptions?customerId=tess&status=ACTIVE");
        var free = Assert.Single(live.EnumerateArray());
        Assert.Equal("free", free.GetProperty("planId").GetString());
        Assert.Equal("2040-02-14T10:00:00.000Z", free.GetProperty("startDate").GetString());

        var bought = await story.PostAsync(
            "/api/v1/subscriptions", new { customerId = "tess", planId = "pro", billingPeriod = "MONTHLY" });

        Assert.Equal("ACTIVE", bought.GetProperty("subscription").GetProperty("status").GetString());
        Assert.Equal(
            ["2040-02-29T10:00:00Z SUBSCRIPTION_CANCELED"], await story.EventsAsync("tess", "SUBSCRIPTION_CANCELED"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Trial_that_converts_starts_its_billing_cycle_at_the_conversion(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-03-01T08:00:00Z");
        await story.CatalogAsync();
        await story.PostAsync("/api/v1/customers", new { id = "cole" });
        var id = await story.ProvisionAsync(new
        {
            customerId = "cole",
            planId = "pro",
            billingPeriod = "MONTHLY",
            trialOverrideConfiguration = new
            {
                isTrial = true,
                trialEndDate = "2040-03-31T08:00:00Z",
                trialEndBehavior = "CONVERT_TO_PAID",
            },
        });

        await story.AdvanceAsync(new { to = "2040-05-01T00:00:00Z" });

        Assert.Equal(
            [
                "2040-03-01T08:00:00Z CUSTOMER_CREATED",
                "2040-03-01T08:00:00Z SUBSCRIPTION_CREATED",
                "2040-03-01T08:00:00Z SUBSCRIPTION_TRIAL_STARTED",
                "2040-03-24T08:00:00Z SUBSCRIPTION_TRIAL_ENDS_SOON",
                "2040-03-31T08:00:00Z SUBSCRIPTION_TRIAL_CONVERTED",
                "2040-04-30T07:00:00Z SUBSCRIPTION_BILLING_MONTH_ENDS_SOON",
                "2040-04-30T08:00:00Z SUBSCRIPTION_UPDATED",
            ],
            await story.EventsAsync("cole"));
        var now = await story.GetAsync($"/api/v1/subscriptions/{id}");
        Assert.Equal("2040-03-31T08:00:00.000Z", now.GetProperty("billingCycleAnchor").GetString());
        Assert.Equal("2040-05-31T08:00:00.000Z", now.GetProperty("currentBillingPeriodEnd").GetString());
    }
}
