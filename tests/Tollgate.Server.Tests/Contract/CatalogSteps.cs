namespace Tollgate.Server.Tests.Contract;

/// <summary>Features, products and plans: everything that is sold later in the walk, and every way to refuse it.</summary>
internal static class CatalogSteps
{
    private const string Nobody = "no-such-thing";

    public static async Task FeaturesAsync(Walk walk)
    {
        await walk.DoesAsync("v1.features.createFeature", [], new
        {
            id = "api-calls",
            displayName = "API calls",
            description = "Calls of the public API",
            featureType = "NUMBER",
            meterType = "INCREMENTAL",
            featureStatus = "NEW",
            featureUnits = "call",
            featureUnitsPlural = "calls",
            metadata = new { team = "platform" },
        });
        await walk.DoesAsync("v1.features.createFeature", [], new
        {
            id = "seats",
            displayName = "Seats",
            featureType = "NUMBER",
            meterType = "FLUCTUATING",
            featureUnits = "seat",
            featureUnitsPlural = "seats",
        });
        await walk.DoesAsync("v1.features.createFeature", [], new
        {
            id = "storage",
            displayName = "Storage",
            featureType = "NUMBER",
            meterType = "FLUCTUATING",
            unitTransformation = new { divide = 1_000_000, round = "DOWN", featureUnits = "MB", featureUnitsPlural = "MB" },
        });
        await walk.DoesAsync("v1.features.createFeature", [], new
        {
            id = "regions",
            displayName = "Regions",
            featureType = "ENUM",
            enumConfiguration = new[] { new { value = "eu", displayName = "Europe" }, new { value = "us", displayName = "America" } },
        });
        await walk.DoesAsync("v1.features.createFeature", [], new { id = "sso", displayName = "SSO", featureType = "BOOLEAN" });
        await walk.DoesAsync(
            "v1.features.createFeature", [], new { id = "history-days", displayName = "History", featureType = "NUMBER", meterType = "None" });
        await walk.RefusesAsync(
            "v1.features.createFeature",
            409,
            "DuplicatedEntityNotAllowed",
            [],
            new { id = "sso", displayName = "SSO", featureType = "BOOLEAN" });

        await walk.DoesAsync("v1.features.listFeatures", []);
        await walk.DoesAsync(
            "v1.features.listFeatures",
            [],
            query: "limit=2&featureType=NUMBER,ENUM&meterType=FLUCTUATING&status=ACTIVE,NEW&createdAt%5Bgte%5D=2020-01-01T00:00:00.000Z");
        await walk.RefusesAsync("v1.features.listFeatures", 400, "BadUserInput", [], query: "limit=0");
        await walk.DoesAsync("v1.features.retrieveFeature", ["api-calls"]);
        await walk.RefusesAsync("v1.features.retrieveFeature", 404, "FeatureNotFound", [Nobody]);
        await walk.DoesAsync("v1.features.updateFeature", ["regions"], new
        {
            displayName = "Data regions",
            description = "Where data lives",
            enumConfiguration = new[]
            {
                new { value = "eu", displayName = "European Union" },
                new { value = "us", displayName = "America" },
                new { value = "ap", displayName = "Asia" },
            },
            metadata = new { reviewed = "yes" },
        });
        await walk.RefusesAsync("v1.features.updateFeature", 404, "FeatureNotFound", [Nobody], new { displayName = "x" });
        await walk.DoesAsync("v1.features.archiveFeature", ["history-days"]);
        await walk.RefusesAsync("v1.features.archiveFeature", 404, "FeatureNotFound", [Nobody]);
        await walk.RefusesAsync(
            "v1.features.updateFeature", 409, "EntityIsArchivedError", ["history-days"], new { displayName = "x" });
        await walk.DoesAsync(
            "v1.features.createFeature", [], new { id = "mistake", displayName = "x", featureType = "BOOLEAN" });
        await walk.DoesAsync("tollgate.features.delete", ["mistake"]);
        await walk.RefusesAsync("tollgate.features.delete", 404, "FeatureNotFound", ["mistake"]);
        await walk.DoesAsync("v1.features.unarchiveFeature", ["history-days"]);
        await walk.RefusesAsync("v1.features.unarchiveFeature", 404, "FeatureNotFound", [Nobody]);
    }

