using Tollgate.Contracts.Rest;
using Tollgate.Server.Tests.Contract;
using Tollgate.Storage;

namespace Tollgate.Server.Tests.Rest.Catalog;

/// <summary>
/// Every code that the routes of feature groups, add-on groups and auto-cancellation rules can answer, each checked against the
/// document.
/// </summary>
public sealed class GroupRefusalTests(SharedServers servers)
{
    private const string Nobody = "nobody";

    private static readonly RestContract Contract = RestContract.Load();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Feature_groups()
    {
        var walk = await FeaturesAsync();
        const string create = "tollgate.featureGroups.create";
        const string update = "tollgate.featureGroups.update";

        await walk.RefusesAsync(create, 400, "BadUserInput", [], Group("not an id", "a"));
        await walk.RefusesAsync(create, 400, "BadUserInput", [], new { id = "g2", displayName = "", featureIds = new[] { "a" } });
        await walk.RefusesAsync(create, 400, "BadUserInput", [], new { id = "g2", displayName = "x", featureIds = new[] { "a" }, more = 1 });
        await walk.RefusesAsync(create, 400, "BadUserInput", [], Group("g2", "a", "a"));
        await walk.RefusesAsync(create, 400, "FeatureGroupMissingFeaturesError", [], Group("g2"));
        // The operation declares no 404.
        await walk.RefusesAsync(create, 400, "FeatureNotFound", [], Group("g2", "a", Nobody));
        await walk.RefusesAsync(create, 409, "EntityIsArchivedError", [], Group("g2", "gone"));
        await walk.RefusesAsync(create, 409, "DuplicatedEntityNotAllowed", [], Group("g", "a"));
        await walk.RefusesAsync(update, 404, "FeatureGroupNotFoundError", [Nobody], new { });
        await walk.RefusesAsync(update, 404, "FeatureNotFound", ["g"], new { featureIds = new[] { Nobody } });
        await walk.RefusesAsync(update, 409, "EntityIsArchivedError", ["g"], new { featureIds = new[] { "gone" } });
        await walk.RefusesAsync(update, 400, "FeatureGroupMissingFeaturesError", ["g"], new { featureIds = Array.Empty<string>() });
        await walk.RefusesAsync(update, 400, "BadUserInput", ["g"], new { displayName = new string('x', 256) });
        await walk.RefusesAsync("tollgate.featureGroups.list", 400, "BadUserInput", [], query: "limit=0");
        await walk.RefusesAsync(
            "tollgate.featureGroups.list", 400, "BadUserInput", [], query: $"after={Guid.NewGuid()}", keepsContract: true);
        await walk.RefusesAsync("v1.features.archiveFeature", 409, "CannotArchiveFeatureError", ["a"]);

        await walk.DoesAsync("tollgate.featureGroups.archive", ["g"]);
        await walk.RefusesAsync(update, 409, "EntityIsArchivedError", ["g"], new { displayName = "x" });
        await walk.DoesAsync("v1.features.archiveFeature", ["a"]);
        await walk.RefusesAsync("tollgate.featureGroups.unarchive", 409, "EntityIsArchivedError", ["g"]);
        AssertNoFaults(walk);
    }

