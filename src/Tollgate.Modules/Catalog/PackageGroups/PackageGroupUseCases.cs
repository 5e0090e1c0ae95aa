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
    private static readonly PackageGroupStore Store = new();

    private readonly CatalogEntities<PackageGroup> _groups = new(
        unitOfWork, Store, PackageGroupRules.NotFound, isCompiled: true);
    private readonly PackageStore _packages = new();
    private readonly ProductStore _products = new();

    public Task<Result<Page<PackageGroup>>> ListAsync(
        OperationScope scope, PackageGroupFilter filter, PageRequest page, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync(
            (session, _) => Store.PageAsync(session, scope.EnvironmentId, filter, page), cancellationToken);

    public Task<Result<PackageGroup>> RetrieveAsync(
        OperationScope scope, string id, CancellationToken cancellationToken) =>
        _groups.RetrieveAsync(scope, id, cancellationToken);

    public Task<Result<PackageGroup>> CreateAsync(
        OperationScope scope, PackageGroupDraft draft, CancellationToken cancellationToken) => _groups.CreateAsync(
        scope,
        draft.Id,
        async (work, isTaken) =>
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
            return PackageGroupRules.Create(group, product, isTaken);
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
        CancellationToken cancellationToken) => _groups.ChangeAsync(
        scope,
        id,
        async (work, group, _) =>
            decide(group, await CurrentPackages.LoadAsync(_packages, work.Session, scope.EnvironmentId)),
        cancellationToken);
}

/// <summary>A group as a request asks for it.</summary>
public sealed record PackageGroupDraft(string Id, string DisplayName, ProductId ProductId)
{
    public string? Description { get; init; }
}
