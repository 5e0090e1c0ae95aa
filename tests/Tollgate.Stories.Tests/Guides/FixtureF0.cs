using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Guides;

/// <summary>The catalog that the recipes of the guides start from (spec guides, F0).</summary>
internal static class FixtureF0
{
    public const string Start = "2040-03-01T00:00:00Z";

    public static async Task F0Async(this Story story)
    {
        await story.PostAsync("/api/v1/products", new { id = "app", displayName = "App" });
        await story.MeterAsync("seats", "FLUCTUATING");
        await story.MeterAsync("api-calls");
        await story.PostAsync("/api/v1/features", new { id = "sso", displayName = "Sso", featureType = "BOOLEAN" });
        await story.PostAsync("/api/v1/features", new
        {
            id = "retention",
            displayName = "Retention",
            featureType = "NUMBER",
            meterType = "None",
            featureUnits = "day",
            featureUnitsPlural = "days",
        });
        await story.AddonAsync(
            new("seats-pack", Price.Flat(10, 100)) { Product = "app", Limits = [Included.More("seats", 5)] });
        await story.PlanAsync(new("free")
        {
            Product = "app",
            Limits = [Included.Units("seats", 1), Included.Units("api-calls", 100, "MONTH")],
        });
        await story.PlanAsync(new("pro", Price.Flat(49, 490))
        {
            Product = "app",
            Parent = "free",
            Limits =
            [
                Included.Units("seats", 5), Included.Units("api-calls", 10_000, "MONTH"),
                new() { ["id"] = "sso", ["type"] = "FEATURE" },
            ],
            Addons = ["seats-pack"],
        });
        await story.PlanAsync(new("enterprise")
        {
            Type = "CUSTOM",
            Product = "app",
            Limits =
            [
                new() { ["id"] = "seats", ["type"] = "FEATURE", ["isCustom"] = true },
                new() { ["id"] = "retention", ["type"] = "FEATURE", ["isCustom"] = true },
                new() { ["id"] = "sso", ["type"] = "FEATURE" },
            ],
        });
        await story.PatchAsync("/api/v1/products/app", new
        {
            productSettings = new
            {
                subscriptionStartSetup = "FREE_PLAN",
                subscriptionStartPlanId = "free",
                subscriptionEndSetup = "DOWNGRADE_TO_FREE",
                downgradePlanId = "free",
                subscriptionCancellationTime = "END_OF_BILLING_PERIOD",
            },
        });
    }
}