    [Theory, InlineData("plans", "PlanNotFound"), InlineData("addons", "AddonNotFound")]
    public async Task Feature_groups_on_drafts(string plural, string notFound)
    {
        var walk = await FeaturesAsync();
        var ours = $"tollgate.{plural}.featureGroups.";
        await PackageAsync(walk, plural, "p", publish: false);
        await PackageAsync(walk, plural, "published");
        await PackageAsync(walk, plural, "archived");
        await walk.DoesAsync($"v1.{plural}.archive", ["archived"]);
        await walk.DoesAsync("tollgate.featureGroups.create", [], Group("retired", "b"));
        await walk.DoesAsync("tollgate.featureGroups.archive", ["retired"]);

        foreach (var operation in (string[])["add", "unlink", "remove", "migrate"])
        {
            await RefusesAsync(operation, 404, notFound, Nobody);
            await RefusesAsync(operation, 409, "EntityIsArchivedError", "archived");
            await RefusesAsync(operation, 409, "EditAllowedOnDraftPackageOnlyError", "published");
        }

        await walk.RefusesAsync(ours + "add", 404, "FeatureGroupNotFoundError", ["p"], Added(Nobody, Row("a")));
        await walk.RefusesAsync(ours + "add", 409, "EntityIsArchivedError", ["p"], Added("retired", Row("b")));
        await walk.RefusesAsync(ours + "add", 400, "FeatureGroupMissingFeaturesError", ["p"], Added("g", Row("a")));
        await walk.RefusesAsync(
            ours + "add", 400, "FeatureNotBelongToFeatureGroupError", ["p"], Added("g", Row("a"), Row("b"), Row("c")));
        await walk.RefusesAsync(ours + "add", 400, "BadUserInput", ["p"], Added("g", Row("a"), Row("b"), Row("a")));
        await walk.RefusesAsync(ours + "add", 400, "BadUserInput", ["p"], new { featureGroupId = 7 });
        await walk.DoesAsync(ours + "add", ["p"], Added("g", Row("a"), Row("b")));
        await walk.RefusesAsync(ours + "add", 409, "DuplicatedEntityNotAllowed", ["p"], Added("g"));
        await walk.RefusesAsync(
            $"v1.{plural}.entitlements.delete", 409, "EntitlementBelongsToFeatureGroupError", ["p", "a"]);
        await walk.RefusesAsync(
            $"v1.{plural}.entitlements.update",
            409,
            "CanNotUpdateEntitlementsFeatureGroup",
            ["p", "a"],
            new { type = "FEATURE", featureGroupIds = new[] { "retired" } });
        await walk.RefusesAsync("tollgate.featureGroups.archive", 409, "CannotArchiveFeatureGroupError", ["g"]);
        foreach (var operation in (string[])["unlink", "remove"])
            await walk.RefusesAsync(ours + operation, 404, "FeatureGroupNotFoundError", ["p", "retired"]);
        await walk.DoesAsync("tollgate.featureGroups.update", ["g"], new { featureIds = new[] { "a", "b", "c" } });
        await walk.RefusesAsync(
            ours + "migrate", 400, "FeatureGroupMissingFeaturesError", ["p"], new { entitlements = Array.Empty<object>() });
        await walk.RefusesAsync(ours + "migrate", 400, "BadUserInput", ["p"], new { entitlements = new[] { Row("c"), Row("c") } });
        AssertNoFaults(walk);

        Task RefusesAsync(string operation, int status, string code, string id) => operation switch
        {
            "add" => walk.RefusesAsync(ours + operation, status, code, [id], Added("g", Row("a"), Row("b"))),
            "migrate" => walk.RefusesAsync(ours + operation, status, code, [id], new { entitlements = new[] { Row("a") } }),
            _ => walk.RefusesAsync(ours + operation, status, code, [id, "g"]),
        };
    }

