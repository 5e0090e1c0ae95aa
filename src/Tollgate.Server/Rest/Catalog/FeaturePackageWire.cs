using Tollgate.Domain.Catalog;
using Tollgate.Modules.Catalog.Features;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>Plans and add-ons that use a feature, as they are answered.</summary>
internal static class FeaturePackageWire
{
    public static RestFeaturePackage ToRest(FeaturePackage found) => new()
    {
        Id = found.Usage.Package.Id.Value,
        DisplayName = found.Usage.Package.DisplayName,
        Type = Wire.Symbol(found.Usage.Package.Kind),
        ProductId = found.Usage.Package.ProductId.Value,
        HasCharge = found.Usage.HasCharge,
        IsCreditConsumption = found.Usage.IsCreditConsumption,
        Entitlement = found.Usage.Entitlement is { } entitlement ? ToRest(entitlement) : null,
        FeatureGroups = [.. found.Groups.Select(group => new RestFeaturePackageGroup(group.Id, group.DisplayName))],
    };

    private static RestFeaturePackageEntitlement ToRest(PackageEntitlement entitlement) => new()
    {
        UsageLimit = entitlement.UsageLimit,
        HasUnlimitedUsage = entitlement.HasUnlimitedUsage,
        HasSoftLimit = entitlement.HasSoftLimit,
        ResetPeriod = Wire.Symbol(entitlement.Reset?.Period),
        EnumValues = entitlement.EnumValues,
        IsCustom = entitlement.IsCustom,
    };
}
