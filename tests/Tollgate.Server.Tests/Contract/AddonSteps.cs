namespace Tollgate.Server.Tests.Contract;

/// <summary>Add-ons from their first draft to their archive: one for the paid plan, one that depends on it.</summary>
internal static class AddonSteps
{
    private const string Nobody = "no-such-addon";

    private static readonly object Migration = new { migrationType = "NEW_CUSTOMERS" };

    /// <summary>After the drafts of the plans, before they are published.</summary>
    public static async Task AddonsAsync(Walk walk)
    {
        await DraftsAsync(walk);
        await EntitlementsAsync(walk);
        await walk.DoesAsync("v1.plans.update", ["team"], new { compatibleAddonIds = new[] { "seat-pack", "support" } });
        await walk.RefusesAsync("v1.plans.update", 404, "AddonNotFound", ["team"], new { compatibleAddonIds = new[] { Nobody } });
        await PublishAsync(walk);
    }

    public static async Task EndAsync(Walk walk)
    {
        await walk.DoesAsync("v1.addons.createDraft", ["support"]);
        await walk.RefusesAsync("v1.addons.createDraft", 409, "DraftAlreadyExists", ["support"]);
        await walk.RefusesAsync("v1.addons.createDraft", 404, "AddonNotFound", [Nobody]);
        await walk.RefusesAsync("v1.addons.archive", 409, "AddonWithDraftCannotBeDeletedError", ["support"]);
        await walk.DoesAsync("v1.addons.removeDraft", ["support"]);
        await walk.RefusesAsync("v1.addons.removeDraft", 409, "EditAllowedOnDraftPackageOnlyError", ["support"]);
        await walk.RefusesAsync("v1.addons.removeDraft", 404, "AddonNotFound", [Nobody]);
        await walk.RefusesAsync("v1.addons.archive", 409, "AddonIsCompatibleWithPlan", ["support"]);
        await walk.RefusesAsync("v1.addons.archive", 404, "AddonNotFound", [Nobody]);
        await walk.DoesAsync("v1.addons.archive", ["bespoke"]);
        await walk.RefusesAsync("v1.addons.update", 409, "EntityIsArchivedError", ["bespoke"], new { displayName = "x" });
    }

    private static async Task DraftsAsync(Walk walk)
    {
        await walk.DoesAsync("v1.addons.create", [], new
        {
            id = "seat-pack",
            displayName = "Seat pack",
            description = "Ten more seats",
            productId = "workspace",
            pricingType = "PAID",
            maxQuantity = 5,
            billingId = "prod_1",
            metadata = new { kind = "pack" },
        });
        await walk.DoesAsync(
            "v1.addons.create", [], new { id = "support", displayName = "Support", productId = "workspace", pricingType = "PAID" });
        await walk.DoesAsync(
            "v1.addons.create", [], new { id = "bespoke", displayName = "Bespoke", productId = "workspace", pricingType = "CUSTOM" });
        await walk.RefusesAsync(
            "v1.addons.create",
            409,
            "DuplicatedEntityNotAllowed",
            [],
            new { id = "support", displayName = "Support", productId = "workspace" });
        // The create operation declares no 404.
        await walk.RefusesAsync(
            "v1.addons.create",
            400,
            "ProductNotFoundError",
            [],
            new { id = "orphan", displayName = "Orphan", productId = "no-such-product" },
            keepsContract: true);
        await walk.DoesAsync("v1.addons.update", ["seat-pack"], new
        {
            maxQuantity = (int?)null,
            charges = new
            {
                pricingType = "PAID",
                pricingModels = new[]
                {
                    new { billingModel = "FLAT_FEE", pricePeriods = new[] { Period("MONTHLY", 10m), Period("ANNUALLY", 100m) } },
                },
            },
        });
        await walk.DoesAsync("v1.addons.update", ["support"], new { dependencies = new[] { "seat-pack" } });
        await walk.RefusesAsync(
            "v1.addons.update",
            400,
            "PlansCircularDependencyError",
            ["seat-pack"],
            new { dependencies = new[] { "support" } },
            keepsContract: true);
        await walk.RefusesAsync("v1.addons.update", 404, "AddonNotFound", [Nobody], new { displayName = "x" });
        await walk.RefusesAsync("v1.addons.update", 400, "BadUserInput", ["support"], new { maxQuantity = 0 });
    }

