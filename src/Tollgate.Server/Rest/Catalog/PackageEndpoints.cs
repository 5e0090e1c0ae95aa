using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules;
using Tollgate.Modules.Catalog.Packages;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>One kind of package as REST shows it.</summary>
/// <typeparam name="TWire">The schema of a package of the kind.</typeparam>
/// <param name="Operations">How its operation ids start, such as <c>v1.plans</c>.</param>
/// <param name="IdOfOwner">The path parameter that names the package of an entitlement.</param>
internal sealed record PackageSurface<TWire>(string Operations, string IdOfOwner)
{
    public required PackageUseCases Packages { get; init; }
    public required PackageEntitlementUseCases Entitlements { get; init; }
    public required PublishDraft Publish { get; init; }
    public required Func<PackageVersion, TWire> ToRest { get; init; }
    public required Func<JsonElement, PackageDraft> DraftFromRest { get; init; }
    public required Func<JsonElement, PackageUpdate> UpdateFromRest { get; init; }
    public required JsonTypeInfo<RestData<TWire>> One { get; init; }
    public required JsonTypeInfo<RestPage<TWire>> Page { get; init; }
}

/// <summary>Operations that plans and add-ons share (spec catalog 4 and 8).</summary>
internal static class PackageEndpoints
{
    public static void Map<TWire>(RestRoutes routes, PackageSurface<TWire> surface)
    {
        var packages = surface.Packages;
        routes
            .Map($"{surface.Operations}.list", (call, token) => call.AnswerAsync(
                scope => packages.ListAsync(scope, FilterOf(call), call.Query.Page(), token),
                page => Wire.Page(page, surface.ToRest),
                surface.Page))
            .Map($"{surface.Operations}.create", (call, token) => AnswerAsync(
                surface, call, scope => packages.CreateAsync(scope, surface.DraftFromRest(call.Body), token)))
            .Map($"{surface.Operations}.retrieve", (call, token) => AnswerAsync(
                surface, call, scope => packages.RetrieveAsync(scope, IdOf(call), token)))
            .Map($"{surface.Operations}.update", (call, token) => AnswerAsync(
                surface, call,
                scope => packages.UpdateAsync(scope, IdOf(call), surface.UpdateFromRest(call.Body), token)))
            .Map($"{surface.Operations}.archive", (call, token) => AnswerAsync(
                surface, call, scope => packages.ArchiveAsync(scope, IdOf(call), token)))
            .Map($"{surface.Operations}.createDraft", (call, token) => AnswerAsync(
                surface, call, scope => packages.CreateDraftAsync(scope, IdOf(call), token)))
            .Map($"{surface.Operations}.removeDraft", (call, token) => call.AnswerAsync(
                scope => packages.RemoveDraftAsync(scope, IdOf(call), token),
                removed => new RestData<RestIdRef>(new(removed.Id.Value)),
                RestJson.Wire.RestDataRestIdRef))
            .Map($"{surface.Operations}.publish", (call, token) => call.AnswerAsync(
                scope => surface.Publish.ExecuteAsync(
                    scope, IdOf(call), call.Body.Member<MigrationType>("migrationType"), token),
                published => new RestData<RestPackagePublish>(new(published.TaskUid)),
                RestJson.Wire.RestDataRestPackagePublish));
        MapCharges(routes, surface, "listCharges", ChargeList.Regular);
        MapEntitlements(routes, surface);
    }

    public static void MapCharges<TWire>(
        RestRoutes routes, PackageSurface<TWire> surface, string operation, ChargeList list) =>
        routes.Map($"{surface.Operations}.{operation}", (call, token) => call.AnswerAsync(
            scope => surface.Packages.ListChargesAsync(scope, IdOf(call), list, call.Query.Page(), token),
            page => Wire.Page(page, ChargeWire.ToRest),
            RestJson.Wire.RestPageRestPackageCharge));

    private static void MapEntitlements<TWire>(RestRoutes routes, PackageSurface<TWire> surface)
    {
        var entitlements = surface.Entitlements;
        routes
            .Map($"{surface.Operations}.entitlements.list", (call, token) => call.AnswerAsync(
                scope => entitlements.ListAsync(scope, OwnerOf(call), token),
                rows => new RestPage<RestPackageEntitlement>(
                    [.. rows.Select(PackageEntitlementWire.ToRest)], RestPagination.Whole),
                RestJson.Wire.RestPageRestPackageEntitlement))
            .Map($"{surface.Operations}.entitlements.create", (call, token) => call.AnswerAsync(
                scope => entitlements.CreateAsync(
                    scope, OwnerOf(call), PackageEntitlementWire.RowsFromRest(call.Body), token),
                rows => new RestData<IReadOnlyList<RestPackageEntitlement>>(
                    [.. rows.Select(PackageEntitlementWire.ToRest)]),
                RestJson.Wire.RestDataIReadOnlyListRestPackageEntitlement))
            .Map($"{surface.Operations}.entitlements.update", (call, token) => AnswerAsync(
                call,
                scope => entitlements.UpdateAsync(
                    scope, OwnerOf(call), PackageEntitlementWire.RowFromRest(call.Body, call.Path("id")), token)))
            .Map($"{surface.Operations}.entitlements.delete", (call, token) => AnswerAsync(
                call, scope => entitlements.DeleteAsync(scope, OwnerOf(call), call.Path("id"), token)));

        PackageId OwnerOf(RestCall call) => new(call.Path(surface.IdOfOwner));
    }

    private static PackageId IdOf(RestCall call) => new(call.Path("id"));

    private static PackageFilter FilterOf(RestCall call) => new()
    {
        ProductId = call.Query.GetString("productId"),
        Statuses = call.Query.Members<PackageStatus>("status"),
        Created = call.Query.CreatedRange(),
    };

    private static Task<RestAnswer> AnswerAsync<TWire>(
        PackageSurface<TWire> surface, RestCall call, Func<OperationScope, Task<Result<PackageVersion>>> run) =>
        call.AnswerAsync(run, package => new RestData<TWire>(surface.ToRest(package)), surface.One);

    private static Task<RestAnswer> AnswerAsync(
        RestCall call, Func<OperationScope, Task<Result<EntitlementRow>>> run) =>
        call.AnswerAsync(
            run,
            row => new RestData<RestPackageEntitlement>(PackageEntitlementWire.ToRest(row)),
            RestJson.Wire.RestDataRestPackageEntitlement);
}
