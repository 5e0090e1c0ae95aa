using System.Text.Json;
using Tollgate.Storage;

namespace Tollgate.Stories.Tests.Billing;

/// <summary>Renewals that cannot be charged, months ahead (spec subscriptions 15).</summary>
public sealed class DunningStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Card_that_goes_bad_is_tried_again_until_a_better_one_is_attached(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-10T10:00:00Z");
        await story.CatalogAsync();
        await story.PostAsync("/api/v1/customers", new { id = "dan" });
        await AttachAsync(story, "pm_ok");
        await story.ProvisionAsync(new { customerId = "dan", planId = "basic", billingPeriod = "MONTHLY" });
        await AttachAsync(story, "pm_decline");

        // The renewal of February 10 fails, so do the retries 3 and 5 days after the failure before.
        await story.AdvanceAsync(new { to = "2040-02-18T10:00:00Z" });
        Assert.Equal(
            [
                "2040-02-10T10:00:00Z CUSTOMER_PAYMENT_FAILED", "2040-02-13T10:00:00Z CUSTOMER_PAYMENT_FAILED",
                "2040-02-18T10:00:00Z CUSTOMER_PAYMENT_FAILED",
            ],
            await story.EventsAsync("dan", "CUSTOMER_PAYMENT_FAILED"));
        Assert.Equal(["PAID 1", "OPEN 3"], await InvoicesAsync(story));

        await AttachAsync(story, "pm_ok");
        await story.AdvanceAsync(new { to = "2040-02-25T10:00:00Z" });
        Assert.Equal(["PAID 1", "PAID 4"], await InvoicesAsync(story));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Card_that_stays_bad_is_given_up_after_the_last_retry(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-10T10:00:00Z");
        await story.PatchAsync("/tollgate/v1/billing", new { dunning = new { retryAfterDays = new[] { 1, 2 } } });
        await story.CatalogAsync();
        await story.PostAsync("/api/v1/customers", new { id = "dan" });
        await AttachAsync(story, "pm_ok");
        await story.ProvisionAsync(new { customerId = "dan", planId = "basic", billingPeriod = "MONTHLY" });
        await AttachAsync(story, "pm_decline");

        await story.AdvanceAsync(new { to = "2040-02-20T10:00:00Z" });

        Assert.Equal(
            [
                "2040-02-10T10:00:00Z CUSTOMER_PAYMENT_FAILED", "2040-02-11T10:00:00Z CUSTOMER_PAYMENT_FAILED",
                "2040-02-13T10:00:00Z CUSTOMER_PAYMENT_FAILED",
            ],
            await story.EventsAsync("dan", "CUSTOMER_PAYMENT_FAILED"));
        Assert.Equal(["2040-02-13T10:00:00Z INVOICE_UNCOLLECTIBLE"], await story.EventsAsync("dan", "INVOICE_UNCOLLECTIBLE"));
        Assert.Equal(["PAID 1", "UNCOLLECTIBLE 3"], await InvoicesAsync(story));
    }

    private static Task<JsonElement> AttachAsync(Story story, string method) => story.PostAsync(
        "/api/v1/customers/dan/payment-method",
        new { integrationId = "builtin", paymentMethodId = method, vendorIdentifier = "STRIPE" });

    /// <summary>Status and attempts of each, the oldest first.</summary>
    private static async Task<IEnumerable<string>> InvoicesAsync(Story story) =>
        (await story.GetAsync("/tollgate/v1/invoices?customerId=dan")).EnumerateArray().Reverse().Select(invoice =>
            $"{invoice.GetProperty("status").GetString()} {invoice.GetProperty("attemptCount").GetInt32()}");
}
