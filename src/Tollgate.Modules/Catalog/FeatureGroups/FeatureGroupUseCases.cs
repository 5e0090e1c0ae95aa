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
    private readonly FeatureGroupStore _store = new();
    private readonly PackageStore _packages = new();
    private readonly PricingFacts _facts = new();

    public Task<Result<Page<FeatureGroup>>> ListAsync(
        OperationScope scope, FeatureGroupFilter filter, PageRequest page, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync(
            (session, _) => _store.PageAsync(session, scope.EnvironmentId, filter, page), cancellationToken);

    /// <summary>The group, archived or not.</summary>
    public Task<Result<FeatureGroup>> RetrieveAsync(
        OperationScope scope, string id, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync<Result<FeatureGroup>>(
            async (session, _) =>
                await _store.FindAsync(session, scope.EnvironmentId, id) is { } row ? row.Value : NotFound(id),
            cancellationToken);

    public Task<Result<FeatureGroup>> CreateAsync(
        OperationScope scope, FeatureGroupDraft draft, CancellationToken cancellationToken) =>
        unitOfWork.WriteAsync<FeatureGroup>(
            scope,
            [UnitOfWork.CatalogLock(scope.EnvironmentId)],
            async (work, _) =>
            {
                var taken = await _store.FindAsync(work.Session, scope.EnvironmentId, draft.Id) is not null;
                var features = await FeaturesAsync(work, draft.FeatureIds);
                if (!FeatureGroupRules.Create(draft, features, taken, Guid.CreateVersion7(), scope.Now)
                    .TryGet(out var change, out var refusal))
                {
                    return refusal;
                }

                await _store.InsertAsync(work.Session, scope.EnvironmentId, change.Value);
                work.Record(change.Events);
                return change.Value;
            },
            cancellationToken);

    public Task<Result<FeatureGroup>> UpdateAsync(
        OperationScope scope, string id, FeatureGroupEdit edit, CancellationToken cancellationToken) =>
        ChangeAsync(
            scope,
            id,
            async (work, group) => FeatureGroupRules.Update(
                group, edit, await FeaturesAsync(work, edit.FeatureIds ?? []), scope.Now),
            cancellationToken);

    public Task<Result<FeatureGroup>> ArchiveAsync(
        OperationScope scope, string id, CancellationToken cancellationToken) =>
        ChangeAsync(
            scope,
            id,
            async (work, group) => FeatureGroupRules.Archive(group, await UsersAsync(work, id), scope.Now),
            cancellationToken);

    public Task<Result<FeatureGroup>> UnarchiveAsync(
        OperationScope scope, string id, CancellationToken cancellationToken) =>
        ChangeAsync(
            scope,
            id,
            async (work, group) => FeatureGroupRules.Unarchive(
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

    private Task<Result<FeatureGroup>> ChangeAsync(
        OperationScope scope,
        string id,
        Func<Work, FeatureGroup, Task<Result<Change<FeatureGroup>>>> decide,
        CancellationToken cancellationToken) => unitOfWork.WriteAsync<FeatureGroup>(
        scope,
        [UnitOfWork.CatalogLock(scope.EnvironmentId)],
        async (work, _) =>
        {
            if (await _store.FindAsync(work.Session, scope.EnvironmentId, id) is not { } row)
                return NotFound(id);
            if (!(await decide(work, row.Value)).TryGet(out var change, out var refusal))
                return refusal;
            if (change.IsNoChange)
                return change.Value;
            await _store.UpdateAsync(work.Session, scope.EnvironmentId, row, change.Value);
            work.Record(change.Events);
            return change.Value;
        },
        cancellationToken);
}
