using Tollgate.Contracts.Rest.Responses;
using Tollgate.Modules.Catalog.Packages;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>Operations on plans and what they grant (spec catalog 4, 5 and 8).</summary>
internal static class PlanEndpoints
{
    public static void MapPlans(this RestRoutes routes)
    {
        var plans = new PackageSurface<RestPlan>("v1.plans", "planId")
        {
            Packages = routes.Services.GetRequiredService<PlanUseCases>(),
            Entitlements = routes.Services.GetRequiredService<PlanEntitlementUseCases>(),
            Publish = routes.Services.GetRequiredService<PublishPlan>(),
            ToRest = PlanWire.ToRest,
            DraftFromRest = PlanWire.DraftFromRest,
            UpdateFromRest = PlanWire.UpdateFromRest,
            One = RestJson.Wire.RestDataRestPlan,
            Page = RestJson.Wire.RestPageRestPlan,
        };
        PackageEndpoints.Map(routes, plans);
        PackageEndpoints.MapCharges(routes, plans, "listOverageCharges", ChargeList.Overage);
    }
}
