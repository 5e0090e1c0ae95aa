using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules;
using Tollgate.Modules.Catalog.PackageGroups;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>Our own operations on groups of add-ons (spec catalog 7).</summary>
internal static class PackageGroupEndpoints
{
    public static void MapPackageGroups(this RestRoutes routes)
    {
        var groups = routes.Services.GetRequiredService<PackageGroupUseCases>();
        routes
            .Map("tollgate.packageGroups.list", (call, token) => call.AnswerAsync(
                scope => groups.ListAsync(scope, FilterOf(call), call.Query.Page(), token),
                page => Wire.Page(page, PackageGroupWire.ToRest),
                PackageJson.Wire.RestPageRestPackageGroup))
            .Map("tollgate.packageGroups.create", (call, token) => AnswerAsync(
                call, scope => groups.CreateAsync(scope, PackageGroupWire.DraftFromRest(call.Body), token)))
            .Map("tollgate.packageGroups.retrieve", (call, token) => AnswerAsync(
                call, scope => groups.RetrieveAsync(scope, call.Path("id"), token)))
            .Map("tollgate.packageGroups.update", (call, token) => AnswerAsync(
                call,
                scope => groups.UpdateAsync(scope, call.Path("id"), PackageGroupWire.EditFromRest(call.Body), token)))
            .Map("tollgate.packageGroups.setAddons", (call, token) => AnswerAsync(
                call,
                scope => groups.SetAddonsAsync(
                    scope, call.Path("id"), PackageGroupWire.AddonsFromRest(call.Body), token)))
            .Map("tollgate.packageGroups.archive", (call, token) => AnswerAsync(
                call, scope => groups.ArchiveAsync(scope, call.Path("id"), token)));
    }

    private static PackageGroupFilter FilterOf(RestCall call) => new()
    {
        ProductId = call.Query.GetString("productId"),
        Archived = call.Query.Members<PackageStatus>("status")?
            .Select(s => s == PackageStatus.Archived).Distinct().ToList(),
    };

    private static Task<RestAnswer> AnswerAsync(
        RestCall call, Func<OperationScope, Task<Result<PackageGroup>>> run) =>
        call.AnswerAsync(
            run,
            group => new RestData<RestPackageGroup>(PackageGroupWire.ToRest(group)),
            PackageJson.Wire.RestDataRestPackageGroup);
}
