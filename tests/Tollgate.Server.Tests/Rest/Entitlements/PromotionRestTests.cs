using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Errors;
using Tollgate.Storage;

namespace Tollgate.Server.Tests.Rest.Entitlements;

/// <summary>What REST alone decides about promotional entitlements: spellings, statuses, shapes.</summary>
public sealed class PromotionRestTests(SharedServers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Grant_is_answered_with_the_internal_id_of_its_feature_and_logged_in_the_same_shape(DatabaseKind database)
    {
        var client = await servers.NewEnvironmentAsync(database, Cancellation);
        await FeatureAsync(client, "seats");
        await CustomerAsync(client, "ada");

        var row = Row("seats", "1 month");
        row["usageLimit"] = 5;
        row["resetPeriod"] = "WEEK";
        row["weeklyResetPeriodConfiguration"] = new JsonObject { ["accordingTo"] = "EveryMonday" };
        var answer = await GrantAsync(client, "ada", row);

        Assert.Equal(201, answer.Status);
        var granted = answer.Data[0];
        Assert.True(Guid.TryParse(granted.GetProperty("featureId").GetString(), out _));
        Assert.Equal(("1 month", "Active"), (granted.GetProperty("period").GetString(), granted.GetProperty("status").GetString()));
        Assert.Equal("EveryMonday", granted.GetProperty("resetPeriodConfiguration").GetProperty("accordingTo").GetString());
        Assert.True(granted.GetProperty("isVisible").GetBoolean());
        var logged = (await client.ReadAsync(
            "/tollgate/v1/events?type=PROMOTIONAL_ENTITLEMENT_GRANTED", Cancellation)).Data[0];
        Assert.Equal(granted.ToString(), logged.GetProperty("after").ToString());
        Assert.Equal("PROMOTIONAL_ENTITLEMENT", logged.GetProperty("entityKind").GetString());
        var revoked = await client.CallAsync(
            HttpMethod.Delete, "/api/v1/customers/ada/promotional-entitlements/seats", null, Cancellation);
        Assert.Equal("Expired", revoked.Data.GetProperty("status").GetString());
        Assert.Empty((await client.ReadAsync("/api/v1/customers/ada/promotional-entitlements", Cancellation))
            .Data.EnumerateArray());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Archived_feature_and_archived_customer_are_conflicts(DatabaseKind database)
    {
        var client = await servers.NewEnvironmentAsync(database, Cancellation);
        await FeatureAsync(client, "seats");
        await FeatureAsync(client, "old");
        await CustomerAsync(client, "ada");
        var row = Row("seats", "lifetime");
        row["hasUnlimitedUsage"] = true;
        Assert.Equal(201, (await GrantAsync(client, "ada", row)).Status);
        await client.CallAsync(HttpMethod.Post, "/api/v1/features/old/archive", null, Cancellation);

        ErrorAssert.IsError(await GrantAsync(client, "ada", Row("old", "1 week")), 409, "EntityIsArchivedError");
        var mixed = Row("seats", "1 week");
        mixed["usageLimit"] = 1;
        mixed["resetPeriod"] = "DAY";
        mixed["monthlyResetPeriodConfiguration"] = new JsonObject { ["accordingTo"] = "StartOfTheMonth" };
        ErrorAssert.IsError(await GrantAsync(client, "ada", mixed), 400, "InvalidEntitlementResetPeriod");
        await client.CallAsync(HttpMethod.Post, "/api/v1/customers/ada/archive", null, Cancellation);
        ErrorAssert.IsError(await GrantAsync(client, "ada", row), 409, "EntityIsArchivedError");
        ErrorAssert.IsError(
            await client.CallAsync(
                HttpMethod.Delete, "/api/v1/customers/ada/promotional-entitlements/seats", null, Cancellation),
            409,
            "EntityIsArchivedError");
        ErrorAssert.IsError(
            await client.ReadAsync("/api/v1/customers/ada/promotional-entitlements", Cancellation), 404, "CustomerNotFound");
    }

    private static Task<Answer> GrantAsync(HttpClient client, string customer, JsonObject row) => client.CallAsync(
        HttpMethod.Post,
        $"/api/v1/customers/{customer}/promotional-entitlements",
        new JsonObject { ["promotionalEntitlements"] = new JsonArray(row.DeepClone()) },
        Cancellation);

    /// <summary>The contract wants every field of a row named.</summary>
    private static JsonObject Row(string feature, string period) => new()
    {
        ["featureId"] = feature,
        ["period"] = period,
        ["customEndDate"] = null,
        ["enumValues"] = null,
        ["hasSoftLimit"] = null,
        ["hasUnlimitedUsage"] = null,
        ["isVisible"] = null,
        ["resetPeriod"] = null,
        ["usageLimit"] = null,
        ["yearlyResetPeriodConfiguration"] = null,
        ["monthlyResetPeriodConfiguration"] = null,
        ["weeklyResetPeriodConfiguration"] = null,
    };

    private static async Task FeatureAsync(HttpClient client, string id) => Assert.Equal(201, (await client.CallAsync(
        HttpMethod.Post,
        "/api/v1/features",
        new { id, displayName = id, featureType = "NUMBER", meterType = "FLUCTUATING" },
        Cancellation)).Status);

    private static async Task CustomerAsync(HttpClient client, string id) =>
        Assert.Equal(201, (await client.CallAsync(HttpMethod.Post, "/api/v1/customers", new { id }, Cancellation)).Status);
}
