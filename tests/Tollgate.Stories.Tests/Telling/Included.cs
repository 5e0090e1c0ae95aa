namespace Tollgate.Stories.Tests.Telling;

/// <summary>What a package includes of a feature, as the API takes it.</summary>
internal static class Included
{
    public static Dictionary<string, object?> Units(
        string feature, int limit, string? reset = null, bool soft = false, string? accordingTo = null)
    {
        var entitlement = Of(feature, "usageLimit", limit);
        if (reset is not null)
            entitlement["resetPeriod"] = reset;
        if (accordingTo is not null)
            entitlement["monthlyResetPeriodConfiguration"] = new { accordingTo };
        if (soft)
            entitlement["hasSoftLimit"] = true;
        return entitlement;
    }

    /// <summary>Add-on units on top of the plan's.</summary>
    public static Dictionary<string, object?> More(string feature, int units) =>
        new(Of(feature, "usageLimit", units)) { ["behavior"] = "Increment" };

    public static Dictionary<string, object?> Unlimited(string feature, string? reset = null)
    {
        var entitlement = Of(feature, "hasUnlimitedUsage", true);
        if (reset is not null)
            entitlement["resetPeriod"] = reset;
        return entitlement;
    }

    private static Dictionary<string, object?> Of(string feature, string name, object value) =>
        new() { ["id"] = feature, ["type"] = "FEATURE", [name] = value };
}
