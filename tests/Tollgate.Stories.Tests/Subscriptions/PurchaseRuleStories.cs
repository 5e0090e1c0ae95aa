using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Subscriptions;

/// <summary>What a purchase may name, and what is noted of one that is refused (spec subscriptions 4, 9.1 and 14, catalog 8.3 and 10).</summary>
public sealed class PurchaseRuleStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task First_paid_subscription_fixes_the_currency_also_once_it_ended(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.PostAsync("/api/v1/products", new { id = "other", displayName = "Other" });
        await story.PlanAsync(new("local", Price.Flat(20).Localized("IN", 900, "inr")));
        await story.PlanAsync(new("global", Price.Flat(50)) { Product = "other" });
        foreach (var customer in (string[])["ended", "trying", "anywhere"])
            await story.CustomerAsync(customer);

        var paid = await story.SubscribeAsync("ended", "local", with: new { billingCountryCode = "IN" });
        await story.CancelAsync(paid);
        var elsewhere = await RefusedAsync("ended", "local", "US");
        await story.SubscribeAsync("ended", "local", with: new { billingCountryCode = "IN" });
        var trial = await story.SubscribeAsync("trying", "local", with: new
        {
            billingCountryCode = "IN",
            trialOverrideConfiguration = new
            {
                isTrial = true,
                trialEndDate = "2040-06-15T00:00:00Z",
                trialEndBehavior = "CONVERT_TO_PAID",
            },
        });
        var beside = await RefusedAsync("trying", "global", "IN");
        await story.AdvanceAsync(new { to = "2040-06-16T00:00:00Z" });
        await story.SubscribeAsync("anywhere", "local", with: new { billingCountryCode = "zz9" });

        Assert.Equal(("400 InvalidArgumentError", "400 InvalidArgumentError"), (elsewhere, beside));
        Assert.StartsWith("ACTIVE local", await story.StateAsync(trial), StringComparison.Ordinal);
        Assert.All(await story.BillsAsync("ended"), bill => Assert.EndsWith("inr", bill, StringComparison.Ordinal));
        // Nobody knows that country: the default price.
        Assert.Equal(
            ["2040-06-16 #5 PAID SUBSCRIPTION_CREATION | Local - base fee 20.00 | total 20.00 due 20.00"],
            await story.BillsAsync("anywhere"));

        Task<string> RefusedAsync(string customer, string plan, string country) => story.RefusedAsync(
            HttpMethod.Post,
            "/api/v1/subscriptions",
            new { customerId = customer, planId = plan, billingPeriod = "MONTHLY", billingCountryCode = country });
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Variable_value_of_an_enum_is_given_and_a_refused_purchase_is_noted(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.PostAsync("/api/v1/features", new
        {
            id = "region",
            displayName = "Region",
            featureType = "ENUM",
            enumConfiguration = new[] { new { value = "eu", displayName = "EU" }, new { value = "us", displayName = "US" } },
        });
        await story.PlanAsync(new("deal")
        {
            Type = "CUSTOM",
            Limits = [new() { ["id"] = "region", ["type"] = "FEATURE", ["isCustom"] = true }],
        });
        await story.CustomerAsync("ann");

        var without = await story.RefusedAsync(
            HttpMethod.Post, "/api/v1/subscriptions", new { customerId = "ann", planId = "deal", id = "first" });
        var unknown = await story.RefusedAsync(
            HttpMethod.Post, "/tollgate/v1/customers/provision", new { customer = new { id = "ann" }, subscription = Deal("asia") });
        await story.PostAsync("/api/v1/subscriptions", Deal("us"));

        Assert.Equal(("400 BadUserInput", "400 BadUserInput"), (without, unknown));
        Assert.Equal((true, false), (await IsGrantedAsync("us"), await IsGrantedAsync("eu")));
        Assert.Equal(
            ["2040-06-01T00:00:00Z CREATE_SUBSCRIPTION_FAILED", "2040-06-01T00:00:00Z CREATE_SUBSCRIPTION_FAILED"],
            await story.EventsAsync("ann", "CREATE_SUBSCRIPTION_FAILED"));
        var note = (await story.GetAsync("/tollgate/v1/events?type=CREATE_SUBSCRIPTION_FAILED"))[1];
        Assert.Equal("first", note.GetProperty("entityId").GetString());
        Assert.Contains("region", note.ToString(), StringComparison.Ordinal);

        async Task<bool> IsGrantedAsync(string region) => (await story.GetAsync(
                $"/api/v1/customers/ann/entitlements/check?featureId=region&requestedValues={region}"))
            .GetProperty("isGranted").GetBoolean();

        static object Deal(string region) => new
        {
            customerId = "ann",
            planId = "deal",
            entitlements = new[] { new { id = "region", type = "FEATURE", enumValues = new[] { region } } },
        };
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task New_payer_needs_a_method_and_an_end_at_a_date_prorates_when_asked(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.PatchAsync("/tollgate/v1/billing", new { paymentMethodRequired = true });
        await story.PlanAsync(new("pro", Price.Flat(90)));
        foreach (var customer in (string[])["ann", "bob", "parent"])
        {
            await story.CustomerAsync(customer);
            if (customer != "parent")
                await story.PayWithAsync(customer, "pm_ok");
        }

        var asked = await story.SubscribeAsync("ann", "pro");
        var silent = await story.SubscribeAsync("bob", "pro");
        var refused = await story.RefusedAsync(
            HttpMethod.Post, $"/api/v1/subscriptions/{asked}/delegate", new { targetCustomerId = "parent" });
        await story.PayWithAsync("parent", "pm_ok");
        await story.PostAsync($"/api/v1/subscriptions/{asked}/delegate", new { targetCustomerId = "parent" });
        var end = new { cancellationTime = "SPECIFIC_DATE", endDate = "2040-06-16T00:00:00Z" };
        await story.CancelAsync(silent, end);
        await story.CancelAsync(asked, new { end.cancellationTime, end.endDate, prorate = true });
        await story.AdvanceAsync(new { to = "2040-06-20T00:00:00Z" });

        Assert.EndsWith("PaymentMethodNotFoundError", refused, StringComparison.Ordinal);
        Assert.Equal(
            ["2040-06-16 #3 CREDIT_NOTE SUBSCRIPTION_UPDATE | Unused time on Pro - base fee -45.00 | total -45.00 due 0.00"],
            await story.BillsFromAsync("ann", 2));
        Assert.Single(await story.BillsAsync("bob"));
        Assert.Empty(await story.BillsAsync("parent"));
    }
}
