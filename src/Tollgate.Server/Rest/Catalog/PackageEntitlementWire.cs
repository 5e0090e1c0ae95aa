using System.Text.Json;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Modules.Catalog.Packages;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>How entitlements of plans and add-ons look on REST.</summary>
internal static class PackageEntitlementWire
{
    public static RestPackageEntitlement ToRest(PackageEntitlement entitlement) => new RestPackageFeatureEntitlement
    {
        Id = entitlement.FeatureId.Value,
        Behavior = Wire.Symbol(entitlement.Behavior),
        CreatedAt = Wire.Instant(entitlement.CreatedAt),
        Description = entitlement.Description,
        DisplayNameOverride = entitlement.DisplayNameOverride,
        HasSoftLimit = entitlement.HasSoftLimit,
        HiddenFromWidgets = [.. entitlement.HiddenFromWidgets.Select(Wire.Symbol)],
        IsCustom = entitlement.IsCustom,
        IsGranted = entitlement.IsGranted,
        Order = entitlement.Order,
        UpdatedAt = Wire.Instant(entitlement.UpdatedAt),
        EnumValues = entitlement.EnumValues,
        FeatureGroupIds = entitlement.FeatureGroupIds.Count == 0 ? null : entitlement.FeatureGroupIds,
        HasUnlimitedUsage = entitlement.HasUnlimitedUsage,
        ResetPeriod = Wire.Symbol(entitlement.Reset?.Period),
        ResetPeriodConfiguration = ConfigurationToRest(entitlement.Reset),
        UsageLimit = entitlement.UsageLimit,
    };

    /// <summary>Only the periods that can be configured have one.</summary>
    public static RestResetPeriodConfiguration? ConfigurationToRest(ResetRule? rule) =>
        rule is { Period: ResetPeriod.Year or ResetPeriod.Month or ResetPeriod.Week } reset
            ? new(Wire.Symbol(reset.Anchor))
            : null;

    /// <summary>The rows of a create request: features, and the credit currencies others name.</summary>
    public static EntitlementRows RowsFromRest(JsonElement body)
    {
        var rows = body.GetProperty("entitlements").EnumerateArray().Index().ToList();
        return new(
            [.. rows.Where(row => IsFeature(row.Item)).Select(row => FromRest(row.Item, row.Item.Text("id")))],
            rows.Where(row => !IsFeature(row.Item)).ToDictionary(
                row => $"entitlements[{row.Index}].id", row => new CurrencyId(row.Item.Text("id"))));
    }

    /// <summary>
    /// The one row of an update request; the path names its feature or currency, the body says which.
    /// </summary>
    public static EntitlementRows RowFromRest(JsonElement body, string id) => IsFeature(body)
        ? new([FromRest(body, id)], new Dictionary<string, CurrencyId>())
        : new([], new Dictionary<string, CurrencyId> { ["id"] = new(id) });

    /// <summary>
    /// The included quantity of an overage charge; a charge for more makes the limit soft (spec catalog 9.7).
    /// </summary>
    public static EntitlementInput AllowanceFromRest(JsonElement given) =>
        FromRest(given, given.Text("featureId")) with { HasSoftLimit = true };

    public static ResetInput ResetFromRest(JsonElement given) => new()
    {
        Period = given.MemberOrNull<ResetPeriod>("resetPeriod") is { } period ? new(period) : default,
        Yearly = AnchorOf(given, "yearlyResetPeriodConfiguration"),
        Monthly = AnchorOf(given, "monthlyResetPeriodConfiguration"),
        Weekly = AnchorOf(given, "weeklyResetPeriodConfiguration"),
    };

    private static bool IsFeature(JsonElement row) => row.Text("type") == PackageWire.FeatureKind;

    public static EntitlementInput FromRest(JsonElement row, string id) => new(new FeatureId(id))
    {
        IsGranted = Flag(row, "isGranted"),
        UsageLimit = row.TryGetProperty("usageLimit", out _) ? new(row.NumberOrNull("usageLimit")) : default,
        HasUnlimitedUsage = Flag(row, "hasUnlimitedUsage"),
        HasSoftLimit = Flag(row, "hasSoftLimit"),
        Reset = ResetFromRest(row),
        EnumValues = row.Optional<IReadOnlyList<string>>(
            "enumValues", list => [.. list.EnumerateArray().Select(value => value.GetString()!)]),
        Behavior = row.MemberOrNull<EntitlementBehavior>("behavior") is { } behavior ? new(behavior) : default,
        IsCustom = Flag(row, "isCustom"),
        DisplayNameOverride = row.OptionalText("displayNameOverride"),
        Description = row.OptionalText("description"),
        HiddenFromWidgets = row.Optional<IReadOnlyList<WidgetType>>(
            "hiddenFromWidgets",
            list => [.. list.EnumerateArray().Select(widget => Wire.Member<WidgetType>(widget.GetString()!))]),
        Order = row.NumberOrNull("order") is { } order ? new(order) : default,
        FeatureGroupIds = row.Optional<IReadOnlyList<string>>(
            "featureGroupIds", list => [.. list.EnumerateArray().Select(group => group.GetString()!)]),
    };

    private static Optional<bool> Flag(JsonElement row, string name) =>
        row.FlagOrNull(name) is { } flag ? new(flag) : default;

    private static ResetAnchor? AnchorOf(JsonElement given, string name) =>
        given.Property(name)?.Member<ResetAnchor>("accordingTo");
}
