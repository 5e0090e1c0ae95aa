using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules;
using Tollgate.Modules.Catalog.FeatureGroups;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>Our own operations on feature groups, alone and on drafts of plans and add-ons (spec catalog 2).</summary>
internal static class FeatureGroupEndpoints
{
    public static void MapFeatureGroups(this RestRoutes routes)
    {
        var groups = routes.Services.GetRequiredService<FeatureGroupUseCases>();
        routes
            .Map("tollgate.featureGroups.list", (call, token) => call.AnswerAsync(
                scope => groups.ListAsync(scope, FilterOf(call), call.Query.Page(), token),
                page => Wire.Page(page, FeatureGroupWire.ToRest),
                CatalogJson.Wire.RestPageRestFeatureGroup))
            .Map("tollgate.featureGroups.create", (call, token) => AnswerAsync(
                call, scope => groups.CreateAsync(scope, FeatureGroupWire.DraftFromRest(call.Body), token)))
            .Map("tollgate.featureGroups.retrieve", (call, token) => AnswerAsync(
                call, scope => groups.RetrieveAsync(scope, call.Path("id"), token)))
            .Map("tollgate.featureGroups.update", (call, token) => AnswerAsync(
                call,
                scope => groups.UpdateAsync(scope, call.Path("id"), FeatureGroupWire.EditFromRest(call.Body), token)))
            .Map("tollgate.featureGroups.archive", (call, token) => AnswerAsync(
                call, scope => groups.ArchiveAsync(scope, call.Path("id"), token)))
            .Map("tollgate.featureGroups.unarchive", (call, token) => AnswerAsync(
                call, scope => groups.UnarchiveAsync(scope, call.Path("id"), token)));
        MapOn(routes, "tollgate.plans", PackageKind.Plan);
        MapOn(routes, "tollgate.addons", PackageKind.Addon);
    }

    private static void MapOn(RestRoutes routes, string operations, PackageKind kind)
    {
        var on = routes.Services.GetRequiredService<GroupsOnPackages>();
        routes
            .Map($"{operations}.featureGroups.add", (call, token) => AnswerAsync(
                call,
                scope => on.AddAsync(scope, PackageOf(call), call.Body.Text("featureGroupId"), RowsOf(call), token)))
            .Map($"{operations}.featureGroups.unlink", (call, token) => AnswerAsync(
                call, scope => on.UnlinkAsync(scope, PackageOf(call), call.Path("groupId"), token)))
            .Map($"{operations}.featureGroups.remove", (call, token) => AnswerAsync(
                call, scope => on.RemoveAsync(scope, PackageOf(call), call.Path("groupId"), token)))
            .Map($"{operations}.featureGroups.migrate", (call, token) => AnswerAsync(
                call, scope => on.MigrateAsync(scope, PackageOf(call), RowsOf(call), token)));

        PackageRef PackageOf(RestCall call) => new(kind, new(call.Path("id")));
    }

    private static IReadOnlyList<EntitlementInput> RowsOf(RestCall call) =>
        call.Body.ListOrNull("entitlements", row => PackageEntitlementWire.FromRest(row, row.Text("id"))) ?? [];

    private static FeatureGroupFilter FilterOf(RestCall call) => new()
    {
        Archived = FeatureGroupWire.ArchivedOf(call.Query.GetSymbols("status")),
        Created = call.Query.CreatedRange(),
    };

    private static Task<RestAnswer> AnswerAsync(RestCall call, Func<OperationScope, Task<Result<FeatureGroup>>> run) =>
        call.AnswerAsync(
            run,
            group => new RestData<RestFeatureGroup>(FeatureGroupWire.ToRest(group)),
            CatalogJson.Wire.RestDataRestFeatureGroup);

    private static Task<RestAnswer> AnswerAsync(
        RestCall call, Func<OperationScope, Task<Result<IReadOnlyList<PackageEntitlement>>>> run) =>
        call.AnswerAsync(
            run,
            rows => new RestData<IReadOnlyList<RestPackageEntitlement>>(
                [.. rows.Select(PackageEntitlementWire.ToRest)]),
            RestJson.Wire.RestDataIReadOnlyListRestPackageEntitlement);
}
