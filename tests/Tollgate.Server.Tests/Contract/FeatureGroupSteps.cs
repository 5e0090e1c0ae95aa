namespace Tollgate.Server.Tests.Contract;

/// <summary>Feature groups, and what they do to the drafts of a plan and an add-on of their own.</summary>
internal static class FeatureGroupSteps
{
    private const string Nobody = "no-such-group";

    public static async Task GroupsAsync(Walk walk)
    {
        foreach (var feature in (string[])["chat", "video", "board"])
        {
            await walk.DoesAsync(
                "v1.features.createFeature",
                [],
                new { id = feature, displayName = feature, featureType = "NUMBER", meterType = "FLUCTUATING" });
        }

        await walk.DoesAsync("tollgate.featureGroups.create", [], new
        {
            id = "together",
            displayName = "Together",
            description = "To work with others",
            featureIds = new[] { "chat", "video" },
        });
        await walk.RefusesAsync(
            "tollgate.featureGroups.create",
            400,
            "FeatureGroupMissingFeaturesError",
            [],
            new { id = "empty", displayName = "Empty", featureIds = Array.Empty<string>() },
            keepsContract: true);
        await walk.DoesAsync("tollgate.featureGroups.list", []);
        await walk.DoesAsync("tollgate.featureGroups.list", [], query: "status=PUBLISHED,ARCHIVED&limit=1");
        await walk.RefusesAsync("tollgate.featureGroups.list", 400, "BadUserInput", [], query: "status=DRAFT");
        await walk.DoesAsync("tollgate.featureGroups.retrieve", ["together"]);
        await walk.RefusesAsync("tollgate.featureGroups.retrieve", 404, "FeatureGroupNotFoundError", [Nobody]);
        await walk.RefusesAsync("tollgate.featureGroups.update", 404, "FeatureGroupNotFoundError", [Nobody], new { });
        await walk.RefusesAsync("tollgate.featureGroups.archive", 404, "FeatureGroupNotFoundError", [Nobody]);
        await walk.RefusesAsync("tollgate.featureGroups.unarchive", 404, "FeatureGroupNotFoundError", [Nobody]);
    }

    /// <summary>On the draft of a new plan or add-on, which is discarded in the end.</summary>
    public static async Task OnDraftAsync(Walk walk, string plural, string notFound)
    {
        var id = $"grouped-{plural}";
        await walk.DoesAsync($"v1.{plural}.create", [], new { id, displayName = id, productId = "workspace", pricingType = "CUSTOM" });
        await walk.RefusesAsync(
            $"tollgate.{plural}.featureGroups.add",
            400,
            "FeatureGroupMissingFeaturesError",
            [id],
            new { featureGroupId = "together", entitlements = new[] { Limit("chat", 5) } },
            keepsContract: true);
        await walk.DoesAsync(
            $"tollgate.{plural}.featureGroups.add",
            [id],
            new { featureGroupId = "together", entitlements = new[] { Limit("chat", 5), Limit("video", 7) } });
        await walk.RefusesAsync($"v1.{plural}.entitlements.delete", 409, "EntitlementBelongsToFeatureGroupError", [id, "chat"]);
        await walk.RefusesAsync(
            $"v1.{plural}.entitlements.update",
            409,
            "CanNotUpdateEntitlementsFeatureGroup",
            [id, "chat"],
            new { type = "FEATURE", featureGroupIds = Array.Empty<string>() });
        await walk.DoesAsync(
            $"v1.{plural}.entitlements.update", [id, "chat"], new { type = "FEATURE", usageLimit = 6, featureGroupIds = new[] { "together" } });
        await walk.RefusesAsync("tollgate.featureGroups.archive", 409, "CannotArchiveFeatureGroupError", ["together"]);

        await walk.DoesAsync("tollgate.featureGroups.update", ["together"], new { featureIds = new[] { "chat", "board" } });
        await walk.RefusesAsync(
            $"tollgate.{plural}.featureGroups.migrate",
            400,
            "FeatureNotBelongToFeatureGroupError",
            [id],
            new { entitlements = new[] { Limit("video", 1), Limit("board", 1) } },
            keepsContract: true);
        await walk.DoesAsync(
            $"tollgate.{plural}.featureGroups.migrate", [id], new { entitlements = new[] { Limit("board", 1) } });
        await walk.DoesAsync($"tollgate.{plural}.featureGroups.unlink", [id, "together"]);
        await walk.RefusesAsync(
            $"tollgate.{plural}.featureGroups.unlink", 404, "FeatureGroupNotFoundError", [id, "together"]);
        await walk.DoesAsync($"tollgate.{plural}.featureGroups.add", [id], new { featureGroupId = "together" });
        await walk.DoesAsync($"tollgate.{plural}.featureGroups.remove", [id, "together"]);
        await walk.RefusesAsync($"tollgate.{plural}.featureGroups.remove", 404, notFound, [Nobody, "together"]);
        await walk.DoesAsync("tollgate.featureGroups.update", ["together"], new { featureIds = new[] { "chat", "video" } });
        await walk.DoesAsync($"v1.{plural}.removeDraft", [id]);
    }

    public static async Task ArchiveAsync(Walk walk)
    {
        await walk.DoesAsync("tollgate.featureGroups.archive", ["together"]);
        await walk.RefusesAsync(
            "tollgate.featureGroups.update", 409, "EntityIsArchivedError", ["together"], new { displayName = "x" });
        await walk.DoesAsync("tollgate.featureGroups.unarchive", ["together"]);
    }

    private static object Limit(string feature, int limit) => new { type = "FEATURE", id = feature, usageLimit = limit };
}
