namespace Tollgate.Server.Tests.Contract;

/// <summary>Promotional entitlements.</summary>
internal static class PromotionSteps
{
    private const string Nobody = "nobody@example.com";

    public static async Task PromotionsAsync(Walk walk)
    {
        await walk.DoesAsync("v1.customers.promotionalEntitlements.create", ["bob"], Rows(
            Row("seats", "1 week", usageLimit: 3, hasSoftLimit: true, resetPeriod: "MONTH", accordingTo: "StartOfTheMonth"),
            Row("sso", "lifetime"),
            Row("regions", "custom", customEndDate: "2100-01-01T00:00:00.000Z", enumValues: ["eu"]),
            Row("history-days", "6 month", hasUnlimitedUsage: true)));
        await walk.DoesAsync("v1.customers.promotionalEntitlements.create", ["bob"], Rows(Row("seats", "1 year", usageLimit: 5)));
        await walk.RefusesAsync(
            "v1.customers.promotionalEntitlements.create", 404, "CustomerNotFound", [Nobody], Rows(Row("sso", "1 month")));
        await walk.RefusesAsync(
            "v1.customers.promotionalEntitlements.create", 404, "FeatureNotFound", ["bob"], Rows(Row("no-such-feature", "1 month")));
        await walk.RefusesAsync(
            "v1.customers.promotionalEntitlements.create",
            400,
            "InvalidArgumentError",
            ["bob"],
            Rows(Row("sso", "custom", customEndDate: "2000-01-01T00:00:00.000Z")),
            keepsContract: true);
        await walk.RefusesAsync(
            "v1.customers.promotionalEntitlements.create", 400, "BadUserInput", ["bob"], Rows(new { featureId = "sso" }));
        await walk.RefusesAsync(
            "v1.customers.promotionalEntitlements.create",
            409,
            "DuplicatedEntityNotAllowed",
            ["bob"],
            Rows(Row("sso", "1 month"), Row("sso", "1 year")));

        await walk.DoesAsync("v1.customers.promotionalEntitlements.list", ["bob"]);
        await walk.DoesAsync(
            "v1.customers.promotionalEntitlements.list",
            ["bob"],
            query: "status=Active,Paused&limit=2&createdAt%5Bgte%5D=2020-01-01T00:00:00.000Z");
        await walk.RefusesAsync("v1.customers.promotionalEntitlements.list", 404, "CustomerNotFound", [Nobody]);
        await walk.RefusesAsync(
            "v1.customers.promotionalEntitlements.list", 400, "BadUserInput", ["bob"], query: "status=ACTIVE");
        await walk.DoesAsync("tollgate.entitlements.explain", ["bob", "seats"]);

        await walk.DoesAsync("v1.customers.promotionalEntitlements.revoke", ["bob", "sso"]);
        await walk.RefusesAsync(
            "v1.customers.promotionalEntitlements.revoke", 404, "PromotionalEntitlementNotFoundError", ["bob", "sso"]);
        await walk.RefusesAsync("v1.customers.promotionalEntitlements.revoke", 404, "CustomerNotFound", [Nobody, "sso"]);
        foreach (var feature in (string[])["seats", "regions", "history-days"])
            await walk.DoesAsync("v1.customers.promotionalEntitlements.revoke", ["bob", feature]);
        await GroupsAsync(walk);
    }

    /// <summary>The group "together" has the members chat and video.</summary>
    private static async Task GroupsAsync(Walk walk)
    {
        var members = Rows(Row("chat", "lifetime", usageLimit: 3), Row("video", "1 week", hasUnlimitedUsage: true));
        const string grant = "tollgate.promotionGroups.grant";
        await walk.DoesAsync(grant, ["bob", "together"], members);
        await walk.RefusesAsync(grant, 404, "CustomerNotFound", [Nobody, "together"], members);
        await walk.RefusesAsync(grant, 404, "FeatureGroupNotFoundError", ["bob", "no-such-group"], members);
        await walk.RefusesAsync(
            grant, 400, "FeatureGroupMissingFeaturesError", ["bob", "together"], Rows(Row("chat", "lifetime", usageLimit: 3)),
            keepsContract: true);
        await walk.RefusesAsync(
            grant,
            400,
            "FeatureNotBelongToFeatureGroupError",
            ["bob", "together"],
            Rows(Row("chat", "lifetime", usageLimit: 3), Row("video", "lifetime", usageLimit: 3), Row("sso", "lifetime")),
            keepsContract: true);
        await walk.RefusesAsync(
            grant,
            400,
            "InvalidArgumentError",
            ["bob", "together"],
            Rows(Row("chat", "lifetime"), Row("video", "lifetime", usageLimit: 3)),
            keepsContract: true);
        await walk.RefusesAsync(
            grant,
            409,
            "DuplicatedEntityNotAllowed",
            ["bob", "together"],
            Rows(Row("chat", "lifetime", usageLimit: 3), Row("video", "lifetime", usageLimit: 3), Row("chat", "1 week", usageLimit: 3)));
        await walk.RefusesAsync(
            "v1.customers.promotionalEntitlements.revoke", 409, "EntitlementBelongsToFeatureGroupError", ["bob", "chat"]);
        await walk.DoesAsync("tollgate.promotionGroups.unlink", ["bob", "together"]);
        foreach (var operation in (string[])["tollgate.promotionGroups.unlink", "tollgate.promotionGroups.revoke"])
        {
            await walk.RefusesAsync(operation, 404, "PromotionalEntitlementNotFoundError", ["bob", "together"]);
            await walk.RefusesAsync(operation, 404, "FeatureGroupNotFoundError", ["bob", "no-such-group"]);
            await walk.RefusesAsync(operation, 404, "CustomerNotFound", [Nobody, "together"]);
        }

        await walk.DoesAsync(grant, ["bob", "together"], members);
        await walk.DoesAsync("tollgate.promotionGroups.revoke", ["bob", "together"]);
    }

    private static object Rows(params object[] promotionalEntitlements) => new { promotionalEntitlements };

    /// <summary>The contract wants every field of a row named.</summary>
    private static object Row(
        string featureId,
        string period,
        int? usageLimit = null,
        bool? hasUnlimitedUsage = null,
        bool? hasSoftLimit = null,
        string? resetPeriod = null,
        string? accordingTo = null,
        string? customEndDate = null,
        string[]? enumValues = null) => new
        {
            featureId,
            period,
            customEndDate,
            enumValues,
            hasSoftLimit,
            hasUnlimitedUsage,
            isVisible = (bool?)true,
            resetPeriod,
            usageLimit,
            yearlyResetPeriodConfiguration = (object?)null,
            monthlyResetPeriodConfiguration = accordingTo is null ? null : new { accordingTo },
            weeklyResetPeriodConfiguration = (object?)null,
        };
}
