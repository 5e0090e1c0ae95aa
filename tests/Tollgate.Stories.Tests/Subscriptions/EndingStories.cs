using Tollgate.Storage;

namespace Tollgate.Stories.Tests.Subscriptions;

/// <summary>Subscriptions that end, are replaced, or go with their customer (spec subscriptions 2.5, 5.6 and 9).</summary>
public sealed class EndingStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Cancellation_at_the_period_end_keeps_access_until_then_and_does_not_renew(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-15T12:00:00Z");
        await story.CatalogAsync();
        await story.PostAsync("/api/v1/customers", new { id = "carl" });
        var id = await story.ProvisionAsync(new { customerId = "carl", planId = "basic", billingPeriod = "MONTHLY" });
        await story.AdvanceAsync(new { by = "P1M5D" });

        var canceled = await story.PostAsync(
            $"/api/v1/subscriptions/{id}/cancel", new { cancellationTime = "END_OF_BILLING_PERIOD" });
        Assert.Equal("ACTIVE", canceled.GetProperty("status").GetString());
        Assert.Equal("2040-08-15T12:00:00.000Z", canceled.GetProperty("cancellationDate").GetString());
        await story.AdvanceAsync(new { by = "P3M" });

        Assert.Equal(
            [
                "2040-06-15T12:00:00Z CUSTOMER_CREATED",
                "2040-06-15T12:00:00Z SUBSCRIPTION_CREATED",
                "2040-07-15T11:00:00Z SUBSCRIPTION_BILLING_MONTH_ENDS_SOON",
                "2040-07-15T12:00:00Z SUBSCRIPTION_UPDATED",
                "2040-07-20T12:00:00Z SUBSCRIPTION_UPDATED",
                "2040-08-15T11:00:00Z SUBSCRIPTION_BILLING_MONTH_ENDS_SOON",
                "2040-08-15T12:00:00Z SUBSCRIPTION_CANCELED",
            ],
            await story.EventsAsync("carl"));
        var ended = await story.GetAsync($"/api/v1/subscriptions/{id}");
        Assert.Equal("CANCELED", ended.GetProperty("status").GetString());
        Assert.Equal("ScheduledCancellation", ended.GetProperty("cancelReason").GetString());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Scheduled_plan_replaces_the_live_one_on_its_start_date(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.CatalogAsync();
        await story.PostAsync("/api/v1/customers", new { id = "sid" });
        var basic = await story.ProvisionAsync(new { customerId = "sid", planId = "basic", billingPeriod = "MONTHLY" });
        var pro = await story.PostAsync("/api/v1/subscriptions", new
        {
            customerId = "sid",
            planId = "pro",
            billingPeriod = "ANNUALLY",
            startDate = "2040-06-10T00:00:00Z",
            trialOverrideConfiguration = new { isTrial = false },
        });
        Assert.True(pro.GetProperty("isScheduled").GetBoolean());
        Assert.Equal("NOT_STARTED", pro.GetProperty("subscription").GetProperty("status").GetString());

        await story.AdvanceAsync(new { to = "2040-06-10T00:00:00Z" });

        Assert.Equal(
            [
                "2040-06-01T00:00:00Z CUSTOMER_CREATED",
                "2040-06-01T00:00:00Z SUBSCRIPTION_CREATED",
                "2040-06-01T00:00:00Z SUBSCRIPTION_CREATED",
                "2040-06-10T00:00:00Z SUBSCRIPTION_CANCELED",
                "2040-06-10T00:00:00Z SUBSCRIPTION_UPDATED",
            ],
            await story.EventsAsync("sid"));
        var replaced = await story.GetAsync($"/api/v1/subscriptions/{basic}");
        Assert.Equal("UPGRADE_OR_DOWNGRADE", replaced.GetProperty("cancelReason").GetString());
        var started = await story.GetAsync($"/api/v1/subscriptions/{pro.GetProperty("id").GetString()}");
        Assert.Equal("ACTIVE", started.GetProperty("status").GetString());
        Assert.Equal("2041-06-10T00:00:00.000Z", started.GetProperty("currentBillingPeriodEnd").GetString());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Archived_customer_loses_its_subscriptions_first_and_comes_back_without_them(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.CatalogAsync();
        await story.PatchAsync("/api/v1/products/product-default", new
        {
            productSettings = new
            {
                subscriptionCancellationTime = "IMMEDIATE",
                subscriptionEndSetup = "CANCEL_SUBSCRIPTION",
                subscriptionStartSetup = "FREE_PLAN",
                subscriptionStartPlanId = "free",
            },
        });
        await story.PostAsync("/api/v1/customers", new { id = "abe", email = "abe@example.com" });
        await story.AdvanceAsync(new { by = "P1D" });

        await story.PostAsync("/api/v1/customers/abe/archive", new { });
        await story.AdvanceAsync(new { by = "P1D" });
        await story.PostAsync("/api/v1/customers/abe/unarchive", new { });

        Assert.Equal(
            [
                "2040-06-01T00:00:00Z CUSTOMER_CREATED",
                "2040-06-01T00:00:00Z SUBSCRIPTION_CREATED",
                "2040-06-02T00:00:00Z SUBSCRIPTION_CANCELED",
                "2040-06-02T00:00:00Z CUSTOMER_DELETED",
                "2040-06-03T00:00:00Z CUSTOMER_UNARCHIVED",
            ],
            await story.EventsAsync("abe"));
        var subscriptions = await story.GetAsync("/api/v1/subscriptions?customerId=abe");
        var only = Assert.Single(subscriptions.EnumerateArray());
        Assert.Equal("CustomerArchived", only.GetProperty("cancelReason").GetString());
        Assert.Null((await story.GetAsync("/api/v1/customers/abe")).GetProperty("email").GetString());
    }
}
