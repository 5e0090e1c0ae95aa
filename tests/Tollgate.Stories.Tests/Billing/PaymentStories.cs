using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Billing;

/// <summary>Who pays when, and what happens when a payment fails (spec subscriptions 5.4 and 15).</summary>
public sealed class PaymentStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Free_and_custom_plans_and_what_is_backdated_are_not_charged(DatabaseKind database)
    {
        var story = await StartAsync(database);
        await story.SubscribeAsync("free-one", "free", null);
        await story.SubscribeAsync("custom-one", "custom", null);
        await story.SubscribeAsync("late-one", "pro", with: new { startDate = "2039-12-20T00:00:00Z" });

        await story.AdvanceAsync(new { to = "2040-01-20T00:00:00Z" });

        Assert.Empty(await story.BillsAsync("free-one"));
        Assert.Empty(await story.BillsAsync("custom-one"));
        // Started December 20: the running period was paid elsewhere, the first charge is on January 20.
        Assert.Equal(
            ["2040-01-20 #1 PAID BILLING_CYCLE | Pro - base fee 49.00 | total 49.00 due 49.00"],
            await story.BillsAsync("late-one"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Future_start_is_charged_when_it_starts(DatabaseKind database)
    {
        var story = await StartAsync(database);
        await story.PayWithAsync("ann", "pm_ok");
        await story.SubscribeAsync("ann", "pro", with: new { startDate = "2040-02-01T00:00:00Z" });
        Assert.Empty(await story.BillsAsync("ann"));

        await story.AdvanceAsync(new { to = "2040-02-01T00:00:00Z" });

        Assert.Equal(
            ["2040-02-01 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 49.00 | total 49.00 due 49.00"],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Guide_B_invoice_is_open_until_it_is_marked_paid(DatabaseKind database)
    {
        var story = await StartAsync(database);
        var id = await story.SubscribeAsync("ann", "pro", with: new
        {
            paymentCollectionMethod = "INVOICE",
            billingInformation = new { invoiceDaysUntilDue = 30 },
        });
        Assert.StartsWith("ACTIVE pro 2040-01-15..2040-02-15", await story.StateAsync(id), StringComparison.Ordinal);
        Assert.Equal(
            ["2040-01-15 #1 OPEN SUBSCRIPTION_CREATION | Pro - base fee 49.00 | total 49.00 due 49.00"],
            await story.BillsAsync("ann"));
        var invoice = (await story.GetAsync("/api/v1/customers/ann/invoices"))[0];
        Assert.Equal("2040-02-14T00:00:00.000Z", invoice.GetProperty("dueDate").GetString());

        await story.PostAsync($"/api/v1/subscriptions/{id}/invoice/paid", new { });

        Assert.Equal(
            ["2040-01-15 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 49.00 | total 49.00 due 49.00"],
            await story.BillsAsync("ann"));
        Assert.EndsWith("SubscriptionInvoiceStatusError", await story.RefusedAsync(
            HttpMethod.Post, $"/api/v1/subscriptions/{id}/invoice/paid", new { }), StringComparison.Ordinal);
        await story.PostAsync("/api/v1/customers", new { id = "nomail" });
        Assert.EndsWith("CustomerHasNoEmailAddress", await story.RefusedAsync(
            HttpMethod.Post,
            "/api/v1/subscriptions",
            new { customerId = "nomail", planId = "pro", billingPeriod = "MONTHLY", paymentCollectionMethod = "INVOICE" }),
            StringComparison.Ordinal);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Environment_that_keeps_unpaid_subscriptions_goes_on_with_the_payment_error(DatabaseKind database)
    {
        var story = await StartAsync(database);
        await story.PatchAsync("/tollgate/v1/billing", new { dunning = new { retryAfterDays = new[] { 2 }, finalAction = "KEEP" } });
        await story.PayWithAsync("ann", "pm_ok");
        var id = await story.SubscribeAsync("ann", "pro");
        await story.PayWithAsync("ann", "pm_expired");

        await story.AdvanceAsync(new { to = "2040-02-28T00:00:00Z" });

        Assert.Equal("ACTIVE pro 2040-02-15..2040-03-15 FAILED", await story.StateAsync(id));
        Assert.Equal(
            ["2040-02-15T00:00:00Z CUSTOMER_PAYMENT_FAILED", "2040-02-17T00:00:00Z CUSTOMER_PAYMENT_FAILED"],
            await story.EventsAsync("ann", "CUSTOMER_PAYMENT_FAILED"));
        Assert.StartsWith("2040-02-15 #2 OPEN", (await story.BillsAsync("ann"))[1], StringComparison.Ordinal);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Another_customer_pays_when_named_and_only_the_first_is_entitled(DatabaseKind database)
    {
        var story = await StartAsync(database);
        await story.CustomerAsync("parent");
        await story.PayWithAsync("parent", "pm_ok");
        await story.SubscribeAsync("ann", "pro", with: new { payingCustomerId = "parent" });

        await story.AdvanceAsync(new { to = "2040-02-15T00:00:00Z" });

        Assert.Empty(await story.BillsAsync("ann"));
        Assert.Equal(
            [
                "2040-01-15 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 49.00 | total 49.00 due 49.00",
                "2040-02-15 #2 PAID BILLING_CYCLE | Pro - base fee 49.00 | total 49.00 due 49.00",
            ],
            await story.BillsAsync("parent"));
        Assert.StartsWith("granted", await story.SayAsync("ann", "sso"), StringComparison.Ordinal);
        Assert.Equal("NoActiveSubscription", await story.SayAsync("parent", "sso"));
    }

    private async Task<Story> StartAsync(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-15T00:00:00Z");
        await story.PostAsync("/api/v1/features", new { id = "sso", displayName = "Sso", featureType = "BOOLEAN" });
        await story.PlanAsync(new("free"));
        await story.PlanAsync(new("custom") { Type = "CUSTOM" });
        await story.PlanAsync(new("pro", Price.Flat(49)) { Limits = [new() { ["id"] = "sso", ["type"] = "FEATURE" }] });
        foreach (var customer in (string[])["ann", "free-one", "custom-one", "late-one"])
            await story.CustomerAsync(customer);
        return story;
    }
}
