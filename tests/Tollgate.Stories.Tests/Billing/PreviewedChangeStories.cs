using System.Text.Json;
using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Billing;

/// <summary>What is previewed of changes that wait, of updates and of cancellations (spec subscriptions 11).</summary>
public sealed class PreviewedChangeStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Downgrade_that_waits_costs_nothing_now_and_the_smaller_price_then(DatabaseKind database)
    {
        var story = await StartAsync(database);
        await story.SubscribeAsync("ann", "pro");
        await story.AdvanceAsync(new { to = "2040-06-16T00:00:00Z" });

        var preview = await story.PostAsync("/api/v1/subscriptions/preview", new
        {
            customerId = "ann",
            planId = "basic",
            billingPeriod = "MONTHLY",
            scheduleStrategy = "END_OF_BILLING_PERIOD",
        });

        Assert.True(preview.GetProperty("hasScheduledUpdates").GetBoolean());
        Assert.True(preview.GetProperty("isPlanDowngrade").GetBoolean());
        Assert.Equal("subTotal 0.00 total 0.00", Immediate(preview));
        Assert.Equal("Basic - base fee 30.00 | subTotal 30.00 total 30.00", Recurring(preview));
        Assert.Equal("2040-06-01 - 2040-07-01", Range(preview));
        Assert.Equal("2040-06-01 - 2040-07-01", Range(preview.GetProperty("immediateInvoice")));
        Assert.Equal("2040-07-01 - 2040-08-01", Range(preview.GetProperty("recurringInvoice")));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task What_waits_already_is_in_the_preview_of_another_change(DatabaseKind database)
    {
        var story = await StartAsync(database);
        var id = await story.SubscribeAsync("ann", "team", with: new { charges = Committed.Units(("seats", 5)) });
        await story.UpdateAsync(id, new
        {
            charges = Committed.Units(("seats", 3)),
            scheduleStrategy = "END_OF_BILLING_PERIOD",
        });
        await story.AdvanceAsync(new { to = "2040-06-16T00:00:00Z" });

        var addon = await UpdatePreviewAsync(story, id, new { addons = new[] { new { id = "support", quantity = 1 } } });
        await story.UpdateAsync(id, new { addons = new[] { new { id = "support", quantity = 1 } } });
        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });

        // Half of June is left: 15 / 2. From July on there are 3 seats at 12, not 5.
        Assert.True(addon.GetProperty("hasScheduledUpdates").GetBoolean());
        Assert.Equal("Remaining time on Support - base fee 7.50 | subTotal 7.50 total 7.50", Immediate(addon));
        Assert.Equal(
            "Team - base fee 49.00 | Team - Seats 3 x 12 = 36.00 | Support - base fee 15.00 | subTotal 100.00 total 100.00",
            Recurring(addon));
        Assert.Equal(
            ["2040-07-01 #3 PAID BILLING_CYCLE | Team - base fee 49.00 | Team - Seats 3 x 12 = 36.00 "
                + "| Support - base fee 15.00 | total 100.00 due 100.00"],
            await story.BillsFromAsync("ann", 3));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Change_of_period_that_waits_is_previewed_with_its_own_period(DatabaseKind database)
    {
        var story = await StartAsync(database);
        var id = await story.SubscribeAsync("ann", "pro", "ANNUALLY");

        var preview = await UpdatePreviewAsync(story, id, new
        {
            billingPeriod = "MONTHLY",
            scheduleStrategy = "END_OF_BILLING_PERIOD",
        });

        Assert.Equal("2040-06-01 - 2041-06-01", Range(preview));
        Assert.Equal("2041-06-01 - 2041-07-01", Range(preview.GetProperty("recurringInvoice")));
        Assert.Equal("Pro - base fee 90.00 | subTotal 90.00 total 90.00", Recurring(preview));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Update_is_previewed_with_discount_tax_and_balance_as_it_is_billed(DatabaseKind database)
    {
        var story = await StartAsync(database);
        await story.PatchAsync("/tollgate/v1/billing", new { taxPercentage = 10 });
        var id = await story.SubscribeAsync("ann", "pro", with: new { appliedCoupon = new { couponId = "save20" } });
        await story.AdvanceAsync(new { to = "2040-06-16T00:00:00Z" });

        var preview = await UpdatePreviewAsync(story, id, new { addons = new[] { new { id = "support", quantity = 2 } } });
        await story.UpdateAsync(id, new { addons = new[] { new { id = "support", quantity = 2 } } });

        // 2 x 15 = 30, half of it 15, 20 % off 12; 10 % tax 1.20. Prorations are net: discount 0, the coupon is still named.
        Assert.Equal("Remaining time on Support - base fee 12.00 | subTotal 12.00 tax 1.20 total 13.20", Immediate(preview));
        var details = preview.GetProperty("immediateInvoice").GetProperty("discountDetails");
        Assert.Equal(("save20", 20m), (details.GetProperty("code").GetString(), details.GetProperty("percentage").GetDecimal()));
        // 90 + 30 = 120, 20 % off 24, tax 9.60.
        Assert.Equal(
            "Pro - base fee 90.00 | Support - base fee 2 x 15 = 30.00 | subTotal 120.00 discount 24.00 tax 9.60 total 105.60",
            Recurring(preview));
        var discount = Assert.Single(preview.GetProperty("recurringInvoice").GetProperty("discounts").EnumerateArray());
        Assert.Equal((24m, "usd"), (discount.GetProperty("amount").GetDecimal(), discount.GetProperty("currency").GetString()));
        Assert.Equal(
            ["2040-06-16 #2 PAID SUBSCRIPTION_UPDATE | Remaining time on Support - base fee 12.00 "
                + "| tax 1.20 total 13.20 due 13.20"],
            await story.BillsFromAsync("ann", 2));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Cancellation_is_previewed_with_what_it_gives_back(DatabaseKind database)
    {
        var story = await StartAsync(database);
        var id = await story.SubscribeAsync("ann", "pro");
        await story.AdvanceAsync(new { to = "2040-06-16T00:00:00Z" });

        var now = await CancelPreviewAsync(story, id, new { cancellationTime = "IMMEDIATE", prorate = true });
        var kept = await CancelPreviewAsync(story, id, new { cancellationTime = "IMMEDIATE", prorate = false });
        var later = await CancelPreviewAsync(story, id, new { cancellationTime = "END_OF_BILLING_PERIOD" });
        Assert.Equal("ACTIVE", (await story.GetAsync($"/api/v1/subscriptions/{id}")).GetProperty("status").GetString());
        await story.CancelAsync(id, new { cancellationTime = "IMMEDIATE", prorate = true });

        // Half of 90; nothing is due and nothing follows.
        Assert.Equal("Unused time on Pro - base fee -45.00 | subTotal -45.00 total 0.00", Immediate(now));
        Assert.Equal(0, kept.GetProperty("immediateInvoice").GetProperty("lines").GetArrayLength());
        Assert.Equal(0, later.GetProperty("immediateInvoice").GetProperty("lines").GetArrayLength());
        foreach (var preview in (JsonElement[])[now, kept, later])
            Assert.Equal(0, preview.GetProperty("recurringInvoice").GetProperty("total").GetDecimal());
        Assert.Equal("2040-06-01 - 2040-07-01", Range(later));
        Assert.Equal(
            ["2040-06-16 #2 CREDIT_NOTE SUBSCRIPTION_UPDATE | Unused time on Pro - base fee -45.00 | total -45.00 due 0.00"],
            await story.BillsFromAsync("ann", 2));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Previews_are_refused_as_the_change_would_be(DatabaseKind database)
    {
        var story = await StartAsync(database);
        var id = await story.SubscribeAsync("ann", "pro");

        Assert.Equal("404 SubscriptionNotFound", await story.RefusedAsync(
            HttpMethod.Post, "/tollgate/v1/subscriptions/nobody/preview-update", new { metadata = new { } }));
        Assert.Equal("400 IncompatibleSubscriptionAddon", await story.RefusedAsync(
            HttpMethod.Post, $"/tollgate/v1/subscriptions/{id}/preview-update", new { addons = new[] { new { id = "loose", quantity = 1 } } }));
        Assert.Equal("400 InvalidCancellationDate", await story.RefusedAsync(
            HttpMethod.Post, $"/tollgate/v1/subscriptions/{id}/preview-cancellation",
            new { cancellationTime = "SPECIFIC_DATE", endDate = "2040-05-01T00:00:00Z" }));
        await story.CancelAsync(id, new { cancellationTime = "IMMEDIATE" });
        Assert.Equal("409 SubscriptionAlreadyCanceledOrExpired", await story.RefusedAsync(
            HttpMethod.Post, $"/tollgate/v1/subscriptions/{id}/preview-cancellation", new { cancellationTime = "IMMEDIATE" }));
    }

    private async Task<Story> StartAsync(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.MeterAsync("seats", "FLUCTUATING");
        await story.CouponAsync("save20", percent: 20);
        await story.AddonAsync(new("support", Price.Flat(15, 150)));
        await story.AddonAsync(new("loose", Price.Flat(5, 50)));
        await story.PlanAsync(new("basic", Price.Flat(30, 300)));
        await story.PlanAsync(new("pro", Price.Flat(90, 950)) { Addons = ["support"] });
        await story.PlanAsync(new("team", Price.Flat(49), Price.PerUnit("seats", 12)) { Addons = ["support"] });
        await story.CustomerAsync("ann");
        return story;
    }

    private static Task<JsonElement> UpdatePreviewAsync(Story story, string id, object change) =>
        story.PostAsync($"/tollgate/v1/subscriptions/{id}/preview-update", change);

    private static Task<JsonElement> CancelPreviewAsync(Story story, string id, object how) =>
        story.PostAsync($"/tollgate/v1/subscriptions/{id}/preview-cancellation", how);

    private static string Immediate(JsonElement preview) => Say(preview, "immediateInvoice");

    private static string Recurring(JsonElement preview) => Say(preview, "recurringInvoice");

    private static string Say(JsonElement preview, string invoice) => BillTelling.SayPreview(preview.GetProperty(invoice));

    private static string Range(JsonElement owner)
    {
        var range = owner.GetProperty("billingPeriodRange");
        return $"{range.GetProperty("start").GetString()![..10]} - {range.GetProperty("end").GetString()![..10]}";
    }
}
