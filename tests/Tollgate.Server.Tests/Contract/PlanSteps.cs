namespace Tollgate.Server.Tests.Contract;

/// <summary>Plans from their first draft to their archive: a free one, a paid one that inherits from it, a custom one.</summary>
internal static class PlanSteps
{
    private const string Nobody = "no-such-plan";

    public static async Task DraftsAsync(Walk walk)
    {
        await walk.DoesAsync(
            "v1.plans.create", [], new { id = "free", displayName = "Free", productId = "workspace", pricingType = "FREE" });
        await walk.DoesAsync("v1.plans.create", [], new
        {
            id = "team",
            displayName = "Team",
            description = "For teams",
            productId = "workspace",
            parentPlanId = "free",
            metadata = new { tier = "2" },
        });
        await walk.DoesAsync(
            "v1.plans.create", [], new { id = "enterprise", displayName = "Enterprise", productId = "workspace", pricingType = "CUSTOM" });
        await walk.DoesAsync(
            "v1.plans.create", [], new { id = "site", displayName = "Site", productId = "sites", pricingType = "FREE" });
        await walk.RefusesAsync(
            "v1.plans.create",
            409,
            "DuplicatedEntityNotAllowed",
            [],
            new { id = "free", displayName = "Free", productId = "workspace" });
        // The create operation declares no 404.
        await walk.RefusesAsync(
            "v1.plans.create",
            400,
            "ProductNotFoundError",
            [],
            new { id = "orphan", displayName = "Orphan", productId = "no-such-product" },
            keepsContract: true);

        await walk.DoesAsync("v1.plans.update", ["team"], new
        {
            displayName = "Team plan",
            charges = new
            {
                pricingType = "PAID",
                pricingModels = new object[]
                {
                    new
                    {
                        billingModel = "FLAT_FEE",
                        pricePeriods = new[] { Period("MONTHLY", 49.5m), Period("ANNUALLY", 495m) },
                    },
                    new
                    {
                        billingModel = "PER_UNIT",
                        featureId = "seats",
                        minUnitQuantity = 1,
                        maxUnitQuantity = 100,
                        pricePeriods = new[] { Period("MONTHLY", 7m), Period("ANNUALLY", 70m) },
                    },
                },
            },
        });
        await walk.RefusesAsync("v1.plans.update", 404, "PlanNotFound", [Nobody], new { displayName = "x" });
    }

    public static async Task EntitlementsAsync(Walk walk)
    {
        await walk.DoesAsync("v1.plans.entitlements.create", ["free"], new
        {
            entitlements = new object[]
            {
                new
                {
                    type = "FEATURE",
                    id = "api-calls",
                    usageLimit = 1000,
                    hasSoftLimit = false,
                    resetPeriod = "MONTH",
                    monthlyResetPeriodConfiguration = new { accordingTo = "StartOfTheMonth" },
                },
                new { type = "FEATURE", id = "regions", enumValues = new[] { "eu" } },
                new { type = "FEATURE", id = "history-days", usageLimit = 7, displayNameOverride = "Days of history" },
                new { type = "FEATURE", id = "storage", usageLimit = 500, hiddenFromWidgets = new[] { "PAYWALL" }, order = 1 },
            },
        });
        await walk.DoesAsync("v1.plans.entitlements.create", ["team"], new
        {
            entitlements = new object[]
            {
                new { type = "FEATURE", id = "sso", description = "Single sign-on" },
                new { type = "FEATURE", id = "api-calls", hasUnlimitedUsage = true },
                new { type = "FEATURE", id = "regions", enumValues = new[] { "eu", "us" } },
            },
        });
        await walk.DoesAsync("v1.plans.entitlements.create", ["enterprise"], new
        {
            entitlements = new object[] { new { type = "FEATURE", id = "seats", isCustom = true } },
        });
        await walk.DoesAsync("v1.plans.entitlements.create", ["site"], new
        {
            entitlements = new object[]
            {
                new
                {
                    type = "FEATURE",
                    id = "api-calls",
                    usageLimit = 10,
                    hasSoftLimit = true,
                    resetPeriod = "WEEK",
                    weeklyResetPeriodConfiguration = new { accordingTo = "EveryMonday" },
                },
            },
        });
        await walk.RefusesAsync(
            "v1.plans.entitlements.create",
            404,
            "PlanNotFound",
            [Nobody],
            new { entitlements = new object[] { new { type = "FEATURE", id = "sso" } } });
        await walk.RefusesAsync(
            "v1.plans.entitlements.create",
            409,
            "DuplicatedEntityNotAllowed",
            ["free"],
            new { entitlements = new object[] { new { type = "FEATURE", id = "api-calls", usageLimit = 1 } } });

        await walk.DoesAsync("v1.plans.entitlements.list", ["free"]);
        await walk.RefusesAsync("v1.plans.entitlements.list", 404, "PlanNotFound", [Nobody]);
        await walk.DoesAsync(
            "v1.plans.entitlements.update", ["free", "history-days"], new { type = "FEATURE", usageLimit = 14, description = "Two weeks" });
        await walk.RefusesAsync(
            "v1.plans.entitlements.update", 404, "PlanNotFound", [Nobody, "sso"], new { type = "FEATURE", isGranted = false });
        await walk.DoesAsync("v1.plans.entitlements.delete", ["free", "storage"]);
        await walk.RefusesAsync("v1.plans.entitlements.delete", 404, "PlanNotFound", [Nobody, "sso"]);
    }