    public static async Task ProductsAsync(Walk walk)
    {
        await walk.DoesAsync(
            "v1.products.createProduct",
            [],
            new { id = "workspace", displayName = "Workspace", description = "The application", metadata = new { line = "core" } });
        await walk.DoesAsync(
            "v1.products.createProduct", [], new { id = "sites", displayName = "Sites", multipleSubscriptions = true });
        await walk.DoesAsync("v1.products.createProduct", [], new { id = "retired", displayName = "Retired" });
        await walk.RefusesAsync(
            "v1.products.createProduct", 409, "DuplicatedEntityNotAllowed", [], new { id = "sites", displayName = "Sites" });
        await walk.DoesAsync("v1.products.listProducts", []);
        await walk.DoesAsync("v1.products.listProducts", [], query: "id=workspace&status=PUBLISHED");
        await walk.RefusesAsync("v1.products.listProducts", 400, "BadUserInput", [], query: "status=DRAFT");
        await walk.DoesAsync("v1.products.updateProduct", ["workspace"], new
        {
            displayName = "Workspace suite",
            productSettings = new
            {
                subscriptionStartSetup = "PLAN_SELECTION",
                subscriptionEndSetup = "CANCEL_SUBSCRIPTION",
                subscriptionCancellationTime = "END_OF_BILLING_PERIOD",
                prorateAtEndOfBillingPeriod = false,
            },
            usageResetCutoffRule = new { behavior = "NEVER_RESET" },
        });
        await walk.RefusesAsync("v1.products.updateProduct", 404, "ProductNotFoundError", [Nobody], new { displayName = "x" });
        await walk.DoesAsync("v1.products.archiveProduct", ["retired"]);
        await walk.RefusesAsync("v1.products.archiveProduct", 404, "ProductNotFoundError", [Nobody]);
        await walk.DoesAsync("v1.products.unarchiveProduct", ["retired"]);
        await walk.RefusesAsync("v1.products.unarchiveProduct", 404, "ProductNotFoundError", [Nobody]);
    }

    /// <summary>What needs plans, and what only our own operations can do.</summary>
    public static async Task MoreProductsAsync(Walk walk)
    {
        await walk.DoesAsync(
            "v1.products.duplicateProduct",
            ["workspace"],
            new { targetId = "copy", displayName = "Copy", description = (string?)null });
        await walk.RefusesAsync(
            "v1.products.duplicateProduct", 404, "ProductNotFoundError", [Nobody], new { targetId = "another" });
        await walk.RefusesAsync(
            "v1.products.duplicateProduct", 409, "DuplicatedEntityNotAllowed", ["workspace"], new { targetId = "sites" });
        await walk.RefusesAsync(
            "v1.products.duplicateProduct",
            400,
            "DuplicateProductValidationError",
            ["workspace"],
            new { targetId = "not an id" },
            keepsContract: true);
        await walk.DoesAsync("tollgate.products.update", ["workspace"], new
        {
            downgradeAtEndOfBillingPeriod = true,
            autoCancellationRules = new[] { new { sourcePlanId = "team", targetPlanId = "site" } },
        });
        await walk.RefusesAsync(
            "tollgate.products.update",
            400,
            "MultiSubscriptionCantBeAutoCancellationSourceError",
            ["workspace"],
            new { autoCancellationRules = new[] { new { sourcePlanId = "site", targetPlanId = "team" } } },
            keepsContract: true);
        await walk.RefusesAsync("tollgate.products.update", 404, "ProductNotFoundError", [Nobody], new { });
        await walk.DoesAsync("tollgate.products.retrieve", ["workspace"]);
        await walk.DoesAsync("tollgate.products.retrieve", ["retired"]);
        await walk.RefusesAsync("tollgate.products.retrieve", 404, "ProductNotFoundError", [Nobody]);
        await walk.DoesAsync("tollgate.products.delete", ["copy"]);
        await walk.RefusesAsync("tollgate.products.delete", 404, "ProductNotFoundError", ["copy"]);
    }
}
