using System.Text.Json;
using Tollgate.Server.Tests.Errors;
using Tollgate.Storage;

namespace Tollgate.Server.Tests.Rest.Catalog;

/// <summary>Our own operations on products and features, and copies, as the wire shows them.</summary>
public sealed class ProductTests(SharedServers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Own_settings_are_shown_by_our_route_and_survive_the_compatible_update()
    {
        var client = await servers.NewEnvironmentAsync(DatabaseKind.Sqlite, Cancellation);
        await OkAsync(
            client, HttpMethod.Post, "/api/v1/products", new { id = "team", displayName = "Team", multipleSubscriptions = true });
        await PlanAsync(client, "own", "product-default");
        await PlanAsync(client, "team-plan", "team");
        await OkAsync(client, HttpMethod.Patch, "/tollgate/v1/products/product-default", new
        {
            downgradeAtEndOfBillingPeriod = true,
            truesUpAddedUnits = true,
            autoCancellationRules = new[] { new { sourcePlanId = "own", targetPlanId = "team-plan" } },
        });
        await OkAsync(client, HttpMethod.Patch, "/api/v1/products/product-default", new
        {
            productSettings = new
            {
                subscriptionStartSetup = "PLAN_SELECTION",
                subscriptionEndSetup = "CANCEL_SUBSCRIPTION",
                subscriptionCancellationTime = "END_OF_BILLING_PERIOD",
            },
        });

        var shown = await OkAsync(client, HttpMethod.Get, "/tollgate/v1/products/product-default", null);

        Assert.True(shown.GetProperty("downgradeAtEndOfBillingPeriod").GetBoolean());
        Assert.True(shown.GetProperty("truesUpAddedUnits").GetBoolean());
        Assert.Equal(
            """[{"sourcePlanId":"own","targetPlanId":"team-plan"}]""",
            shown.GetProperty("autoCancellationRules").GetRawText());
        Assert.Equal(
            "END_OF_BILLING_PERIOD",
            shown.GetProperty("productSettings").GetProperty("subscriptionCancellationTime").GetString());
        Assert.Equal("""["own"]""", shown.GetProperty("planIds").GetRawText());
        Assert.Equal("[]", shown.GetProperty("addonIds").GetRawText());
        Assert.True(shown.GetProperty("isDefaultProduct").GetBoolean());
        Assert.False(shown.GetProperty("hasSubscriptions").GetBoolean());
    }

    [Fact]
    public async Task What_is_in_use_is_not_deleted()
    {
        var client = await servers.NewEnvironmentAsync(DatabaseKind.Sqlite, Cancellation);
        await OkAsync(
            client, HttpMethod.Post, "/api/v1/features", new { id = "sso", displayName = "SSO", featureType = "BOOLEAN" });
        await PlanAsync(client, "free", "product-default");
        await OkAsync(client, HttpMethod.Post, "/api/v1/plans/free/entitlements", new
        {
            entitlements = new[] { new { type = "FEATURE", id = "sso" } },
        });
        await OkAsync(client, HttpMethod.Post, "/api/v1/plans/free/publish", new { migrationType = "NEW_CUSTOMERS" });
        await OkAsync(client, HttpMethod.Post, "/api/v1/customers", new { id = "c" });
        await OkAsync(client, HttpMethod.Post, "/api/v1/subscriptions", new { customerId = "c", planId = "free" });

        ErrorAssert.IsError(
            await client.CallAsync(HttpMethod.Delete, "/tollgate/v1/features/sso", null, Cancellation),
            409,
            "CannotDeleteFeatureError");
        ErrorAssert.IsError(
            await client.CallAsync(HttpMethod.Delete, "/tollgate/v1/products/product-default", null, Cancellation),
            409,
            "CannotDeleteProductError");
    }

    [Fact]
    public async Task Plan_that_no_rule_may_name_is_pointed_at()
    {
        var client = await servers.NewEnvironmentAsync(DatabaseKind.Sqlite, Cancellation);
        await PlanAsync(client, "own", "product-default");

        var answer = await client.CallAsync(
            HttpMethod.Patch,
            "/tollgate/v1/products/product-default",
            new { autoCancellationRules = new[] { new { sourcePlanId = "own", targetPlanId = "own" } } },
            Cancellation);

        ErrorAssert.IsError(answer, 400, "SingleSubscriptionCantBeAutoCancellationTargetError");
        Assert.Equal(["autoCancellationRules[0].targetPlanId"], answer.FaultyFields);
    }

    private static Task<JsonElement> PlanAsync(HttpClient client, string id, string product) => OkAsync(
        client, HttpMethod.Post, "/api/v1/plans", new { id, displayName = id, productId = product, pricingType = "FREE" });

    private static async Task<JsonElement> OkAsync(HttpClient client, HttpMethod method, string path, object? body)
    {
        var answer = await client.CallAsync(method, path, body, Cancellation);
        Assert.True(answer.Status is 200 or 201, $"{method} {path}: {answer.Text}");
        return answer.Data;
    }
}
