using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Rows;

namespace Tollgate.Modules.Catalog.FeatureGroups;

/// <summary>Creating, reading, changing and archiving feature groups (spec catalog 2).</summary>
public sealed class FeatureGroupUseCases(UnitOfWork unitOfWork)
{
    private static readonly FeatureGroupStore Store = new();

    private readonly CatalogEntities<FeatureGroup> _groups = new(unitOfWork, Store, NotFound);
    private readonly PackageStore _packages = new();
    private readonly PricingFacts _facts = new();

    public Task<Result<Page<FeatureGroup>>> ListAsync(
        OperationScope scope, FeatureGroupFilter filter, PageRequest page, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync(
            (session, _) => Store.PageAsync(session, scope.EnvironmentId, filter, page), cancellationToken);

    /// <summary>The group, archived or not.</summary>
    public Task<Result<FeatureGroup>> RetrieveAsync(
        OperationScope scope, string id, CancellationToken cancellationToken) =>
        _groups.RetrieveAsync(scope, id, cancellationToken);

    public Task<Result<FeatureGroup>> CreateAsync(
        OperationScope scope, FeatureGroupDraft draft, CancellationToken cancellationToken) => _groups.CreateAsync(
        scope,
        draft.Id,
        async (work, isTaken) => FeatureGroupRules.Create(
            draft, await FeaturesAsync(work, draft.FeatureIds), isTaken, Guid.CreateVersion7(), scope.Now),
        cancellationToken);

    public Task<Result<FeatureGroup>> UpdateAsync(
        OperationScope scope, string id, FeatureGroupEdit edit, CancellationToken cancellationToken) =>
        _groups.ChangeAsync(
            scope,
            id,
            async (work, group, _) => FeatureGroupRules.Update(
                group, edit, await FeaturesAsync(work, edit.FeatureIds ?? []), scope.Now),
            cancellationToken);

    public Task<Result<FeatureGroup>> ArchiveAsync(
        OperationScope scope, string id, CancellationToken cancellationToken) =>
        _groups.ChangeAsync(
            scope,
            id,
            async (work, group, _) => FeatureGroupRules.Archive(group, await UsersAsync(work, id), scope.Now),
            cancellationToken);

    public Task<Result<FeatureGroup>> UnarchiveAsync(
        OperationScope scope, string id, CancellationToken cancellationToken) =>
        _groups.ChangeAsync(
            scope,
            id,
            async (work, group, _) => FeatureGroupRules.Unarchive(
                group, await FeaturesAsync(work, group.FeatureIds), scope.Now),
            cancellationToken);

    internal static Refusal NotFound(string id) => new(
        ErrorCode.FeatureGroupNotFoundError,
        $"There is no feature group with the id '{id}' in this environment; create it first.");

    /// <summary>The plans and add-ons whose live version or open draft uses the group.</summary>
    private async Task<IReadOnlyCollection<PackageId>> UsersAsync(Work work, string id)
    {
        var packages = await CurrentPackages.LoadAsync(_packages, work.Session, work.Scope.EnvironmentId);
        return [.. packages.Plans.LiveAndDrafts.Concat(packages.Addons.LiveAndDrafts)
            .Where(package => GroupedEntitlements.GroupsOf(package).Contains(id))
            .Select(package => package.Id).Distinct()];
    }

    private Task<IReadOnlyDictionary<FeatureId, Feature>> FeaturesAsync(Work work, IEnumerable<FeatureId> ids) =>
        _facts.FeaturesAsync(work.Session, work.Scope.EnvironmentId, ids);
}
