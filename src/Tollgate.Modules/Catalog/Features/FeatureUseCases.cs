using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Catalog.FeatureGroups;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog.Features;

/// <summary>Creating, reading, changing and archiving features (spec catalog 1).</summary>
public sealed class FeatureUseCases(
    UnitOfWork unitOfWork, IFeatureHolders holders, IFeaturePromotions promotions, IMeterChanges meters)
{
    private static readonly FeatureStore Store = new();

    private readonly CatalogEntities<Feature> _features = new(
        unitOfWork, Store, id => NotFound(new(id)), isCompiled: true)
    {
        Lock = meters.Lock,
        Saved = meters.ApplyAsync,
    };
    private readonly PackageStore _packages = new();
    private readonly FeatureGroupStore _groups = new();

    public Task<Result<Page<Feature>>> ListAsync(
        OperationScope scope, FeatureFilter filter, PageRequest page, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync(
            (session, _) => Store.PageAsync(session, scope.EnvironmentId, filter, page), cancellationToken);

    public Task<Result<Feature>> RetrieveAsync(
        OperationScope scope, FeatureId id, CancellationToken cancellationToken) =>
        _features.RetrieveAsync(scope, id.Value, cancellationToken);

    /// <summary>Whether the id is taken; archived features keep theirs, deleted ones do not.</summary>
    public Task<Result<bool>> ExistsAsync(OperationScope scope, FeatureId id, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync<Result<bool>>(
            async (session, _) => await Store.FindAsync(session, scope.EnvironmentId, id) is not null,
            cancellationToken);

    /// <summary>
    /// Plans and add-ons whose latest version uses the feature, archived or not, newest first (spec catalog 1.7).
    /// </summary>
    public Task<Result<Page<FeaturePackage>>> ListPackagesAsync(
        OperationScope scope, FeatureId id, PageRequest page, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync<Result<Page<FeaturePackage>>>(
            async (session, _) =>
            {
                if (await Store.FindAsync(session, scope.EnvironmentId, id) is null)
                    return NotFound(id);
                var usages = await _packages.ListUsingAsync(session, scope.EnvironmentId, id);
                var groups = (await _groups.ListAsync(session, scope.EnvironmentId))
                    .ToDictionary(row => row.Value.Id, row => row.Value);
                return ListPage.Of(usages, usage => usage.Package.Uid, page).Map(
                    found => found.Map(usage => new FeaturePackage(
                    usage, [.. (usage.Entitlement?.FeatureGroupIds ?? []).Select(group => groups[group])])));
            },
            cancellationToken);

    public Task<Result<Feature>> CreateAsync(
        OperationScope scope, FeatureDraft draft, CancellationToken cancellationToken) =>
        _features.CreateAsync(scope, draft.Id.Value, Creating(draft, scope), cancellationToken);

    /// <summary>
    /// The same as a part of a transaction that holds <see cref="LocksOf"/>. A refusal has written nothing.
    /// </summary>
    internal Task<Result<Feature>> CreateAsync(Work work, FeatureDraft draft) =>
        _features.CreateAsync(work, draft.Id.Value, Creating(draft, work.Scope));

    internal IReadOnlyCollection<LockKey> LocksOf(EnvironmentId environment) => _features.LocksOf(environment);

    public Task<Result<Feature>> UpdateAsync(
        OperationScope scope, FeatureId id, FeatureEdit edit, CancellationToken cancellationToken) =>
        ChangeAsync(scope, id, (feature, use) => FeatureRules.Update(feature, edit, use, scope.Now), cancellationToken);

    public Task<Result<Feature>> ArchiveAsync(
        OperationScope scope, FeatureId id, CancellationToken cancellationToken) =>
        ChangeAsync(scope, id, (feature, use) => FeatureRules.Archive(feature, use, scope.Now), cancellationToken);

    public Task<Result<Feature>> UnarchiveAsync(
        OperationScope scope, FeatureId id, CancellationToken cancellationToken) =>
        ChangeAsync(scope, id, (feature, _) => FeatureRules.Unarchive(feature, scope.Now), cancellationToken);

    internal static Refusal NotFound(FeatureId id) => new(
        ErrorCode.FeatureNotFound, $"There is no feature with the id '{id}' in this environment; create it first.");

    private static Func<Work, bool, Task<Result<Change<Feature>>>> Creating(FeatureDraft draft, OperationScope scope) =>
        (_, isTaken) => Task.FromResult(FeatureRules.Create(draft, isTaken, Guid.CreateVersion7(), scope.Now));

    private Task<Result<Feature>> ChangeAsync(
        OperationScope scope,
        FeatureId id,
        Func<Feature, FeatureUse, Result<Change<Feature>>> decide,
        CancellationToken cancellationToken) => _features.ChangeAsync(
        scope,
        id.Value,
        async (work, feature, token) => decide(feature, await UseAsync(work, id, token)),
        cancellationToken);

    private async Task<FeatureUse> UseAsync(Work work, FeatureId id, CancellationToken cancellationToken)
    {
        var rows = (await _packages.ListCurrentAsync(work.Session, work.Scope.EnvironmentId))
            .Select(row => row.Value)
            .Where(package => package.Status != PackageStatus.Archived)
            .ToList();
        var values = rows.SelectMany(package => package.Entitlements)
            .Where(entitlement => entitlement.FeatureId == id)
            .SelectMany(entitlement => entitlement.EnumValues ?? [])
            .Concat(await promotions.LiveEnumValuesAsync(work.Session, work.Scope.EnvironmentId, id))
            .ToHashSet();
        var inPackage = rows.Exists(package => package.Entitlements.Any(e => e.FeatureId == id)
            || package.Charges.Concat(package.OverageCharges).Any(charge => charge.FeatureId == id));
        var inGroup = (await _groups.ListAsync(work.Session, work.Scope.EnvironmentId))
            .Any(row => !row.Value.IsArchived && row.Value.FeatureIds.Contains(id));
        var isHeld = await holders.AnyLiveAsync(work.Session, work.Scope.EnvironmentId, id, cancellationToken);
        return new(values, isHeld, inPackage || inGroup);
    }
}

/// <summary>
/// Who holds a feature at present. Implemented by the subscriptions slice, which comes after the catalog.
/// </summary>
public interface IFeatureHolders
{
    /// <summary>True when a live subscription has a plan or add-on version, or an override, with the feature.</summary>
    Task<bool> AnyLiveAsync(
        Session session, EnvironmentId environment, FeatureId feature, CancellationToken cancellationToken);
}

/// <summary>A plan or an add-on that uses a feature, with the groups through which it gives the feature.</summary>
public sealed record FeaturePackage(FeatureUsage Usage, IReadOnlyList<FeatureGroup> Groups);
