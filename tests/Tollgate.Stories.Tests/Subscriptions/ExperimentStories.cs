using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Subscriptions;

/// <summary>A reverse trial tried on new customers (spec subscriptions 16).</summary>
public sealed class ExperimentStories(StoryServers servers)
{
    private static readonly object ReverseTrial = new
    {
        subscriptionStartSetup = "TRIAL_PERIOD",
        subscriptionStartPlanId = "pro",
        subscriptionEndSetup = "DOWNGRADE_TO_FREE",
        downgradePlanId = "free",
        subscriptionCancellationTime = "IMMEDIATE",
    };

    /// <summary>
    /// The product leaves the choice to the customer; the variant tries pro for 14 days from Jan 10 to 24 and falls back to free.
    /// One of its two customers buys pro on Jan 20: 20 on Jan 20, Feb 20 and Mar 20 are 60, and half of them converted.
    /// </summary>
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Reverse_trial_is_tried_on_everybody_new_and_measured(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2041-01-10T09:00:00Z");
        await story.CatalogAsync();
        await story.PostAsync("/api/v1/customers", new { id = "old" });
        await story.PostAsync("/tollgate/v1/experiments", new
        {
            id = "reverse",
            name = "Reverse trial",
            productId = "product-default",
            controlGroupName = "Choose",
            variantGroupName = "Try pro",
            variantPercentage = 100,
            productSettings = ReverseTrial,
        });
        await story.PostAsync("/tollgate/v1/experiments/reverse/start", new { });
        await story.PostAsync("/api/v1/customers", new { id = "nina" });
        await story.PostAsync("/api/v1/customers", new { id = "rolf" });
        await story.PostAsync("/api/v1/customers", new { id = "shy", excludeFromExperiment = true });

        await story.AdvanceAsync(new { to = "2041-01-20T09:00:00Z" });
        await story.PayWithAsync("nina", "pm_ok");
        await story.ProvisionAsync(new
        {
            customerId = "nina",
            planId = "pro",
            billingPeriod = "MONTHLY",
            trialOverrideConfiguration = new { isTrial = false },
        });
        await story.PostAsync("/tollgate/v1/experiments/reverse/stop", new { });
        await story.PostAsync("/api/v1/customers", new { id = "late" });
        await story.AdvanceAsync(new { to = "2041-04-01T00:00:00Z" });

        Assert.Equal(["pro ACTIVE"], await HeldAsync(story, "nina"));
        Assert.Equal(["pro EXPIRED", "free ACTIVE"], await HeldAsync(story, "rolf"));
        foreach (var other in new[] { "old", "shy", "late" })
            Assert.Empty(await HeldAsync(story, other));
        Assert.Equal(
            [
                "2041-01-10T09:00:00Z CUSTOMER_CREATED",
                "2041-01-10T09:00:00Z SUBSCRIPTION_CREATED",
                "2041-01-10T09:00:00Z SUBSCRIPTION_TRIAL_STARTED",
                "2041-01-17T09:00:00Z SUBSCRIPTION_TRIAL_ENDS_SOON",
                "2041-01-24T09:00:00Z SUBSCRIPTION_TRIAL_EXPIRED",
                "2041-01-24T09:00:00Z SUBSCRIPTION_CREATED",
            ],
            await story.EventsAsync("rolf"));
        const string info = """{"id":"reverse","name":"Reverse trial","groupName":"Try pro","groupType":"VARIANT"}""";
        Assert.Equal(info, await InEventAsync(story, "rolf", "CUSTOMER_CREATED"));
        Assert.Equal(info, await InEventAsync(story, "rolf", "SUBSCRIPTION_TRIAL_EXPIRED"));
        Assert.Null(await InEventAsync(story, "shy", "CUSTOMER_CREATED"));
        var assigned = await story.GetAsync("/tollgate/v1/customers/rolf/experiment");
        Assert.Equal(
            [info, info],
            assigned.GetProperty("subscriptions").EnumerateArray().Select(s => s.GetProperty("experimentInfo").GetRawText()));
        Assert.True((await story.GetAsync("/tollgate/v1/customers/shy/experiment"))
            .GetProperty("excludeFromExperiment").GetBoolean());
        var statistics = await story.GetAsync("/tollgate/v1/experiments/reverse/statistics");
        Assert.Equal("COMPLETED", statistics.GetProperty("status").GetString());
        Assert.Equal(
            """{"groupName":"Choose","customers":0,"payingCustomers":0,"conversion":null,"subscriptions":0,"paidSubscriptions":0,"revenue":[]}""",
            statistics.GetProperty("control").GetRawText());
        Assert.Equal(
            """{"groupName":"Try pro","customers":2,"payingCustomers":1,"conversion":0.5,"subscriptions":3,"paidSubscriptions":1,"revenue":[{"currency":"usd","amount":60}]}""",
            statistics.GetProperty("variant").GetRawText());
    }

    private static async Task<IReadOnlyList<string>> HeldAsync(Story story, string customer) =>
        [.. (await story.GetAsync($"/api/v1/subscriptions?customerId={customer}")).EnumerateArray().Reverse()
            .Select(s => $"{s.GetProperty("planId").GetString()} {s.GetProperty("status").GetString()}")];

    /// <summary>The experiment in the entity that the customer's only event of the type shows; null when it shows none.</summary>
    private static async Task<string?> InEventAsync(Story story, string customer, string type)
    {
        var told = (await story.GetAsync($"/tollgate/v1/events?customerId={customer}&type={type}")).EnumerateArray().Single();
        return told.GetProperty("after").TryGetProperty("experimentInfo", out var info) ? info.GetRawText() : null;
    }
}
