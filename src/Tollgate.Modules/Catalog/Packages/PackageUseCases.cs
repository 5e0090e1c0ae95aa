using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Catalog.Products;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>
/// Creating, drafting and archiving packages of one kind (spec catalog 4 and 13). <see cref="PlanUseCases"/>
/// and <see cref="AddonUseCases"/> say what is special about each.
/// </summary>
public abstract class PackageUseCases : PackageReads
{
    private readonly PackageKind _kind;
    private readonly UnitOfWork _unitOfWork;
    private readonly PackageStore _store = new();
    private readonly ProductStore _products = new();
    private readonly PricingFacts _pricing = new();

    private protected PackageUseCases(PackageKind kind, UnitOfWork unitOfWork, IPackageSubscriptions subscriptions)
        : base(kind, unitOfWork, subscriptions)
    {
        _kind = kind;
        _unitOfWork = unitOfWork;
    }

    public Task<Result<PackageVersion>> CreateAsync(
        OperationScope scope, PackageDraft draft, CancellationToken cancellationToken) =>
        WriteAsync(
            scope,
            async (work, packages) =>
            {
                var first = new PackageVersion
                {
                    Uid = Guid.CreateVersion7(),
                    Kind = _kind,
                    Id = draft.Id,
                    Version = 1,
                    Status = PackageStatus.Draft,
                    IsLatest = true,
                    ProductId = draft.ProductId,
                    DisplayName = "",
                    CreatedAt = scope.Now,
                    UpdatedAt = scope.Now,
                };
                var product = (await _products.FindAsync(work.Session, scope.EnvironmentId, draft.ProductId))?.Value;
                var taken = packages.Of(_kind).Latest(draft.Id) is not null;
                if (!PackageRules.Create(first, draft.Content, product, taken, Bases(packages.Plans, draft.Content))
                    .TryGet(out var change, out var refusal))
                {
                    return refusal;
                }

                await _store.InsertAsync(work.Session, scope.EnvironmentId, change.Value);
                return change;
            },
            cancellationToken);

    /// <summary>Changes the draft; a package without one gets one first. Answers the draft.</summary>
    public Task<Result<PackageVersion>> UpdateAsync(
        OperationScope scope, PackageId id, PackageUpdate update, CancellationToken cancellationToken) =>
        WriteAsync(
            scope,
            async (work, packages) =>
            {
                if (!packages.Of(_kind).LiveLatest(id).TryGet(out var latest, out var refusal))
                    return refusal;
                var opened = Change<PackageVersion>.None(latest);
                if (packages.Of(_kind).Draft(id) is not { } draft)
                {
                    if (!PackageRules.OpenDraft(latest, null, Guid.CreateVersion7(), scope.Now)
                        .TryGet(out opened, out refusal))
                    {
                        return refusal;
                    }

                    draft = opened.Value;
                }

                var edit = await _pricing.ResolveAsync(work.Session, scope, packages, draft, update);
                if (!edit.TryGet(out var resolved, out refusal))
                    return refusal;
                if (!PackageRules.Edit(draft, resolved, Bases(packages.Plans, resolved), scope.Now)
                    .TryGet(out var change, out refusal))
                {
                    return refusal;
                }

                if (!opened.IsNoChange)
                    await _store.InsertAsync(work.Session, scope.EnvironmentId, change.Value);
                else if (!change.IsNoChange)
                    await _store.ReplaceAsync(work.Session, scope.EnvironmentId, change.Value);
                return new Change<PackageVersion>(change.Value, [.. opened.Events, .. change.Events]);
            },
            cancellationToken);

    /// <summary>A draft equal to the latest version.</summary>
    public Task<Result<PackageVersion>> CreateDraftAsync(
        OperationScope scope, PackageId id, CancellationToken cancellationToken) =>
        OpenDraftAsync(
            scope,
            id,
            (_, packages, latest) => Task.FromResult(PackageRules.OpenDraft(
                latest, packages.Of(_kind).Draft(id), Guid.CreateVersion7(), scope.Now)),
            cancellationToken);

    /// <summary>A draft with nothing but the package's names.</summary>
    public Task<Result<PackageVersion>> CreateEmptyDraftAsync(
        OperationScope scope, PackageId id, CancellationToken cancellationToken) =>
        OpenDraftAsync(
            scope,
            id,
            (_, packages, latest) => Task.FromResult(DraftRules.OpenEmpty(
                latest, packages.Of(_kind).Draft(id), Guid.CreateVersion7(), scope.Now)),
            cancellationToken);