    public static async Task PublishAsync(Walk walk)
    {
        var migration = new { migrationType = "NEW_CUSTOMERS" };
        // A child may not be sold before what it inherits from.
        await walk.RefusesAsync("v1.plans.publish", 409, "PlanCannotBePublishWhenBasePlanIsDraft", ["team"], migration);
        foreach (var plan in (string[])["free", "team", "enterprise", "site"])
            await walk.DoesAsync("v1.plans.publish", [plan], migration);
        await walk.RefusesAsync("v1.plans.publish", 409, "PackageAlreadyPublished", ["free"], migration);
        await walk.RefusesAsync("v1.plans.publish", 404, "PlanNotFound", [Nobody], migration);
        await walk.RefusesAsync("v1.plans.publish", 400, "BadUserInput", ["free"], new { migrationType = "EVERYBODY" });

        await walk.DoesAsync("v1.plans.retrieve", ["team"]);
        await walk.RefusesAsync("v1.plans.retrieve", 404, "PlanNotFound", [Nobody]);
        await walk.DoesAsync("v1.plans.list", []);
        await walk.DoesAsync("v1.plans.list", [], query: "productId=workspace&status=PUBLISHED,DRAFT&limit=1");
        await walk.RefusesAsync("v1.plans.list", 400, "BadUserInput", [], query: "after=not-a-cursor");
        await walk.DoesAsync("v1.plans.listCharges", ["team"]);
        await walk.DoesAsync("v1.plans.listCharges", ["free"], query: "limit=1");
        await walk.RefusesAsync("v1.plans.listCharges", 404, "PlanNotFound", [Nobody]);
        await walk.DoesAsync("v1.plans.listOverageCharges", ["team"]);
        await walk.RefusesAsync("v1.plans.listOverageCharges", 404, "PlanNotFound", [Nobody]);
    }

    public static async Task NewVersionAsync(Walk walk)
    {
        await walk.DoesAsync("v1.plans.createDraft", ["free"]);
        await walk.RefusesAsync("v1.plans.createDraft", 409, "DraftAlreadyExists", ["free"]);
        await walk.RefusesAsync("v1.plans.createDraft", 404, "PlanNotFound", [Nobody]);
        await walk.DoesAsync("v1.plans.removeDraft", ["free"]);
        await walk.RefusesAsync("v1.plans.removeDraft", 409, "EditAllowedOnDraftPackageOnlyError", ["free"]);
        await walk.RefusesAsync("v1.plans.removeDraft", 404, "PlanNotFound", [Nobody]);

        // Changing a published plan opens its draft.
        await walk.DoesAsync("v1.plans.update", ["free"], new { description = "Free for ever", metadata = new { tier = "1" } });
        await walk.DoesAsync(
            "v1.plans.entitlements.update", ["free", "api-calls"], new { type = "FEATURE", usageLimit = 2000, resetPeriod = "MONTH" });
        var everybody = new { migrationType = "ALL_CUSTOMERS" };
        await walk.DoesAsync("tollgate.plans.previewPublish", ["free"], everybody);
        await walk.DoesAsync("tollgate.plans.previewPublish", ["free"], new { migrationType = "NEW_CUSTOMERS" }, "limit=1");
        await walk.RefusesAsync("tollgate.plans.previewPublish", 404, "PlanNotFound", [Nobody], everybody);
        await walk.RefusesAsync(
            "tollgate.plans.previewPublish", 400, "BadUserInput", ["free"], everybody,
            $"after={Guid.NewGuid()}", keepsContract: true);
        await walk.RefusesAsync(
            "tollgate.plans.previewPublish", 400, "BadUserInput", ["free"], new { migrationType = "SOME_CUSTOMERS" });
        await walk.DoesAsync("v1.plans.publish", ["free"], everybody);
        await walk.RefusesAsync("tollgate.plans.previewPublish", 409, "PackageAlreadyPublished", ["free"], everybody);
    }

    public static async Task ArchiveAsync(Walk walk)
    {
        await walk.RefusesAsync("v1.plans.archive", 409, "PlanWithChildCantBeDeleted", ["free"]);
        await walk.RefusesAsync("v1.plans.archive", 404, "PlanNotFound", [Nobody]);
        await walk.DoesAsync("v1.plans.archive", ["enterprise"]);
    }

    private static object Period(string billingPeriod, decimal amount) =>
        new { billingPeriod, price = new { amount, currency = "usd" } };
}
