using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Catalog.Products;
using Tollgate.Modules.Rows;

namespace Tollgate.Modules.Catalog.PackageGroups;

/// <summary>Creating, reading, changing and archiving groups of add-ons (spec catalog 7 and 13).</summary>
public sealed class PackageGroupUseCases(UnitOfWork unitOfWork)
{
    private readonly PackageGroupStore _store = new();
    private readonly PackageStore _packages = new();
    private readonly ProductStore _products = new();

    public Task<Result<Page<PackageGroup>>> ListAsync(
        OperationScope scope, PackageGroupFilter filter, PageRequest page, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync(
            (session, _) => _store.PageAsync(session, scope.EnvironmentId, filter, page), cancellationToken);

    public Task<Result<PackageGroup>> RetrieveAsync(
        OperationScope scope, string id, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync<Result<PackageGroup>>(
            async (session, _) => await _store.FindAsync(session, scope.EnvironmentId, id) is { } row
                ? row.Value
                : PackageGroupRules.NotFound(id),
            cancellationToken);

    public Task<Result<PackageGroup>> CreateAsync(
        OperationScope scope, PackageGroupDraft draft, CancellationToken cancellationToken) =>
        unitOfWork.WriteAsync<PackageGroup>(
            scope,
            [UnitOfWork.CatalogLock(scope.EnvironmentId)],
            async (work, _) =>
            {
                var group = new PackageGroup
                {
                    Uid = Guid.CreateVersion7(),
                    Id = draft.Id,
                    DisplayName = draft.DisplayName,
                    Description = draft.Description,
                    ProductId = draft.ProductId,
                    Version = 1,
                    CreatedAt = scope.Now,
                    UpdatedAt = scope.Now,
                };
                var product = (await _products.FindAsync(work.Session, scope.EnvironmentId, draft.ProductId))?.Value;
                var taken = await _store.FindAsync(work.Session, scope.EnvironmentId, draft.Id) is not null;
                if (!PackageGroupRules.Create(group, product, taken).TryGet(out var change, out var refusal))
                    return refusal;
                await _store.InsertAsync(work.Session, scope.EnvironmentId, change.Value);
                work.Record(change.Events);
                return change.Value;
            },
            cancellationToken);

    public Task<Result<PackageGroup>> UpdateAsync(
        OperationScope scope, string id, PackageGroupEdit edit, CancellationToken cancellationToken) =>
        ChangeAsync(scope, id, (group, _) => PackageGroupRules.Edit(group, edit, scope.Now), cancellationToken);

    /// <summary>Replaces the members.</summary>
    public Task<Result<PackageGroup>> SetAddonsAsync(
        OperationScope scope, string id, IReadOnlyList<PackageId> addons, CancellationToken cancellationToken) =>
        ChangeAsync(
            scope,
            id,
            (group, packages) => PackageGroupRules.SetAddons(
                group,
                addons,
                packages.Addons.Latest,
                [.. Taking(packages, id).Where(plan => plan.Status == PackageStatus.Published)],
                scope.Now),
            cancellationToken);

    public Task<Result<PackageGroup>> ArchiveAsync(
        OperationScope scope, string id, CancellationToken cancellationToken) =>
        ChangeAsync(
            scope,
            id,
            (group, packages) => PackageGroupRules.Archive(
                group, [.. Taking(packages, id).Select(plan => plan.Id)], scope.Now),
            cancellationToken);

    private static IEnumerable<PackageVersion> Taking(CurrentPackages packages, string group) =>
        packages.Plans.Live.Where(plan => plan.CompatibleGroups.Any(taken => taken.GroupId == group));

    private Task<Result<PackageGroup>> ChangeAsync(
        OperationScope scope,
        string id,
        Func<PackageGroup, CurrentPackages, Result<Change<PackageGroup>>> decide,
        CancellationToken cancellationToken) => unitOfWork.WriteAsync<PackageGroup>(
        scope,
        [UnitOfWork.CatalogLock(scope.EnvironmentId)],
        async (work, _) =>
        {
            if (await _store.FindAsync(work.Session, scope.EnvironmentId, id) is not { } row)
                return PackageGroupRules.NotFound(id);
            var packages = await CurrentPackages.LoadAsync(_packages, work.Session, scope.EnvironmentId);
            if (!decide(row.Value, packages).TryGet(out var change, out var refusal))
                return refusal;
            if (change.IsNoChange)
                return change.Value;
            await _store.UpdateAsync(work.Session, scope.EnvironmentId, row, change.Value);
            work.Record(change.Events);
            work.CatalogChanged();
            return change.Value;
        },
        cancellationToken);
}

/// <summary>A group as a request asks for it.</summary>
public sealed record PackageGroupDraft(string Id, string DisplayName, ProductId ProductId)
{
    public string? Description { get; init; }
}
