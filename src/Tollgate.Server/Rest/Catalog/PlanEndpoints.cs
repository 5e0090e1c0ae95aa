using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules;
using Tollgate.Modules.Catalog.Packages;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>Operations on plans and what they grant (spec catalog 4, 5 and 8).</summary>
internal static class PlanEndpoints
{
    public static void MapPlans(this RestRoutes routes)
    {
        var plans = routes.Services.GetRequiredService<PlanUseCases>();
        var publish = routes.Services.GetRequiredService<PublishPlan>();
        routes
            .Map("v1.plans.list", (call, token) => call.AnswerAsync(
                scope => plans.ListAsync(scope, FilterOf(call), call.Query.Page(), token),
                page => Wire.Page(page, PlanWire.ToRest),
                RestJson.Wire.RestPageRestPlan))
            .Map("v1.plans.create", (call, token) => AnswerAsync(
                call, scope => plans.CreateAsync(scope, PlanWire.DraftFromRest(call.Body), token)))
            .Map("v1.plans.retrieve", (call, token) => AnswerAsync(
                call, scope => plans.RetrieveAsync(scope, IdOf(call), token)))
            .Map("v1.plans.update", (call, token) => AnswerAsync(
                call, scope => plans.UpdateAsync(scope, IdOf(call), PlanWire.UpdateFromRest(call.Body), token)))
            .Map("v1.plans.archive", (call, token) => AnswerAsync(
                call, scope => plans.ArchiveAsync(scope, IdOf(call), token)))
            .Map("v1.plans.createDraft", (call, token) => AnswerAsync(
                call, scope => plans.CreateDraftAsync(scope, IdOf(call), token)))
            .Map("v1.plans.removeDraft", (call, token) => call.AnswerAsync(
                scope => plans.RemoveDraftAsync(scope, IdOf(call), token),
                removed => new RestData<RestIdRef>(new(removed.Id.Value)),
                RestJson.Wire.RestDataRestIdRef))
            .Map("v1.plans.publish", (call, token) => call.AnswerAsync(
                scope => publish.ExecuteAsync(
                    scope, IdOf(call), call.Body.Member<MigrationType>("migrationType"), token),
                published => new RestData<RestPackagePublish>(new(published.TaskUid)),
                RestJson.Wire.RestDataRestPackagePublish));
        MapCharges(routes, plans, "v1.plans.listCharges", ChargeList.Regular);
        MapCharges(routes, plans, "v1.plans.listOverageCharges", ChargeList.Overage);
        MapEntitlements(routes, routes.Services.GetRequiredService<PlanEntitlementUseCases>());
    }

    private static void MapCharges(RestRoutes routes, PlanUseCases plans, string operationId, ChargeList list) =>
        routes.Map(operationId, (call, token) => call.AnswerAsync(
            scope => plans.ListChargesAsync(scope, IdOf(call), list, call.Query.Page(), token),
            page => Wire.Page(page, ChargeWire.ToRest),
            RestJson.Wire.RestPageRestPackageCharge));

    private static void MapEntitlements(RestRoutes routes, PlanEntitlementUseCases entitlements) => routes
        .Map("v1.plans.entitlements.list", (call, token) => call.AnswerAsync(
            scope => entitlements.ListAsync(scope, PlanOf(call), token),
            rows => new RestPage<RestPackageEntitlement>(
                [.. rows.Select(PackageEntitlementWire.ToRest)], RestPagination.Whole),
            RestJson.Wire.RestPageRestPackageEntitlement))
        .Map("v1.plans.entitlements.create", (call, token) => call.AnswerAsync(
            scope => entitlements.CreateAsync(
                scope, PlanOf(call), PackageEntitlementWire.RowsFromRest(call.Body), token),
            rows => new RestData<IReadOnlyList<RestPackageEntitlement>>(
                [.. rows.Select(PackageEntitlementWire.ToRest)]),
            RestJson.Wire.RestDataIReadOnlyListRestPackageEntitlement))
        .Map("v1.plans.entitlements.update", (call, token) => AnswerAsync(
            call,
            scope => entitlements.UpdateAsync(
                scope, PlanOf(call), PackageEntitlementWire.RowFromRest(call.Body, call.Path("id")), token)))
        .Map("v1.plans.entitlements.delete", (call, token) => AnswerAsync(
            call, scope => entitlements.DeleteAsync(scope, PlanOf(call), new(call.Path("id")), token)));

    private static PackageId IdOf(RestCall call) => new(call.Path("id"));

    private static PackageId PlanOf(RestCall call) => new(call.Path("planId"));

    private static PackageFilter FilterOf(RestCall call) => new()
    {
        ProductId = call.Query.GetString("productId"),
        Statuses = call.Query.Members<PackageStatus>("status"),
        Created = call.Query.CreatedRange(),
    };

    private static Task<RestAnswer> AnswerAsync(
        RestCall call, Func<OperationScope, Task<Result<PackageVersion>>> run) =>
        call.AnswerAsync(run, plan => new RestData<RestPlan>(PlanWire.ToRest(plan)), RestJson.Wire.RestDataRestPlan);

    private static Task<RestAnswer> AnswerAsync(
        RestCall call, Func<OperationScope, Task<Result<PackageEntitlement>>> run) =>
        call.AnswerAsync(
            run,
            row => new RestData<RestPackageEntitlement>(PackageEntitlementWire.ToRest(row)),
            RestJson.Wire.RestDataRestPackageEntitlement);
}