    /// <summary>A draft equal to an older version.</summary>
    public Task<Result<PackageVersion>> RollBackAsync(
        OperationScope scope, PackageId id, int version, CancellationToken cancellationToken) =>
        OpenDraftAsync(
            scope,
            id,
            async (work, packages, latest) =>
            {
                var older = await _store.FindVersionAsync(work.Session, scope.EnvironmentId, _kind, id, version);
                if (older is not { Value: { Status: not PackageStatus.Draft } content })
                    return PackageSet.VersionNotFound(_kind, id, version);
                return DraftRules.RollBack(
                    latest,
                    packages.Of(_kind).Draft(id),
                    content,
                    new(packages.Plans.BaseOf, packages.Addons.DependenciesOf),
                    Guid.CreateVersion7(),
                    scope.Now);
            },
            cancellationToken);

    /// <summary>Takes the draft away; a package never published goes with it and its id is free again.</summary>
    public Task<Result<PackageVersion>> RemoveDraftAsync(
        OperationScope scope, PackageId id, CancellationToken cancellationToken) =>
        WriteAsync(
            scope,
            async (work, packages) =>
            {
                if (packages.Of(_kind).Latest(id) is not { } latest)
                    return PackageSet.NotFound(_kind, id);
                if (latest.Status == PackageStatus.Draft && HeldBack(packages, latest) is { } held)
                    return held;

                if (!PackageRules.Discard(packages.Of(_kind).Draft(id), id).TryGet(out var change, out var refusal))
                    return refusal;
                await _store.DeleteAsync(work.Session, scope.EnvironmentId, change.Value);
                return change;
            },
            cancellationToken);

    public Task<Result<PackageVersion>> ArchiveAsync(
        OperationScope scope, PackageId id, CancellationToken cancellationToken) =>
        WriteAsync(
            scope,
            async (work, packages) =>
            {
                if (packages.Of(_kind).Latest(id) is not { } latest)
                    return PackageSet.NotFound(_kind, id);
                if (!(await DecideArchiveAsync(work, packages, latest)).TryGet(out var change, out var refusal))
                    return refusal;
                if (change.IsNoChange)
                    return change;
                await _store.ReplaceAsync(work.Session, scope.EnvironmentId, change.Value);
                work.CatalogChanged();
                return change;
            },
            cancellationToken);

    /// <summary>Sells an archived package again; a live one stays as it is.</summary>
    public Task<Result<PackageVersion>> UnarchiveAsync(
        OperationScope scope, PackageId id, CancellationToken cancellationToken) =>
        WriteAsync(
            scope,
            async (work, packages) =>
            {
                if (packages.Of(_kind).Latest(id) is not { } latest)
                    return PackageSet.NotFound(_kind, id);
                var product = await _products.FindAsync(work.Session, scope.EnvironmentId, latest.ProductId)
                    ?? throw new InvalidOperationException(
                        $"'{id}' belongs to {latest.ProductId}, which is not stored.");
                if (!ArchivePackage.Unarchive(latest, product.Value, scope.Now).TryGet(out var change, out var refusal))
                    return refusal;
                if (change.IsNoChange)
                    return change;
                await _store.ReplaceAsync(work.Session, scope.EnvironmentId, change.Value);
                work.CatalogChanged();
                return change;
            },
            cancellationToken);

    /// <summary>Whether the kind lets the package go, and the archived row.</summary>
    private protected abstract Task<Result<Change<PackageVersion>>> DecideArchiveAsync(
        Work work, CurrentPackages packages, PackageVersion latest);

    /// <summary>Why a package with no version but its draft may not disappear; null when it may.</summary>
    private protected abstract Refusal? HeldBack(CurrentPackages packages, PackageVersion draft);

    private Task<Result<PackageVersion>> OpenDraftAsync(
        OperationScope scope,
        PackageId id,
        Func<Work, CurrentPackages, PackageVersion, Task<Result<Change<PackageVersion>>>> open,
        CancellationToken cancellationToken) => WriteAsync(
        scope,
        async (work, packages) =>
        {
            if (!packages.Of(_kind).LiveLatest(id).TryGet(out var latest, out var refusal)
                || !(await open(work, packages, latest)).TryGet(out var change, out refusal))
            {
                return refusal;
            }

            await _store.InsertAsync(work.Session, scope.EnvironmentId, change.Value);
            return change;
        },
        cancellationToken);

    private static BasePlanFacts Bases(PackageSet plans, PackageEdit edit) => new(
        edit.BasePlanId is { IsGiven: true, Value: { } named } ? plans.Latest(named) : null, plans.BaseOf);

    private Task<Result<PackageVersion>> WriteAsync(
        OperationScope scope,
        Func<Work, CurrentPackages, Task<Result<Change<PackageVersion>>>> decide,
        CancellationToken cancellationToken) => _unitOfWork.WriteAsync<PackageVersion>(
        scope,
        [UnitOfWork.CatalogLock(scope.EnvironmentId)],
        async (work, _) =>
        {
            var packages = await CurrentPackages.LoadAsync(_store, work.Session, scope.EnvironmentId);
            if (!(await decide(work, packages)).TryGet(out var change, out var refusal))
                return refusal;
            work.Record(change.Events);
            return change.Value;
        },
        cancellationToken);
}
