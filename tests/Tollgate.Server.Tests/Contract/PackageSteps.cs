namespace Tollgate.Server.Tests.Contract;

/// <summary>Our own operations on packages: groups, versions, drafts from elsewhere, visibility and order.</summary>
internal static class PackageSteps
{
    private const string Nobody = "no-such-package";

    /// <summary>After everything is published once and before the end.</summary>
    public static async Task OursAsync(Walk walk)
    {
        await GroupsAsync(walk);
        await DraftsAsync(walk, "plans", "enterprise", "PlanNotFound");
        await DraftsAsync(walk, "addons", "support", "AddonNotFound");
        await PlanTrialAsync(walk);
        await PlanGroupsAsync(walk);
    }

    /// <summary>After plans and add-ons were archived.</summary>
    public static async Task UnarchiveAsync(Walk walk)
    {
        await walk.DoesAsync("tollgate.plans.unarchive", ["enterprise"]);
        await walk.RefusesAsync("tollgate.plans.unarchive", 404, "PlanNotFound", [Nobody]);
        await walk.DoesAsync("tollgate.addons.unarchive", ["bespoke"]);
        await walk.RefusesAsync("tollgate.addons.unarchive", 404, "AddonNotFound", [Nobody]);
        await walk.DoesAsync("tollgate.packageGroups.archive", ["spare"]);
        await walk.RefusesAsync("tollgate.packageGroups.archive", 404, "PackageGroupNotFound", [Nobody]);
        await walk.DoesAsync("tollgate.packageGroups.list", [], query: "status=ARCHIVED&productId=workspace");
    }

    private static async Task GroupsAsync(Walk walk)
    {
        await walk.DoesAsync("tollgate.packageGroups.create", [], new
        {
            id = "extras",
            displayName = "Extras",
            description = "What goes with it",
            productId = "workspace",
        });
        await walk.DoesAsync(
            "tollgate.packageGroups.create", [], new { id = "spare", displayName = "Spare", productId = "workspace" });
        await walk.RefusesAsync(
            "tollgate.packageGroups.create",
            409,
            "DuplicatedEntityNotAllowed",
            [],
            new { id = "extras", displayName = "Extras", productId = "workspace" });
        await walk.DoesAsync("tollgate.packageGroups.setAddons", ["extras"], new { addonIds = new[] { "support", "bespoke" } });
        await walk.RefusesAsync(
            "tollgate.packageGroups.setAddons", 404, "AddonNotFound", ["extras"], new { addonIds = new[] { Nobody } });
        await walk.DoesAsync("tollgate.packageGroups.setAddons", ["extras"], new { addonIds = new[] { "support" } });
        await walk.DoesAsync("tollgate.packageGroups.update", ["extras"], new { description = (string?)null });
        await walk.RefusesAsync(
            "tollgate.packageGroups.update", 404, "PackageGroupNotFound", [Nobody], new { displayName = "x" });
        await walk.DoesAsync("tollgate.packageGroups.retrieve", ["extras"]);
        await walk.RefusesAsync("tollgate.packageGroups.retrieve", 404, "PackageGroupNotFound", [Nobody]);
        await walk.DoesAsync("tollgate.packageGroups.list", [], query: "limit=1");
        await walk.RefusesAsync("tollgate.packageGroups.list", 400, "BadUserInput", [], query: "status=LIVE");
        await walk.DoesAsync("tollgate.addons.associations", ["support"]);
        await walk.RefusesAsync("tollgate.addons.associations", 404, "AddonNotFound", [Nobody]);
    }