    [Fact]
    public async Task Addon_groups()
    {
        var walk = await NewAsync();
        const string create = "tollgate.packageGroups.create";
        const string addons = "tollgate.packageGroups.setAddons";
        const string onPlan = "tollgate.plans.setPackageGroups";
        await walk.DoesAsync("v1.products.createProduct", [], new { id = "other", displayName = "Other" });
        await walk.DoesAsync("v1.products.createProduct", [], new { id = "closed", displayName = "Closed" });
        await walk.DoesAsync("v1.products.archiveProduct", ["closed"]);
        await PackageAsync(walk, "addons", "support");
        await PackageAsync(walk, "addons", "unsold", publish: false);
        await PackageAsync(walk, "addons", "gone");
        await walk.DoesAsync("v1.addons.archive", ["gone"]);
        await PackageAsync(walk, "addons", "foreign", product: "other");
        await PackageAsync(walk, "plans", "custom", publish: false);
        await PackageAsync(walk, "plans", "free", pricingType: "FREE");
        await PackageAsync(walk, "plans", "retired");
        await walk.DoesAsync("v1.plans.archive", ["retired"]);
        foreach (var id in (string[])["g", "archived", "empty"])
            await walk.DoesAsync(create, [], AddonGroup(id));
        await walk.DoesAsync("tollgate.packageGroups.archive", ["archived"]);
        await walk.DoesAsync(create, [], AddonGroup("elsewhere", "other"));

        await walk.RefusesAsync(create, 400, "BadUserInput", [], AddonGroup("not an id"));
        await walk.RefusesAsync(create, 400, "BadUserInput", [], new { id = "x", displayName = "", productId = "product-default" });
        await walk.RefusesAsync(create, 404, "ProductNotFoundError", [], AddonGroup("x", Nobody));
        await walk.RefusesAsync(create, 409, "ProductNotPublishedError", [], AddonGroup("x", "closed"));
        await walk.RefusesAsync(create, 409, "DuplicatedEntityNotAllowed", [], AddonGroup("archived"));
        await walk.RefusesAsync("tollgate.packageGroups.update", 404, "PackageGroupNotFound", [Nobody], new { displayName = "x" });
        await walk.RefusesAsync("tollgate.packageGroups.update", 409, "EntityIsArchivedError", ["archived"], new { displayName = "x" });
        await walk.RefusesAsync("tollgate.packageGroups.update", 400, "BadUserInput", ["g"], new { displayName = (string?)null });
        await walk.RefusesAsync("tollgate.packageGroups.retrieve", 404, "PackageGroupNotFound", [Nobody]);
        await walk.RefusesAsync("tollgate.packageGroups.archive", 404, "PackageGroupNotFound", [Nobody]);
        await walk.RefusesAsync(
            "tollgate.packageGroups.list", 400, "BadUserInput", [], query: $"before={Guid.NewGuid()}", keepsContract: true);
        await walk.RefusesAsync(addons, 404, "PackageGroupNotFound", [Nobody], Addons("support"));
        await walk.RefusesAsync(addons, 409, "EntityIsArchivedError", ["archived"], Addons("support"));
        await walk.RefusesAsync(addons, 409, "EntityIsArchivedError", ["g"], Addons("gone"));
        await walk.RefusesAsync(addons, 404, "AddonNotFound", ["g"], Addons(Nobody));
        await walk.RefusesAsync(addons, 400, "IncompatibleSubscriptionAddon", ["g"], Addons("foreign"));
        await walk.RefusesAsync(addons, 400, "BadUserInput", ["g"], new { addonIds = "support" });

        await walk.RefusesAsync(onPlan, 404, "PlanNotFound", [Nobody], Taken("g"));
        await walk.RefusesAsync(onPlan, 404, "PackageGroupNotFound", ["custom"], Taken(Nobody));
        await walk.RefusesAsync(onPlan, 409, "EntityIsArchivedError", ["custom"], Taken("archived"));
        await walk.RefusesAsync(onPlan, 409, "EntityIsArchivedError", ["retired"], Taken("g"));
        await walk.RefusesAsync(onPlan, 400, "IncompatibleSubscriptionAddon", ["custom"], Taken("elsewhere"));
        await walk.RefusesAsync(onPlan, 409, "DuplicatedEntityNotAllowed", ["custom"], Taken("g", "g"));
        await walk.RefusesAsync(onPlan, 400, "FreePlanCantHaveCompatiblePackageGroupError", ["free"], Taken("g"));
        await walk.RefusesAsync(
            onPlan, 400, "BadUserInput", ["custom"], new { packageGroups = new[] { new { packageGroupId = "g", minItems = -1 } } });

        await walk.DoesAsync(addons, ["g"], Addons("support"));
        await walk.RefusesAsync("v1.addons.archive", 409, "AddonIsCompatibleWithGroup", ["support"]);
        await walk.DoesAsync(onPlan, ["custom"], Taken("g"));
        await walk.DoesAsync("v1.plans.publish", ["custom"], new { migrationType = "NEW_CUSTOMERS" });
        await walk.RefusesAsync("tollgate.packageGroups.archive", 409, "IntegrityViolation", ["g"]);
        await walk.RefusesAsync(addons, 409, "UnPublishedPackage", ["g"], Addons("support", "unsold"));
        AssertNoFaults(walk);
    }

