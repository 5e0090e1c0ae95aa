using Tollgate.Storage;

namespace Tollgate.Stories.Tests.Subscriptions;

/// <summary>Renewals far ahead, counted from anchors that not every month has (spec subscriptions 3.4).</summary>
public sealed class RenewalStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Monthly_plan_bought_on_the_31st_renews_on_the_last_day_of_shorter_months(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-31T10:00:00Z");
        await story.CatalogAsync();
        await story.PostAsync("/api/v1/customers", new { id = "ann" });
        var id = await story.ProvisionAsync(new { customerId = "ann", planId = "basic", billingPeriod = "MONTHLY" });

        await story.AdvanceAsync(new { by = "P14M" });

        string[] renewals =
        [
            "2040-02-29", "2040-03-31", "2040-04-30", "2040-05-31", "2040-06-30", "2040-07-31", "2040-08-31",
            "2040-09-30", "2040-10-31", "2040-11-30", "2040-12-31", "2041-01-31", "2041-02-28", "2041-03-31",
        ];
        Assert.Equal(
            [
                "2040-01-31T10:00:00Z CUSTOMER_CREATED",
                "2040-01-31T10:00:00Z SUBSCRIPTION_CREATED",
                .. renewals.SelectMany(day => new[]
                {
                    $"{day}T09:00:00Z SUBSCRIPTION_BILLING_MONTH_ENDS_SOON", $"{day}T10:00:00Z SUBSCRIPTION_UPDATED",
                }),
            ],
            await story.EventsAsync("ann"));
        var now = await story.GetAsync($"/api/v1/subscriptions/{id}");
        Assert.Equal("2041-03-31T10:00:00.000Z", now.GetProperty("currentBillingPeriodStart").GetString());
        Assert.Equal("2041-04-30T10:00:00.000Z", now.GetProperty("currentBillingPeriodEnd").GetString());
        Assert.Equal("2040-01-31T10:00:00.000Z", now.GetProperty("billingCycleAnchor").GetString());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Annual_plan_bought_on_a_leap_day_renews_on_it_every_fourth_year(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-02-29T00:00:00Z");
        await story.CatalogAsync();
        await story.PostAsync("/api/v1/customers", new { id = "leap" });
        await story.ProvisionAsync(new { customerId = "leap", planId = "basic", billingPeriod = "ANNUALLY" });

        await story.AdvanceAsync(new { by = "P14M" });

        Assert.Equal(
            [
                "2040-02-29T00:00:00Z CUSTOMER_CREATED",
                "2040-02-29T00:00:00Z SUBSCRIPTION_CREATED",
                "2040-03-28T23:00:00Z SUBSCRIPTION_BILLING_MONTH_ENDS_SOON",
                "2040-04-28T23:00:00Z SUBSCRIPTION_BILLING_MONTH_ENDS_SOON",
                "2040-05-28T23:00:00Z SUBSCRIPTION_BILLING_MONTH_ENDS_SOON",
                "2040-06-28T23:00:00Z SUBSCRIPTION_BILLING_MONTH_ENDS_SOON",
                "2040-07-28T23:00:00Z SUBSCRIPTION_BILLING_MONTH_ENDS_SOON",
                "2040-08-28T23:00:00Z SUBSCRIPTION_BILLING_MONTH_ENDS_SOON",
                "2040-09-28T23:00:00Z SUBSCRIPTION_BILLING_MONTH_ENDS_SOON",
                "2040-10-28T23:00:00Z SUBSCRIPTION_BILLING_MONTH_ENDS_SOON",
                "2040-11-28T23:00:00Z SUBSCRIPTION_BILLING_MONTH_ENDS_SOON",
                "2040-12-28T23:00:00Z SUBSCRIPTION_BILLING_MONTH_ENDS_SOON",
                "2041-01-28T23:00:00Z SUBSCRIPTION_BILLING_MONTH_ENDS_SOON",
                "2041-02-27T23:00:00Z SUBSCRIPTION_BILLING_MONTH_ENDS_SOON",
                "2041-02-28T00:00:00Z SUBSCRIPTION_UPDATED",
                "2041-03-28T23:00:00Z SUBSCRIPTION_BILLING_MONTH_ENDS_SOON",
                "2041-04-28T23:00:00Z SUBSCRIPTION_BILLING_MONTH_ENDS_SOON",
            ],
            await story.EventsAsync("leap"));

        await story.AdvanceAsync(new { to = "2044-03-01T00:00:00Z" });

        Assert.Equal(
            [
                "2041-02-28T00:00:00Z SUBSCRIPTION_UPDATED",
                "2042-02-28T00:00:00Z SUBSCRIPTION_UPDATED",
                "2043-02-28T00:00:00Z SUBSCRIPTION_UPDATED",
                "2044-02-29T00:00:00Z SUBSCRIPTION_UPDATED",
            ],
            await story.EventsAsync("leap", "SUBSCRIPTION_UPDATED"));
    }
}
