using System.Text.Json;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Subscriptions;

namespace Tollgate.Server.Rest.Subscriptions;

/// <summary>
/// What a subscription shall hold, as callers send it: quantities, add-ons, overrides of entitlements.
/// </summary>
internal static class ContentRequests
{
    public static bool IsCredit(JsonElement item) =>
        string.Equals(item.TextOrNull("type"), "CREDIT", StringComparison.Ordinal);

    public static IReadOnlyList<QuantityInput>? QuantitiesFromRest(JsonElement body) =>
        body.Property("charges") is { } charges
            ? [.. charges.EnumerateArray().Where(c => !IsCredit(c))
                .Select(c => new QuantityInput(new(c.Text("id")), c.GetProperty("quantity").GetDecimal()))]
            : body.ListOrNull("billableFeatures", given => new QuantityInput(
                new(given.Text("featureId")), given.GetProperty("quantity").GetDecimal()));

    public static IReadOnlyList<CreditQuantityInput>? CreditQuantitiesFromRest(JsonElement body) =>
        body.Property("charges") is { } charges
            ? [.. charges.EnumerateArray().Where(IsCredit)
                .Select(c => new CreditQuantityInput(new(c.Text("id")), c.GetProperty("quantity").GetDecimal()))]
            : null;

    /// <summary>Given with the overrides of features: one list has both, and replaces both.</summary>
    public static IReadOnlyList<CreditOverride>? CreditOverridesFromRest(JsonElement body) =>
        body.Property("entitlements") is { } entitlements
            ? [.. entitlements.EnumerateArray().Where(IsCredit).Select(given => new CreditOverride(
                new(given.Text("id")), given.GetProperty("amount").GetDecimal(), given.Member<CreditCadence>("cadence"))
                { HasSoftLimit = given.FlagOrNull("hasSoftLimit") })]
            : null;

    public static IReadOnlyList<AddonInput>? AddonsFromRest(JsonElement body) => body.ListOrNull(
        "addons", addon => new AddonInput(new(addon.Text("id")), addon.NumberOrNull("quantity") ?? 1));

    public static IReadOnlyList<OverrideInput>? OverridesFromRest(JsonElement body) =>
        body.Property("entitlements") is { } entitlements
            ? [.. entitlements.EnumerateArray().Where(e => !IsCredit(e)).Select(OverrideFromRest)]
            : null;

    private static OverrideInput OverrideFromRest(JsonElement given) => new(new(given.Text("id")))
    {
        UsageLimit = given.NumberOrNull("usageLimit"),
        HasUnlimitedUsage = given.FlagOrNull("hasUnlimitedUsage"),
        HasSoftLimit = given.FlagOrNull("hasSoftLimit"),
        EnumValues = given.ListOrNull("enumValues", value => value.GetString()!),
        Reset = new()
        {
            Period = given.MemberOrNull<ResetPeriod>("resetPeriod") is { } period
                ? new Optional<ResetPeriod?>(period)
                : default,
            Yearly = AnchorFromRest(given, "yearlyResetPeriodConfiguration"),
            Monthly = AnchorFromRest(given, "monthlyResetPeriodConfiguration"),
            Weekly = AnchorFromRest(given, "weeklyResetPeriodConfiguration"),
        },
    };

    public static ResetAnchor? AnchorFromRest(JsonElement given, string name) =>
        given.Property(name)?.MemberOrNull<ResetAnchor>("accordingTo");
}
