using System.Text.Json;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Modules.Catalog.Packages;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>How entitlements of plans and add-ons look on REST.</summary>
internal static class PackageEntitlementWire
{
    public static RestPackageEntitlement ToRest(EntitlementRow row) =>
        row.Feature is { } feature ? ToRest(feature) : ToRest(row.Credit!);

    public static RestPackageEntitlement ToRest(
        PackageCreditEntitlement entitlement) => new RestPackageCreditEntitlement
        {
            Id = entitlement.CurrencyId.Value,
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
            Amount = entitlement.Amount,
            Cadence = Wire.Symbol(entitlement.Cadence),
            DependencyFeatureId = entitlement.DependencyFeatureId?.Value,
        };

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

    /// <summary>The rows of a create request, features and credits.</summary>
    public static EntitlementRows RowsFromRest(JsonElement body) =>
        new([.. body.GetProperty("entitlements").EnumerateArray().Select(row => RowFrom(row, row.Text("id")))]);

    /// <summary>
    /// The one row of an update request; the path names its feature or currency, the body says which.
    /// </summary>
    public static EntitlementRows RowFromRest(JsonElement body, string id) => new([RowFrom(body, id)]);

    /// <summary>
    /// The included quantity of an overage charge; a charge for more makes the limit soft (spec catalog 9.7).
    /// </summary>
    public static EntitlementInput AllowanceFromRest(JsonElement given) =>
        FromRest(given, given.Text("featureId")) with { HasSoftLimit = true };

    /// <summary>The included credits of an overage charge, soft for the same reason (spec credits 11).</summary>
    public static CreditEntitlementInput CreditAllowanceFromRest(JsonElement given) =>
        CreditFromRest(given, given.Text("customCurrencyId")) with { HasSoftLimit = true, IsGranted = true };

    public static ResetInput ResetFromRest(JsonElement given) => new()
    {
        Period = given.MemberOrNull<ResetPeriod>("resetPeriod") is { } period ? new(period) : default,
        Yearly = AnchorOf(given, "yearlyResetPeriodConfiguration"),
        Monthly = AnchorOf(given, "monthlyResetPeriodConfiguration"),
        Weekly = AnchorOf(given, "weeklyResetPeriodConfiguration"),
    };

    private static EntitlementRowInput RowFrom(JsonElement row, string id) =>
        IsFeature(row) ? new(FromRest(row, id), null) : new(null, CreditFromRest(row, id));

    private static CreditEntitlementInput CreditFromRest(JsonElement row, string id) => new(new CurrencyId(id))
    {
        Amount = row.TryGetProperty("amount", out _) ? new(row.NumberOrNull("amount")) : default,
        Cadence = row.MemberOrNull<CreditCadence>("cadence") is { } cadence ? new(cadence) : default,
        Behavior = row.MemberOrNull<EntitlementBehavior>("behavior") is { } behavior ? new(behavior) : default,
        HasSoftLimit = Flag(row, "hasSoftLimit"),
        DependencyFeatureId = row.TryGetProperty("dependencyFeatureId", out _)
            ? new(row.TextOrNull("dependencyFeatureId") is { } feature ? new FeatureId(feature) : null)
            : default,
        IsCustom = Flag(row, "isCustom"),
        IsGranted = Flag(row, "isGranted"),
        DisplayNameOverride = row.OptionalText("displayNameOverride"),
        Description = row.OptionalText("description"),
        HiddenFromWidgets = WidgetsFromRest(row),
        Order = row.NumberOrNull("order") is { } order ? new(order) : default,
    };

    private static Optional<IReadOnlyList<WidgetType>> WidgetsFromRest(JsonElement row) =>
        row.Optional<IReadOnlyList<WidgetType>>(
            "hiddenFromWidgets",
            list => [.. list.EnumerateArray().Select(widget => Wire.Member<WidgetType>(widget.GetString()!))]);

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
        HiddenFromWidgets = WidgetsFromRest(row),
        Order = row.NumberOrNull("order") is { } order ? new(order) : default,
        FeatureGroupIds = row.Optional<IReadOnlyList<string>>(
            "featureGroupIds", list => [.. list.EnumerateArray().Select(group => group.GetString()!)]),
    };

    private static Optional<bool> Flag(JsonElement row, string name) =>
        row.FlagOrNull(name) is { } flag ? new(flag) : default;

    private static ResetAnchor? AnchorOf(JsonElement given, string name) =>
        given.Property(name)?.Member<ResetAnchor>("accordingTo");
}
