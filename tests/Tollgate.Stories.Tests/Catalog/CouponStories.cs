using Tollgate.Storage;
using static Tollgate.Stories.Tests.Story;

namespace Tollgate.Stories.Tests.Catalog;

/// <summary>What a coupon of a customer takes off, and for how long (spec catalog 12, subscriptions 12).</summary>
public sealed class CouponStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Twenty_percent_for_three_months_count_from_the_day_the_customer_got_them(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.PaidPlanAsync("basic", [Model("FLAT_FEE", 49)]);
        await CouponAsync(story, "p20", percentOff: 20, durationInMonths: 3);
        await story.PostAsync("/api/v1/customers", new { id = "ann" });
        await story.ProvisionAsync(new { customerId = "ann", planId = "basic", billingPeriod = "MONTHLY" });

        // Given in the middle of June: [06-15, 09-15) holds the periods that start on 07-01, 08-01 and 09-01.
        await story.AdvanceAsync(new { to = "2040-06-15T00:00:00Z" });
        await story.PatchAsync("/api/v1/customers/ann", new { couponId = "p20" });
        await story.PostAsync("/api/v1/coupons/p20/archive", new { });
        await story.AdvanceAsync(new { to = "2040-10-01T00:00:00Z" });

        // 49 less 20 % = 49 - 9.80 = 39.20; archiving the coupon takes nothing from who holds it.
        Assert.Equal(
            [
                "2040-06-01 PAID 49.00: 49.00", "2040-07-01 PAID 39.20: 49.00", "2040-08-01 PAID 39.20: 49.00",
                "2040-09-01 PAID 39.20: 49.00", "2040-10-01 PAID 49.00: 49.00",
            ],
            await story.InvoicesAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Coupon_of_a_subscription_replaces_that_of_its_customer_and_both_never_add_up(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.PaidPlanAsync("basic", [Model("FLAT_FEE", 49)]);
        await CouponAsync(story, "p20", percentOff: 20, durationInMonths: null);
        await CouponAsync(story, "p50", percentOff: 50, durationInMonths: 1);
        await story.PostAsync("/api/v1/customers", new { id = "ann", couponId = "p20" });
        await story.ProvisionAsync(new
        {
            customerId = "ann",
            planId = "basic",
            billingPeriod = "MONTHLY",
            appliedCoupon = new { couponId = "p50" },
        });
        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });

        // 49 less 50 % = 24.50 in the first month, then 49 less the customer's 20 % = 39.20.
        Assert.Equal(
            ["2040-06-01 PAID 24.50: 49.00", "2040-07-01 PAID 39.20: 49.00"], await story.InvoicesAsync("ann"));
    }

    private static Task<System.Text.Json.JsonElement> CouponAsync(Story story, string id, int percentOff, int? durationInMonths) =>
        story.PostAsync("/api/v1/coupons", new
        {
            id,
            name = id,
            percentOff,
            durationInMonths,
            amountsOff = (object?)null,
            description = (string?)null,
            metadata = (object?)null,
        });
}
