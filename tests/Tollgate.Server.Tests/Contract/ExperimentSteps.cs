namespace Tollgate.Server.Tests.Contract;

/// <summary>Experiments on a product of their own, from the draft to what became of its customers.</summary>
internal static class ExperimentSteps
{
    private const string Nobody = "no-such-experiment";

    private static readonly object Variant = new
    {
        subscriptionStartSetup = "FREE_PLAN",
        subscriptionStartPlanId = "lab-free",
        subscriptionEndSetup = "CANCEL_SUBSCRIPTION",
        subscriptionCancellationTime = "IMMEDIATE",
    };

    public static async Task ExperimentsAsync(Walk walk)
    {
        await ProductAsync(walk);
        await DraftsAsync(walk);
        await RunAsync(walk);
        await walk.DoesAsync("tollgate.experiments.stop", ["free-first"]);
        await walk.RefusesAsync("tollgate.experiments.stop", 409, "ExperimentStatusError", ["free-first"]);
        await walk.DoesAsync("tollgate.experiments.retrieve", ["free-first"]);
        await walk.RefusesAsync("tollgate.experiments.retrieve", 400, "ExperimentNotFoundError", [Nobody], keepsContract: true);
        await walk.DoesAsync("tollgate.experiments.list", []);
        await walk.DoesAsync("tollgate.experiments.list", [], query: "productId=lab&status=DRAFT,COMPLETED&limit=1");
        await walk.RefusesAsync("tollgate.experiments.list", 400, "BadUserInput", [], query: "status=RUNNING");
    }

    private static async Task ProductAsync(Walk walk)
    {
        await walk.DoesAsync("v1.products.createProduct", [], new { id = "lab", displayName = "Lab" });
        await walk.DoesAsync(
            "v1.plans.create", [], new { id = "lab-free", productId = "lab", displayName = "Free", pricingType = "FREE" });
        await walk.DoesAsync("v1.plans.publish", ["lab-free"], new { migrationType = "NEW_CUSTOMERS" });
        await walk.DoesAsync(
            "v1.plans.create", [], new { id = "lab-more", productId = "lab", displayName = "More", pricingType = "FREE" });
    }

    private static async Task DraftsAsync(Walk walk)
    {
        object Body(string id, string name, string product = "lab") => new
        {
            id,
            name,
            description = "Does a free plan sell more?",
            productId = product,
            controlGroupName = "As now",
            variantGroupName = "Free first",
            variantPercentage = 12.5,
            productSettings = Variant,
        };

        await walk.DoesAsync("tollgate.experiments.create", [], Body("free-first", "Free first"));
        await walk.RefusesAsync(
            "tollgate.experiments.create", 409, "DuplicatedEntityNotAllowed", [], Body("other", "Free first"));
        await walk.RefusesAsync(
            "tollgate.experiments.create", 404, "ProductNotFoundError", [], Body("other", "Other", "no-such-product"));
        await walk.RefusesAsync("tollgate.experiments.create", 400, "BadUserInput", [], new { id = "other" });
        await walk.DoesAsync(
            "tollgate.experiments.update",
            ["free-first"],
            new { variantPercentage = 100, description = (string?)null, variantGroupName = "Start on free", productSettings = Variant });
        await walk.RefusesAsync(
            "tollgate.experiments.update", 400, "BadUserInput", ["free-first"], new { variantPercentage = 101 });
        await walk.DoesAsync(
            "tollgate.experiments.duplicate", ["free-first"], new { id = "free-again", name = "Free again" });
        await walk.RefusesAsync(
            "tollgate.experiments.duplicate", 409, "DuplicatedEntityNotAllowed", ["free-first"],
            new { id = "free-again", name = "Free once more" });
        await walk.DoesAsync(
            "tollgate.experiments.duplicate", ["free-first"], new { id = "free-waste", name = "Waste" });
        await walk.DoesAsync("tollgate.experiments.delete", ["free-waste"]);
        await walk.RefusesAsync(
            "tollgate.experiments.delete", 400, "ExperimentNotFoundError", ["free-waste"], keepsContract: true);
    }

    private static async Task RunAsync(Walk walk)
    {
        await walk.DoesAsync("tollgate.experiments.start", ["free-first"]);
        await walk.RefusesAsync("tollgate.experiments.start", 409, "ExperimentAlreadyRunning", ["free-again"]);
        await walk.RefusesAsync("tollgate.experiments.update", 409, "ExperimentStatusError", ["free-first"], new { name = "N" });
        await walk.RefusesAsync("tollgate.experiments.delete", 409, "ExperimentStatusError", ["free-first"]);
        await walk.RefusesAsync(
            "v1.plans.publish", 409, "OperationNotAllowedDuringInProgressExperiment", ["lab-more"],
            new { migrationType = "NEW_CUSTOMERS" });
        var made = await walk.DoesAsync(
            "tollgate.customers.provision", [], new { customer = new { id = "guinea@example.com" } });
        Assert.Equal("VARIANT", made.GetProperty("data").GetProperty("experimentInfo").GetProperty("groupType").GetString());
        await walk.DoesAsync("v1.customers.provision", [], new { id = "shy@example.com", excludeFromExperiment = true });
        await walk.DoesAsync("tollgate.customers.experiment", ["guinea@example.com"]);
        await walk.DoesAsync("tollgate.customers.experiment", ["shy@example.com"]);
        await walk.RefusesAsync("tollgate.customers.experiment", 404, "CustomerNotFound", ["nobody@example.com"]);
        await walk.DoesAsync("tollgate.experiments.statistics", ["free-first"]);
        await walk.RefusesAsync(
            "tollgate.experiments.statistics", 400, "ExperimentNotFoundError", [Nobody], keepsContract: true);
    }
}
