using Tollgate.Contracts.Rest.Responses;
using Tollgate.Modules.Catalog.Packages;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>Operations on add-ons and what they grant (spec catalog 4, 6 and 8).</summary>
internal static class AddonEndpoints
{
    public static void MapAddons(this RestRoutes routes) => PackageEndpoints.Map(
        routes,
        new PackageSurface<RestAddon>("v1.addons", "addonId")
        {
            Packages = routes.Services.GetRequiredService<AddonUseCases>(),
            Entitlements = routes.Services.GetRequiredService<AddonEntitlementUseCases>(),
            Publish = routes.Services.GetRequiredService<PublishAddon>(),
            ToRest = AddonWire.ToRest,
            DraftFromRest = AddonWire.DraftFromRest,
            UpdateFromRest = AddonWire.UpdateFromRest,
            One = RestJson.Wire.RestDataRestAddon,
            Page = RestJson.Wire.RestPageRestAddon,
        });
}
