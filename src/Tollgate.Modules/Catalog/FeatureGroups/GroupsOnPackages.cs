using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Catalog.Packages;

namespace Tollgate.Modules.Catalog.FeatureGroups;

/// <summary>Feature groups on the drafts of plans and add-ons; every call answers the draft's entitlements.</summary>
public sealed class GroupsOnPackages(UnitOfWork unitOfWork)
{
    private readonly FeatureGroupStore _groups = new();
    private readonly PackageStore _packages = new();
    private readonly PricingFacts _facts = new();

    /// <summary>Members that the draft has no entitlement for need a row.</summary>
    public Task<Result<IReadOnlyList<PackageEntitlement>>> AddAsync(
        OperationScope scope, PackageRef package, string groupId, IReadOnlyList<EntitlementInput> rows,
        CancellationToken cancellationToken) =>
        WriteAsync(
            scope,
            package,
            async (work, draft) => await _groups.FindAsync(work.Session, scope.EnvironmentId, groupId) is { } group
                ? GroupedEntitlements.Add(draft, group.Value, rows, await FeaturesAsync(work, rows), scope.Now)
                : FeatureGroupUseCases.NotFound(groupId),
            cancellationToken);

    public Task<Result<IReadOnlyList<PackageEntitlement>>> UnlinkAsync(
        OperationScope scope, PackageRef package, string groupId, CancellationToken cancellationToken) =>
        WriteAsync(
            scope,
            package,
            (_, draft) => Task.FromResult(GroupedEntitlements.Unlink(draft, groupId, scope.Now)),
            cancellationToken);

    public Task<Result<IReadOnlyList<PackageEntitlement>>> RemoveAsync(
        OperationScope scope, PackageRef package, string groupId, CancellationToken cancellationToken) =>
        WriteAsync(
            scope,
            package,
            (_, draft) => Task.FromResult(GroupedEntitlements.Remove(draft, groupId, scope.Now)),
            cancellationToken);

    public Task<Result<IReadOnlyList<PackageEntitlement>>> MigrateAsync(
        OperationScope scope, PackageRef package, IReadOnlyList<EntitlementInput> rows,
        CancellationToken cancellationToken) =>
        WriteAsync(
            scope,
            package,
            async (work, draft) =>
            {
                var used = GroupedEntitlements.GroupsOf(draft);
                var groups = (await _groups.ListAsync(work.Session, scope.EnvironmentId)).Select(row => row.Value)
                    .Where(group => used.Contains(group.Id)).ToList();
                return GroupedEntitlements.Migrate(draft, groups, rows, await FeaturesAsync(work, rows), scope.Now);
            },
            cancellationToken);

    private Task<IReadOnlyDictionary<FeatureId, Feature>> FeaturesAsync(
        Work work, IReadOnlyList<EntitlementInput> rows) =>
        _facts.FeaturesAsync(work.Session, work.Scope.EnvironmentId, rows.Select(row => row.FeatureId));

    private Task<Result<IReadOnlyList<PackageEntitlement>>> WriteAsync(
        OperationScope scope,
        PackageRef package,
        Func<Work, PackageVersion, Task<Result<IReadOnlyList<PackageEntitlement>>>> decide,
        CancellationToken cancellationToken) => unitOfWork.WriteAsync<IReadOnlyList<PackageEntitlement>>(
        scope,
        [UnitOfWork.CatalogLock(scope.EnvironmentId)],
        async (work, _) =>
        {
            var packages = (await CurrentPackages.LoadAsync(_packages, work.Session, scope.EnvironmentId))
                .Of(package.Kind);
            if (!packages.LiveLatest(package.Id).TryGet(out var _, out var refusal))
                return refusal;
            if (packages.Draft(package.Id) is not { } draft)
                return PackageRules.NoDraft(package.Id);
            if (!(await decide(work, draft)).TryGet(out var entitlements, out refusal)
                || !PackageRules.WithEntitlements(draft, package.Id, entitlements, scope.Now)
                    .TryGet(out var change, out refusal))
            {
                return refusal;
            }

            if (!change.IsNoChange)
                await _packages.ReplaceAsync(work.Session, scope.EnvironmentId, change.Value);
            work.Record(change.Events);
            return Result<IReadOnlyList<PackageEntitlement>>.Ok(change.Value.Entitlements);
        },
        cancellationToken);
}

/// <summary>A plan or an add-on, whose ids count separately.</summary>
public readonly record struct PackageRef(PackageKind Kind, PackageId Id);
