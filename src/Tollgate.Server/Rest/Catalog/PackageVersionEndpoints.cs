using System.Text.Json;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Entitlements.Previews;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>
/// Our own operations on plans and add-ons: versions, differences, drafts from elsewhere, visibility, order (spec
/// catalog 4.1 to 4.5, 7, 8.2, 13).
/// </summary>
internal static class PackageVersionEndpoints
{
    public static void MapPackageVersions(this RestRoutes routes)
    {
        var plans = routes.Services.GetRequiredService<PlanUseCases>();
        var addons = routes.Services.GetRequiredService<AddonUseCases>();
        Map(
            routes, "tollgate.plans", PackageKind.Plan, plans,
            routes.Services.GetRequiredService<PlanEntitlementUseCases>());
        Map(
            routes, "tollgate.addons", PackageKind.Addon, addons,
            routes.Services.GetRequiredService<AddonEntitlementUseCases>());
        routes
            .Map("tollgate.plans.setPackageGroups", (call, token) => AnswerAsync(
                call,
                scope => plans.UpdateAsync(
                    scope,
                    IdOf(call),
                    new(new() { CompatibleGroups = new(PackageGroupWire.CompatibleFromRest(call.Body)) }, null),
                    token)))
            .Map("tollgate.plans.setTrial", (call, token) => AnswerAsync(
                call, scope => SetTrialAsync(plans, scope, call, PlanWire.TrialFromRest(call.Body), token)))
            .Map("tollgate.plans.removeTrial", (call, token) => AnswerAsync(
                call, scope => SetTrialAsync(plans, scope, call, null, token)))
            .Map("tollgate.addons.associations", (call, token) => call.AnswerAsync(
                scope => addons.RetrieveUseAsync(scope, IdOf(call), token),
                use => new RestData<RestAddonAssociations>(
                    new([.. use.Plans.Select(id => id.Value)], use.Groups, use.HasOpenDraft)),
                PackageJson.Wire.RestDataRestAddonAssociations));
    }

    private static void Map(
        RestRoutes routes, string operations, PackageKind kind, PackageUseCases packages,
        PackageEntitlementUseCases entitlements)
    {
        MapReads(routes, operations, kind);
        routes
            .Map($"{operations}.unarchive", (call, token) => AnswerAsync(
                call, scope => packages.UnarchiveAsync(scope, IdOf(call), token)))
            .Map($"{operations}.createEmptyDraft", (call, token) => AnswerAsync(
                call, scope => packages.CreateEmptyDraftAsync(scope, IdOf(call), token)))
            .Map($"{operations}.rollBack", (call, token) => AnswerAsync(
                call,
                scope => packages.RollBackAsync(
                    scope, IdOf(call), call.Body.IntegerOrNull("versionNumber")!.Value, token)))
            .Map($"{operations}.setVisibility", (call, token) => AnswerAsync(
                call,
                scope => packages.UpdateAsync(
                    scope,
                    IdOf(call),
                    new(new() { HiddenFromWidgets = new(WidgetsFromRest(call.Body)) }, null),
                    token)))
            .Map($"{operations}.orderEntitlements", (call, token) => call.AnswerAsync(
                scope => entitlements.ReorderAsync(scope, IdOf(call), PositionsFromRest(call.Body), token),
                rows => new RestPage<RestPackageEntitlement>(
                    [.. rows.Select(PackageEntitlementWire.ToRest)], RestPagination.Whole),
                PackageJson.Wire.RestPageRestPackageEntitlement));
    }

    private static Task<Result<PackageVersion>> SetTrialAsync(
        PlanUseCases plans, OperationScope scope, RestCall call, TrialConfiguration? trial,
        CancellationToken cancellationToken) =>
        plans.UpdateAsync(scope, IdOf(call), new(new() { DefaultTrial = new(trial) }, null), cancellationToken);

    private static void MapReads(RestRoutes routes, string operations, PackageKind kind)
    {
        var versions = routes.Services.GetRequiredService<PackageVersions>();
        var publish = routes.Services.GetRequiredService<PreviewPublish>();
        routes
            .Map($"{operations}.previewPublish", (call, token) => call.AnswerAsync(
                scope => publish.ExecuteAsync(
                    scope, kind, IdOf(call), call.Body.Member<MigrationType>("migrationType"), call.Query.Page(),
                    token),
                PublishPreviewWire.ToRest,
                PackageJson.Wire.RestPublishPreviewPage))
            .Map($"{operations}.retrieve", (call, token) => call.AnswerAsync(
                scope => versions.RetrieveAsync(scope, kind, IdOf(call), call.Query.GetInt("versionNumber"), token),
                details => new RestData<RestPackageDetails>(PackageVersionWire.ToRest(details)),
                PackageJson.Wire.RestDataRestPackageDetails))
            .Map($"{operations}.listVersions", (call, token) => call.AnswerAsync(
                scope => versions.ListAsync(scope, kind, IdOf(call), token),
                rows => new RestPage<RestPackageVersionSummary>(
                    [.. rows.Select(PackageVersionWire.ToRest)], RestPagination.Whole),
                PackageJson.Wire.RestPageRestPackageVersionSummary))
            .Map($"{operations}.draftChanges", (call, token) => call.AnswerAsync(
                scope => versions.ChangesAsync(scope, kind, IdOf(call), token),
                changes => new RestData<RestPackageChanges>(PackageChangesWire.ToRest(changes)),
                PackageJson.Wire.RestDataRestPackageChanges));
    }

    private static PackageId IdOf(RestCall call) => new(call.Path("id"));

    private static IReadOnlyList<WidgetType> WidgetsFromRest(JsonElement body) =>
        [.. (body.ListOrNull("hiddenFromWidgets", widget => Wire.Member<WidgetType>(widget.GetString()!)) ?? [])
            .Distinct()];

    private static IReadOnlyList<EntitlementPosition> PositionsFromRest(JsonElement body) =>
        body.ListOrNull("entitlements", row => new EntitlementPosition(
            row.Text("id"), row.GetProperty("order").GetDecimal())) ?? [];

    private static Task<RestAnswer> AnswerAsync(
        RestCall call, Func<OperationScope, Task<Result<PackageVersion>>> run) =>
        call.AnswerAsync(
            run,
            version => new RestData<RestPackageVersion>(PackageVersionWire.ToRest(version)),
            PackageJson.Wire.RestDataRestPackageVersion);
}
