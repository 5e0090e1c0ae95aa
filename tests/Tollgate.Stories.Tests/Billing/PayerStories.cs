using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Billing;

/// <summary>Subscriptions that change hands, and money that goes back to whoever paid it (spec subscriptions 5.4, 10 and 14).</summary>
public sealed class PayerStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Usage_from_before_a_transfer_or_a_new_manager_is_billed_with_the_next_bill(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-03-01T00:00:00Z");
        await story.PostAsync("/api/v1/products", new { id = "sites", displayName = "Sites", multipleSubscriptions = true });
        await story.MeterAsync("calls");
        await story.MeterAsync("storage", "FLUCTUATING");
        await story.PlanAsync(new("site", Price.Flat(5), Price.Usage("calls", 1).Monthly(), Price.Usage("storage", 2))
        {
            Product = "sites",
        });
        foreach (var customer in (string[])["ann", "bob", "eve"])
            await story.CustomerAsync(customer);
        var moved = await story.SubscribeAsync("ann", "site", with: new { resourceId = "w1" });
        var handed = await story.SubscribeAsync("bob", "site", with: new { resourceId = "w1" });
        await story.AdvanceAsync(new { to = "2040-03-05T00:00:00Z" });
        await story.ReportAsync("ann", "calls", 100, resource: "w1");
        await story.ReportAsync("ann", "storage", 30, resource: "w1");
        await story.ReportAsync("bob", "calls", 10, resource: "w1");
        await story.AdvanceAsync(new { to = "2040-03-10T00:00:00Z" });
        await story.PostAsync($"/api/v1/subscriptions/{moved}/transfer", new { destinationResourceId = "w2" });
        await story.PostAsync(
            $"/tollgate/v1/subscriptions/{handed}/delegate-management", new { destinationCustomerId = "eve" });
        await story.AdvanceAsync(new { to = "2040-03-12T00:00:00Z" });
        await story.ReportAsync("ann", "calls", 5, resource: "w2");
        await story.ReportAsync("ann", "storage", 4, resource: "w2");
        await story.ReportAsync("eve", "calls", 3, resource: "w1");
        await story.AdvanceAsync(new { to = "2040-04-01T00:00:00Z" });

        // A level is what it is at the end, where the subscription is then: 4 x 2.
        Assert.Equal(
            ["2040-04-01 #3 PAID BILLING_CYCLE | Site - base fee 5.00 | Site - Calls 100 x 1 = 100.00 | Site - Calls 5 x 1 = 5.00 "
                + "| Site - Storage 4 x 2 = 8.00 | total 118.00 due 118.00"],
            await story.BillsFromAsync("ann", 2));
        Assert.Equal(
            ["2040-04-01 #4 PAID BILLING_CYCLE | Site - base fee 5.00 | Site - Calls 10 x 1 = 10.00 | Site - Calls 3 x 1 = 3.00 "
                + "| Site - Storage 0 x 2 = 0.00 | total 18.00 due 18.00"],
            await story.BillsFromAsync("bob", 2));
        Assert.Empty(await story.BillsAsync("eve"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Unused_time_goes_back_to_who_paid_it_and_only_what_was_charged(DatabaseKind database)
    {
        var story = await StartAsync(database);
        var paid = await story.SubscribeAsync("ann", "pro");
        var raised = await story.SubscribeAsync("bob", "basic");
        var uncollected = await story.SubscribeAsync("eve", "basic", with: new { paymentCollectionMethod = "NONE" });
        await story.AdvanceAsync(new { to = "2040-06-16T00:00:00Z" });
        foreach (var id in (string[])[paid, raised])
            await story.PostAsync($"/api/v1/subscriptions/{id}/delegate", new { targetCustomerId = "parent" });
        await story.CancelAsync(paid, new { cancellationTime = "IMMEDIATE", prorate = true });
        await story.SubscribeAsync("bob", "pro");
        await story.SubscribeAsync("eve", "pro", with: new { paymentCollectionMethod = "CHARGE" });
        var taken = await story.SubscribeAsync("dan", "basic", "ANNUALLY", new { startDate = "2040-05-01T00:00:00Z" });
        await story.CancelAsync(taken, new { cancellationTime = "IMMEDIATE", prorate = true });

        // Half of June: 45 of 90, 15 of 30.
        Assert.Equal(
            ["2040-06-16 #3 CREDIT_NOTE SUBSCRIPTION_UPDATE | Unused time on Pro - base fee -45.00 | total -45.00 due 0.00"],
            await story.BillsFromAsync("ann", 2));
        Assert.Equal(
            ["2040-06-16 #5 CREDIT_NOTE SUBSCRIPTION_UPDATE | Unused time on Basic - base fee -15.00 | total -15.00 due 0.00"],
            await story.BillsFromAsync("bob", 2));
        Assert.Equal(
            ["2040-06-16 #4 PAID SUBSCRIPTION_UPDATE | Remaining time on Pro - base fee 45.00 | total 45.00 due 45.00"],
            await story.BillsAsync("parent"));
        Assert.Equal(
            ["2040-06-16 #6 PAID SUBSCRIPTION_UPDATE | Remaining time on Pro - base fee 45.00 | total 45.00 due 45.00"],
            await story.BillsAsync("eve"));
        Assert.Empty(await story.BillsAsync("dan"));
        Assert.Equal(
            ("45.00 usd", "15.00 usd", "", ""),
            (await story.BalanceAsync("ann"), await story.BalanceAsync("bob"), await story.BalanceAsync("parent"),
                await story.BalanceAsync("dan")));
        Assert.StartsWith("ACTIVE pro", await story.StateAsync(uncollected), StringComparison.Ordinal);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Guide_B_payment_link_keeps_the_method_charges_later_bills_and_dies_at_the_due_date(DatabaseKind database)
    {
        var story = await StartAsync(database);
        var sent = new { paymentCollectionMethod = "INVOICE", billingInformation = new { invoiceDaysUntilDue = 10 } };
        await story.SubscribeAsync("ann", "basic", with: sent);
        await story.SubscribeAsync("bob", "basic", with: sent);
        await story.AdvanceAsync(new { to = "2040-06-05T00:00:00Z" });
        await PayAsync("ann");
        await story.AdvanceAsync(new { to = "2040-06-11T00:00:00Z" });
        await PayAsync("bob");
        await story.AdvanceAsync(new { to = "2040-06-16T00:00:00Z" });
        await story.SubscribeAsync("ann", "pro");
        await story.PayWithAsync("ann", "pm_decline");
        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });
        await story.PayWithAsync("ann", "pm_ok");
        await story.AdvanceAsync(new { to = "2040-08-01T00:00:00Z" });

        // The method is charged for what follows the first bill; what it declines waits as a bill that was sent does.
        Assert.Equal(
            [
                "2040-06-01 #1 PAID SUBSCRIPTION_CREATION | Basic - base fee 30.00 | total 30.00 due 30.00",
                "2040-06-16 #3 PAID SUBSCRIPTION_UPDATE | Unused time on Basic - base fee -15.00 "
                    + "| Remaining time on Pro - base fee 45.00 | total 30.00 due 30.00",
                "2040-07-01 #4 OPEN BILLING_CYCLE | Pro - base fee 90.00 | total 90.00 due 90.00",
                "2040-08-01 #6 PAID BILLING_CYCLE | Pro - base fee 90.00 | total 90.00 due 90.00",
            ],
            await story.BillsAsync("ann"));
        Assert.Equal(
            ["2040-06-01 #2 OPEN", "2040-07-01 #5 OPEN", "2040-08-01 #7 OPEN"],
            (await story.BillsAsync("bob")).Select(bill => bill[..18]));

        async Task PayAsync(string customer)
        {
            var invoice = (await story.GetAsync($"/tollgate/v1/invoices?customerId={customer}"))[0];
            await story.FillInAsync(
                invoice.GetProperty("paymentUrl").GetString()!, new() { ["cardNumber"] = "4242424242424242" });
        }
    }

    private async Task<Story> StartAsync(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.PlanAsync(new("basic", Price.Flat(30, 300)));
        await story.PlanAsync(new("pro", Price.Flat(90)));
        foreach (var customer in (string[])["ann", "bob", "eve", "dan", "parent"])
            await story.CustomerAsync(customer);
        return story;
    }
}
