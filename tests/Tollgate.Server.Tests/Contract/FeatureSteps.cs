namespace Tollgate.Server.Tests.Contract;

/// <summary>Our own operations on features.</summary>
internal static class FeatureSteps
{
    private const string Nobody = "no-such-feature";

    private static object Meter { get; } = new
    {
        aggregation = new { function = "SUM", field = "tokens" },
        filters = new[]
        {
            new
            {
                conditions = new object[]
                {
                    new { field = "eventName", operation = "EQUALS", value = "completion" },
                    new { field = "model", operation = "IN", values = new[] { "small", "large" } },
                },
            },
        },
    };

    public static async Task CreationAsync(Walk walk)
    {
        await walk.DoesAsync("tollgate.features.create", [], new
        {
            id = "words",
            displayName = "Words",
            featureType = "NUMBER",
            meterType = "INCREMENTAL",
            meter = Meter,
        });
        await walk.DoesAsync(
            "tollgate.features.create", [], new { id = "unmetered", displayName = "Unmetered", featureType = "BOOLEAN" });
        await walk.RefusesAsync(
            "tollgate.features.create",
            409,
            "DuplicatedEntityNotAllowed",
            [],
            new { id = "words", displayName = "Words", featureType = "BOOLEAN" });
        await walk.RefusesAsync(
            "tollgate.features.create",
            400,
            "MeteringNotAvailableForFeatureType",
            [],
            new { id = "metered-flag", displayName = "x", featureType = "BOOLEAN", meter = Meter },
            keepsContract: true);
        await walk.DoesAsync("tollgate.features.exists", ["words"]);
        await walk.DoesAsync("tollgate.features.exists", [Nobody]);
        await walk.RefusesAsync("tollgate.features.exists", 400, "BadUserInput", ["-"]);
        await walk.DoesAsync("tollgate.features.import", [], new
        {
            features = new object[]
            {
                new { id = "lines", displayName = "Lines", featureType = "NUMBER", meterType = "INCREMENTAL", meter = Meter },
                new { id = "words", displayName = "Words", featureType = "BOOLEAN" },
                new { id = 7 },
                "no row",
            },
        });
        await walk.RefusesAsync(
            "tollgate.features.import", 400, "BadUserInput", [], new { features = Array.Empty<object>() }, keepsContract: true);
    }

    /// <summary>After plans and add-ons were published.</summary>
    public static async Task PackagesAsync(Walk walk)
    {
        var used = await walk.DoesAsync("tollgate.features.listPackages", ["seats"]);
        Assert.NotEqual(0, used.GetProperty("data").GetArrayLength());
        await walk.DoesAsync("tollgate.features.listPackages", ["words"], query: "limit=1");
        await walk.RefusesAsync("tollgate.features.listPackages", 404, "FeatureNotFound", [Nobody]);
    }
}
