using System.Text.Json;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Server.Rest.Catalog;

namespace Tollgate.Server.Rest.Entitlements;

/// <summary>
/// Promotional entitlements between their wire shape and the domain (spec entitlements-and-usage 14).
/// </summary>
internal static class PromotionWire
{
    /// <param name="promotion">As stored.</param>
    /// <param name="environment">The public id of its environment.</param>
    public static RestPromotionalEntitlement ToRest(PromotionalEntitlement promotion, Guid environment) => new()
    {
        Id = promotion.Uid,
        CreatedAt = Wire.Instant(promotion.CreatedAt),
        // No request of REST can set it.
        Description = null,
        EndDate = Wire.Instant(promotion.EndDate),
        EnumValues = promotion.EnumValues,
        EnvironmentId = environment,
        FeatureGroupIds = promotion.FeatureGroupIds,
        FeatureId = promotion.FeatureUid,
        HasSoftLimit = promotion.HasSoftLimit,
        HasUnlimitedUsage = promotion.HasUnlimitedUsage,
        IsVisible = promotion.IsVisible,
        Period = Wire.Symbol(promotion.Period),
        ResetPeriod = Wire.Symbol(promotion.Reset?.Period),
        ResetPeriodConfiguration = PackageEntitlementWire.ConfigurationToRest(promotion.Reset),
        StartDate = Wire.Instant(promotion.StartDate),
        Status = Wire.Symbol(promotion.Status == PromotionStatus.Revoked ? PromotionStatus.Expired : promotion.Status),
        UpdatedAt = Wire.Instant(promotion.UpdatedAt),
        UsageLimit = promotion.UsageLimit,
    };

    public static IReadOnlyList<PromotionInput> RowsFromRest(JsonElement body) =>
        body.ListOrNull("promotionalEntitlements", RowFromRest) ?? [];

    private static PromotionInput RowFromRest(JsonElement row) =>
        new(new(row.Text("featureId")), row.Member<PromotionPeriod>("period"))
        {
            CustomEndDate = row.InstantOrNull("customEndDate"),
            UsageLimit = row.NumberOrNull("usageLimit"),
            HasUnlimitedUsage = row.FlagOrNull("hasUnlimitedUsage"),
            HasSoftLimit = row.FlagOrNull("hasSoftLimit"),
            Reset = PackageEntitlementWire.ResetFromRest(row),
            EnumValues = row.ListOrNull("enumValues", value => value.GetString()!),
            IsVisible = row.FlagOrNull("isVisible"),
        };
}
