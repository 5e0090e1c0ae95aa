using System.Text.Json;
using Tollgate.Server.Tests.Errors;
using Tollgate.Storage;

namespace Tollgate.Server.Tests.Rest.Subscriptions;

/// <summary>Add-ons, prices and coupons of subscriptions over HTTP: how they are answered and how they are refused.</summary>
public sealed class SubscriptionContentTests(SharedServers servers)
{
    private const string Subscriptions = "/api/v1/subscriptions";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task What_is_held_is_answered(DatabaseKind kind)
    {
        using var client = await CatalogAsync(kind);
        var held = await DoesAsync(client, HttpMethod.Post, Subscriptions, new
        {
            customerId = "ann",
            planId = "crew",
            id = "sub-ann",
            billingPeriod = "MONTHLY",
            addons = new[] { new { id = "boost", quantity = 2 }, new { id = "extra", quantity = 1 } },
            priceOverrides = new object[] { new { baseCharge = true, amount = 45 }, new { addonId = "boost", amount = 4 } },
            appliedCoupon = new { couponId = "SAVE20" },
        });

        var subscription = held.GetProperty("subscription");
        Assert.Equal(["boost 2", "extra 1"], subscription.GetProperty("addons").EnumerateArray()
            .Select(a => $"{a.GetProperty("id").GetString()} {a.GetProperty("quantity").GetInt32()}"));
        Assert.Equal([" 45", "boost 4", "extra 3"], subscription.GetProperty("prices").EnumerateArray()
            .Select(p => $"{p.GetProperty("addonId").GetString()} {p.GetProperty("amount").GetDecimal()}"));
        var coupon = Assert.Single(subscription.GetProperty("coupons").EnumerateArray());
        Assert.Equal("SAVE20 ACTIVE 20", $"{coupon.GetProperty("id").GetString()} {coupon.GetProperty("status").GetString()} "
            + coupon.GetProperty("percentOff").GetDecimal());

        var removed = await DoesAsync(client, HttpMethod.Patch, $"{Subscriptions}/sub-ann", new { appliedCoupon = (object?)null });
        Assert.Equal("REMOVED", removed.GetProperty("coupons")[0].GetProperty("status").GetString());
        var listed = await client.ReadAsync($"{Subscriptions}?customerId=ann", Cancellation);
        Assert.Equal(3, listed.Json.GetProperty("data")[0].GetProperty("prices").GetArrayLength());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task What_cannot_be_held_is_refused_with_its_code(DatabaseKind kind)
    {
        using var client = await CatalogAsync(kind);
        object[] Addons(params string[] ids) => [.. ids.Select(id => new { id, quantity = 1 })];
        object Times(string id, int quantity) => new { addons = new[] { new { id, quantity } } };
        (object Body, int Status, string Code)[] cases =
        [
            (new { addons = Addons("nope") }, 400, "AddonNotFound"),
            (new { billingInformation = new { integrationId = "elsewhere" } }, 400, "IntegrationNotFound"),
            (new { billingInformation = new { chargeOnBehalfOfAccount = "acct_1" } }, 400, "BillingIntegrationMissing"),
            (new { addons = Addons("nope", "neither") }, 400, "AddonsNotFound"),
            (new { addons = Addons("draft") }, 409, "UnPublishedPackage"),
            (new { addons = Addons("foreign") }, 400, "IncompatibleSubscriptionAddon"),
            (new { addons = Addons("boost", "boost") }, 400, "DuplicateAddonProvisionedError"),
            (Times("boost", 0), 400, "InvalidQuantity"),
            (Times("boost", 4), 400, "AddonQuantityExceedsLimitError"),
            (new { addons = Addons("extra") }, 400, "AddonDependencyMissingError"),
            (new { addons = Addons("boost"), billingPeriod = "ANNUALLY" }, 400, "BillingPeriodMissingError"),
            (new { priceOverrides = new[] { new { amount = 1 } } }, 400, "InvalidArgumentError"),
            (new { priceOverrides = new[] { new { addonId = "boost", amount = 1 } } }, 400, "PriceNotFound"),
            (new { appliedCoupon = new { couponId = "nope" } }, 400, "CouponNotFound"),
            (new { appliedCoupon = new { couponId = "OLD" } }, 409, "ArchivedCouponCantBeApplied"),
            (new { appliedCoupon = new { promotionCode = "nope" } }, 400, "PromotionCodeNotFound"),
            (new { appliedCoupon = new { couponId = "SAVE20", billingCouponId = "SAVE20" } }, 400, "InvalidArgumentError"),
            (new { planId = "gratis", scheduleStrategy = "END_OF_BILLING_PERIOD" }, 400, "SubscriptionDoesNotHaveBillingPeriod"),
        ];
        foreach (var (given, status, code) in cases)
        {
            var fields = JsonSerializer.SerializeToElement(given).EnumerateObject().ToDictionary(p => p.Name, p => (object)p.Value);
            fields["customerId"] = "ann";
            fields.TryAdd("planId", "crew");
            if (!Equals(fields["planId"].ToString(), "gratis"))
                fields.TryAdd("billingPeriod", "MONTHLY");
            ErrorAssert.IsError(await client.CallAsync(HttpMethod.Post, Subscriptions, fields, Cancellation), status, code);
        }

        Assert.Equal(0, (await client.ReadAsync($"{Subscriptions}?customerId=ann", Cancellation)).Json
            .GetProperty("data").GetArrayLength());
    }

    private async Task<HttpClient> CatalogAsync(DatabaseKind kind)
    {
        var client = await servers.NewEnvironmentAsync(kind, Cancellation);
        await DoesAsync(client, HttpMethod.Post, "/api/v1/coupons", Coupon("SAVE20"));
        await DoesAsync(client, HttpMethod.Post, "/api/v1/coupons", Coupon("OLD"));
        await DoesAsync(client, HttpMethod.Post, "/api/v1/coupons/OLD/archive", new { });
        await PackageAsync(client, "addons", "boost", new { maxQuantity = 3, charges = Monthly(5) });
        await PackageAsync(client, "addons", "extra", new { dependencies = new[] { "boost" }, charges = Monthly(3) });
        await PackageAsync(client, "addons", "foreign", new { charges = Monthly(3) });
        await PackageAsync(client, "addons", "draft", new { charges = Monthly(3) }, publish: false);
        await PackageAsync(client, "plans", "gratis", new { }, pricingType: "FREE");
        // Annual too, unlike its add-ons; the unpublished add-on can only be listed by a draft.
        await PackageAsync(client, "plans", "crew", new
        {
            compatibleAddonIds = new[] { "boost", "extra" },
            charges = new
            {
                pricingType = "PAID",
                pricingModels = new[]
                {
                    new { billingModel = "FLAT_FEE", pricePeriods = new[] { Price("MONTHLY", 49), Price("ANNUALLY", 490) } },
                },
            },
        });
        await DoesAsync(client, HttpMethod.Post, "/api/v1/customers", new { id = "ann" });
        return client;
    }

    private static async Task PackageAsync(
        HttpClient client, string kind, string id, object content, bool publish = true, string pricingType = "PAID")
    {
        await DoesAsync(client, HttpMethod.Post, $"/api/v1/{kind}", new
        {
            id,
            displayName = id,
            productId = "product-default",
            pricingType,
        });
        await DoesAsync(client, HttpMethod.Patch, $"/api/v1/{kind}/{id}", content);
        if (publish)
            await DoesAsync(client, HttpMethod.Post, $"/api/v1/{kind}/{id}/publish", new { migrationType = "NEW_CUSTOMERS" });
    }

    private static object Coupon(string id) => new
    {
        id,
        name = id,
        percentOff = 20,
        amountsOff = (object?)null,
        description = (string?)null,
        durationInMonths = (int?)null,
        metadata = (object?)null,
    };

    private static object Monthly(int amount) => new
    {
        pricingType = "PAID",
        pricingModels = new[] { new { billingModel = "FLAT_FEE", pricePeriods = new[] { Price("MONTHLY", amount) } } },
    };

    private static object Price(string period, int amount) =>
        new { billingPeriod = period, price = new { amount, currency = "usd" } };

    private static async Task<JsonElement> DoesAsync(HttpClient client, HttpMethod method, string path, object body)
    {
        var answer = await client.CallAsync(method, path, body, Cancellation);
        Assert.True(answer.Status < 300, $"{method} {path}: {answer.Status} {answer.Text}");
        return answer.Json.GetProperty("data");
    }
}