    [Fact]
    public async Task Auto_cancellation_rules()
    {
        var walk = await NewAsync();
        const string update = "tollgate.products.update";
        await walk.DoesAsync("v1.products.createProduct", [], new { id = "team", displayName = "Team", multipleSubscriptions = true });
        await walk.DoesAsync("v1.products.createProduct", [], new { id = "other", displayName = "Other" });
        await walk.DoesAsync("v1.products.createProduct", [], new { id = "closed", displayName = "Closed" });
        await walk.DoesAsync("v1.products.archiveProduct", ["closed"]);
        await PackageAsync(walk, "plans", "own");
        await PackageAsync(walk, "plans", "gone");
        await walk.DoesAsync("v1.plans.archive", ["gone"]);
        await PackageAsync(walk, "plans", "member", product: "team");
        await PackageAsync(walk, "plans", "foreign", product: "other");

        await walk.RefusesAsync(update, 404, "ProductNotFoundError", [Nobody], Rules(("own", "member")));
        await walk.RefusesAsync(update, 409, "ProductNotPublishedError", ["closed"], Rules(("own", "member")));
        await walk.RefusesAsync(update, 404, "PlanNotFound", ["product-default"], Rules(("own", Nobody)));
        await walk.RefusesAsync(update, 404, "PlanNotFound", ["product-default"], Rules((Nobody, "member")));
        await walk.RefusesAsync(update, 409, "EntityIsArchivedError", ["product-default"], Rules(("gone", "member")));
        await walk.RefusesAsync(update, 400, "InvalidArgumentError", ["product-default"], Rules(("foreign", "member")));
        await walk.RefusesAsync(
            update, 400, "MultiSubscriptionCantBeAutoCancellationSourceError", ["team"], Rules(("member", "member")));
        await walk.RefusesAsync(
            update, 400, "SingleSubscriptionCantBeAutoCancellationTargetError", ["product-default"], Rules(("own", "foreign")));
        await walk.RefusesAsync(update, 400, "BadUserInput", ["product-default"], Rules(("own", "member"), ("own", "member")));
        await walk.RefusesAsync(
            update, 400, "BadUserInput", ["product-default"], new { autoCancellationRules = new[] { new { sourcePlanId = "own" } } });

        await walk.DoesAsync(update, ["product-default"], Rules(("own", "member")));
        // What a rule needs of the products on both of its sides stays.
        await walk.RefusesAsync(
            "v1.products.updateProduct", 400, "SingleSubscriptionCantBeAutoCancellationTargetError", ["team"],
            new { multipleSubscriptions = false });
        await walk.RefusesAsync(
            "v1.products.updateProduct", 400, "MultiSubscriptionCantBeAutoCancellationSourceError", ["product-default"],
            new { multipleSubscriptions = true });
        AssertNoFaults(walk);
    }

    private static void AssertNoFaults(Walk walk) => Assert.True(walk.Faults.Count == 0, string.Join('\n', walk.Faults));

    private async Task<Walk> NewAsync() =>
        new(Contract, await servers.NewEnvironmentAsync(DatabaseKind.Sqlite, Cancellation), [], []);

    /// <summary>Metered features a, b and c, an archived one, and the group g of a and b.</summary>
    private async Task<Walk> FeaturesAsync()
    {
        var walk = await NewAsync();
        foreach (var id in (string[])["a", "b", "c", "gone"])
        {
            await walk.DoesAsync(
                "v1.features.createFeature", [], new { id, displayName = id, featureType = "NUMBER", meterType = "FLUCTUATING" });
        }

        await walk.DoesAsync("v1.features.archiveFeature", ["gone"]);
        await walk.DoesAsync("tollgate.featureGroups.create", [], Group("g", "a", "b"));
        return walk;
    }

    /// <summary>A plan or an add-on, CUSTOM unless said otherwise, so that it needs no price.</summary>
    private static async Task PackageAsync(
        Walk walk, string plural, string id, string product = "product-default", string pricingType = "CUSTOM", bool publish = true)
    {
        await walk.DoesAsync($"v1.{plural}.create", [], new { id, displayName = id, productId = product, pricingType });
        if (publish)
            await walk.DoesAsync($"v1.{plural}.publish", [id], new { migrationType = "NEW_CUSTOMERS" });
    }

    private static object Group(string id, params string[] featureIds) => new { id, displayName = id, featureIds };

    private static object AddonGroup(string id, string productId = "product-default") => new { id, displayName = id, productId };

    private static object Addons(params string[] addonIds) => new { addonIds };

    private static object Taken(params string[] groups) =>
        new { packageGroups = groups.Select(packageGroupId => new { packageGroupId }) };

    private static object Row(string id) => new { type = "FEATURE", id, usageLimit = 5 };

    private static object Added(string featureGroupId, params object[] entitlements) => new { featureGroupId, entitlements };

    private static object Rules(params (string Source, string Target)[] rules) => new
    {
        autoCancellationRules = rules.Select(rule => new { sourcePlanId = rule.Source, targetPlanId = rule.Target }),
    };
}