    private static async Task DraftsAsync(Walk walk, string noun, string id, string notFound)
    {
        var ours = $"tollgate.{noun}.";
        await walk.DoesAsync(ours + "retrieve", [id]);
        await walk.DoesAsync(ours + "retrieve", [id], query: "versionNumber=1");
        await walk.RefusesAsync(ours + "retrieve", 404, notFound, [id], query: "versionNumber=99");
        await walk.RefusesAsync(ours + "draftChanges", 409, "EditAllowedOnDraftPackageOnlyError", [id]);
        await walk.DoesAsync(ours + "createEmptyDraft", [id]);
        await walk.RefusesAsync(ours + "createEmptyDraft", 409, "DraftAlreadyExists", [id]);
        await walk.DoesAsync(ours + "draftChanges", [id]);
        await walk.DoesAsync($"v1.{noun}.removeDraft", [id]);
        await walk.DoesAsync(ours + "rollBack", [id], new { versionNumber = 1 });
        await walk.RefusesAsync(ours + "rollBack", 404, notFound, [Nobody], new { versionNumber = 1 });
        await walk.DoesAsync(ours + "setVisibility", [id], new { hiddenFromWidgets = new[] { "PAYWALL", "CHECKOUT" } });
        await walk.RefusesAsync(ours + "setVisibility", 404, notFound, [Nobody], new { hiddenFromWidgets = Array.Empty<string>() });
        await walk.DoesAsync($"v1.{noun}.entitlements.create", [id], new
        {
            entitlements = new object[] { new { type = "FEATURE", id = "sso" } },
        });
        await walk.DoesAsync(
            ours + "orderEntitlements", [id], new { entitlements = new[] { new { id = "sso", order = -1.5m } } });
        await walk.RefusesAsync(
            ours + "orderEntitlements", 404, "FeatureNotFound", [id], new { entitlements = new[] { new { id = Nobody, order = 1 } } });
        await walk.DoesAsync(ours + "retrieve", [id]);
        await walk.DoesAsync(ours + "draftChanges", [id]);
        await walk.DoesAsync(ours + "listVersions", [id]);
        await walk.RefusesAsync(ours + "listVersions", 404, notFound, [Nobody]);
        await walk.DoesAsync(ours + "previewPublish", [id], new { migrationType = "ALL_CUSTOMERS" });
        await walk.RefusesAsync(ours + "previewPublish", 404, notFound, [Nobody], new { migrationType = "ALL_CUSTOMERS" });
        await walk.DoesAsync($"v1.{noun}.publish", [id], new { migrationType = "NEW_CUSTOMERS" });
    }

    private static async Task PlanTrialAsync(Walk walk)
    {
        await walk.DoesAsync("tollgate.plans.setTrial", ["enterprise"], new { duration = 7, units = "DAY" });
        await walk.RefusesAsync(
            "tollgate.plans.setTrial", 400, "InvalidArgumentError", ["enterprise"],
            new { budget = new { limit = 10, hasSoftLimit = true } }, keepsContract: true);
        await walk.DoesAsync("tollgate.plans.draftChanges", ["enterprise"]);
        await walk.DoesAsync("tollgate.plans.removeTrial", ["enterprise"]);
        await walk.RefusesAsync("tollgate.plans.removeTrial", 404, "PlanNotFound", [Nobody]);
    }

    private static async Task PlanGroupsAsync(Walk walk)
    {
        var groups = new { packageGroups = new[] { new { packageGroupId = "extras", minItems = (int?)0, freeItems = (int?)1 } } };
        await walk.DoesAsync("tollgate.plans.setPackageGroups", ["enterprise"], groups);
        await walk.RefusesAsync(
            "tollgate.plans.setPackageGroups",
            400,
            "FreePlanCantHaveCompatiblePackageGroupError",
            ["free"],
            groups,
            keepsContract: true);
        await walk.RefusesAsync(
            "tollgate.plans.setPackageGroups",
            404,
            "PackageGroupNotFound",
            ["enterprise"],
            new { packageGroups = new[] { new { packageGroupId = Nobody } } });
        await walk.DoesAsync("tollgate.plans.draftChanges", ["enterprise"]);
        await walk.DoesAsync("v1.plans.publish", ["enterprise"], new { migrationType = "NEW_CUSTOMERS" });
        await walk.RefusesAsync("tollgate.packageGroups.archive", 409, "IntegrityViolation", ["extras"]);
        await walk.RefusesAsync("v1.addons.archive", 409, "AddonIsCompatibleWithPlan", ["support"]);
    }
}