    private static async Task EntitlementsAsync(Walk walk)
    {
        await walk.DoesAsync("v1.addons.entitlements.create", ["seat-pack"], new
        {
            entitlements = new object[]
            {
                new { type = "FEATURE", id = "history-days", usageLimit = 10 },
                new { type = "FEATURE", id = "sso", isGranted = false },
                new { type = "FEATURE", id = "storage", usageLimit = 700, behavior = "Override" },
            },
        });
        await walk.RefusesAsync(
            "v1.addons.entitlements.create",
            404,
            "AddonNotFound",
            [Nobody],
            new { entitlements = new object[] { new { type = "FEATURE", id = "sso" } } });
        await walk.RefusesAsync(
            "v1.addons.entitlements.create",
            409,
            "DuplicatedEntityNotAllowed",
            ["seat-pack"],
            new { entitlements = new object[] { new { type = "FEATURE", id = "sso" } } });
        await walk.DoesAsync("v1.addons.entitlements.list", ["seat-pack"]);
        await walk.RefusesAsync("v1.addons.entitlements.list", 404, "AddonNotFound", [Nobody]);
        await walk.DoesAsync(
            "v1.addons.entitlements.update", ["seat-pack", "history-days"], new { type = "FEATURE", usageLimit = 30 });
        await walk.RefusesAsync(
            "v1.addons.entitlements.update", 404, "FeatureNotFound", ["support", "sso"], new { type = "FEATURE", isGranted = true });
        await walk.DoesAsync("v1.addons.entitlements.delete", ["seat-pack", "sso"]);
        await walk.RefusesAsync("v1.addons.entitlements.delete", 404, "AddonNotFound", [Nobody, "sso"]);
    }

    private static async Task PublishAsync(Walk walk)
    {
        await walk.RefusesAsync(
            "v1.addons.publish", 400, "AddonHasToHavePriceError", ["support"], Migration, keepsContract: true);
        await walk.DoesAsync("v1.addons.update", ["support"], new
        {
            charges = new
            {
                pricingType = "PAID",
                pricingModels = new[]
                {
                    new
                    {
                        billingModel = "FLAT_FEE",
                        billingCadence = "ONE_OFF",
                        pricePeriods = new[] { Period("MONTHLY", 99m), Period("ANNUALLY", 99m) },
                    },
                },
            },
        });
        foreach (var addon in (string[])["seat-pack", "support", "bespoke"])
            await walk.DoesAsync("v1.addons.publish", [addon], Migration);
        await walk.RefusesAsync("v1.addons.publish", 409, "PackageAlreadyPublished", ["support"], Migration);
        await walk.RefusesAsync("v1.addons.publish", 404, "AddonNotFound", [Nobody], Migration);
        await walk.DoesAsync("v1.addons.retrieve", ["seat-pack"]);
        await walk.RefusesAsync("v1.addons.retrieve", 404, "AddonNotFound", [Nobody]);
        await walk.DoesAsync("v1.addons.list", []);
        await walk.DoesAsync("v1.addons.list", [], query: "productId=workspace&status=PUBLISHED,DRAFT&limit=1");
        await walk.RefusesAsync("v1.addons.list", 400, "BadUserInput", [], query: "status=LIVE");
        await walk.DoesAsync("v1.addons.listCharges", ["seat-pack"]);
        await walk.RefusesAsync("v1.addons.listCharges", 404, "AddonNotFound", [Nobody]);
    }

    private static object Period(string billingPeriod, decimal amount) =>
        new { billingPeriod, price = new { amount, currency = "usd" } };
}
