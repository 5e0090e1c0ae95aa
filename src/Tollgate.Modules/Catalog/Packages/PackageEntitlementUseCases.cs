using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>What a package of one kind grants: read, and written on its draft (spec catalog 4.2 and 8).</summary>
public abstract class PackageEntitlementUseCases
{
    private readonly PackageKind _kind;
    private readonly UnitOfWork _unitOfWork;
    private readonly PackageStore _store = new();
    private readonly PricingFacts _facts = new();

    private protected PackageEntitlementUseCases(PackageKind kind, UnitOfWork unitOfWork)
    {
        _kind = kind;
        _unitOfWork = unitOfWork;
    }

    /// <summary>
    /// Those of the open draft, because the writing operations address them; else of the latest version.
    /// </summary>
    public Task<Result<IReadOnlyList<PackageEntitlement>>> ListAsync(
        OperationScope scope, PackageId package, CancellationToken cancellationToken) =>
        _unitOfWork.Database.ReadAsync<Result<IReadOnlyList<PackageEntitlement>>>(
            async (session, _) =>
            {
                var shown = await _store.FindDraftAsync(session, scope.EnvironmentId, _kind, package)
                    ?? await _store.FindLatestAsync(session, scope.EnvironmentId, _kind, package);
                return shown is null
                    ? PackageSet.NotFound(_kind, package)
                    : Result<IReadOnlyList<PackageEntitlement>>.Ok(shown.Value.Entitlements);
            },
            cancellationToken);

    /// <summary>Adds rows to the draft, all or none; answers the added ones.</summary>
    public Task<Result<IReadOnlyList<PackageEntitlement>>> CreateAsync(
        OperationScope scope, PackageId package, EntitlementRows rows, CancellationToken cancellationToken) =>
        WriteAsync<IReadOnlyList<PackageEntitlement>>(
            scope,
            package,
            async (work, draft) =>
            {
                if (await CheckCreditsAsync(work, rows.CreditCurrencies) is { } noCurrency)
                    return noCurrency;
                var features = await _facts.FeaturesAsync(
                    work.Session, scope.EnvironmentId, rows.Features.Select(row => row.FeatureId));
                return EntitlementRules.Add(draft, rows.Features, features, scope.Now)
                    .Map(all => (all, (IReadOnlyList<PackageEntitlement>)[.. all.Skip(draft.Entitlements.Count)]));
            },
            cancellationToken);

    public Task<Result<PackageEntitlement>> UpdateAsync(
        OperationScope scope, PackageId package, EntitlementRows row, CancellationToken cancellationToken) =>
        WriteAsync<PackageEntitlement>(
            scope,
            package,
            async (work, draft) =>
            {
                if (await CheckCreditsAsync(work, row.CreditCurrencies) is { } noCurrency)
                    return noCurrency;
                var change = row.Features.Single();
                if (Find(draft, change.FeatureId) is not { } stored)
                    return NotFound(draft, change.FeatureId);
                var features = await _facts.FeaturesAsync(work.Session, scope.EnvironmentId, [change.FeatureId]);
                return EntitlementRules.Update(draft, stored, change, features[change.FeatureId], scope.Now)
                    .Map(updated => (
                        (IReadOnlyList<PackageEntitlement>)
                            [.. draft.Entitlements.Select(e => e == stored ? updated : e)],
                        updated));
            },
            cancellationToken);

    /// <summary>Takes a row off the draft; answers what it was.</summary>
    public Task<Result<PackageEntitlement>> DeleteAsync(
        OperationScope scope, PackageId package, FeatureId id, CancellationToken cancellationToken) =>
        WriteAsync<PackageEntitlement>(
            scope,
            package,
            (_, draft) => Task.FromResult<Result<(IReadOnlyList<PackageEntitlement>, PackageEntitlement)>>(
                Find(draft, id) is not { } stored ? NotFound(draft, id)
                : GroupedEntitlements.CheckDeletable(draft, stored) is { } grouped ? grouped
                : ([.. draft.Entitlements.Where(e => e != stored)], stored)),
            cancellationToken);

    /// <summary>Gives rows of the draft new positions; answers all rows in their order.</summary>
    public Task<Result<IReadOnlyList<PackageEntitlement>>> ReorderAsync(
        OperationScope scope, PackageId package, IReadOnlyList<EntitlementPosition> positions,
        CancellationToken cancellationToken) =>
        WriteAsync<IReadOnlyList<PackageEntitlement>>(
            scope,
            package,
            (_, draft) => Task.FromResult(
                EntitlementOrdering.Apply(draft, positions, scope.Now).Map(all => (all, all))),
            cancellationToken);

    private static PackageEntitlement? Find(PackageVersion draft, FeatureId id) =>
        draft.Entitlements.FirstOrDefault(e => e.FeatureId == id);

    private static Refusal NotFound(PackageVersion draft, FeatureId id) => new(
        ErrorCode.FeatureNotFound, $"The draft of '{draft.Id}' has no entitlement for a feature '{id}'; add it first.");

    /// <summary>
    /// What refuses rows for credits: their currency, or else that this build has no credit entitlements of packages.
    /// </summary>
    private async Task<Refusal?> CheckCreditsAsync(Work work, IReadOnlyDictionary<string, CurrencyId> named) =>
        await _facts.CheckCurrenciesAsync(work.Session, work.Scope.EnvironmentId, named) is { } refusal ? refusal
        : named.Count == 0 ? null
        : Refusal.Of(ErrorCode.UnsupportedParameter, [.. named.Select(row => new FieldFault(
            row.Key, $"Packages cannot grant credits yet ('{row.Value}'); grant them to customers instead."))]);

    private Task<Result<T>> WriteAsync<T>(
        OperationScope scope,
        PackageId package,
        Func<Work, PackageVersion, Task<Result<(IReadOnlyList<PackageEntitlement> All, T Answer)>>> decide,
        CancellationToken cancellationToken) => _unitOfWork.WriteAsync<T>(
        scope,
        [UnitOfWork.CatalogLock(scope.EnvironmentId)],
        async (work, _) =>
        {
            var packages = (await CurrentPackages.LoadAsync(_store, work.Session, scope.EnvironmentId)).Of(_kind);
            if (!packages.LiveLatest(package).TryGet(out var _, out var refusal))
                return refusal;
            if (packages.Draft(package) is not { } draft)
                return PackageRules.NoDraft(package);
            if (!(await decide(work, draft)).TryGet(out var decided, out refusal)
                || !PackageRules.WithEntitlements(draft, package, decided.All, scope.Now)
                    .TryGet(out var change, out refusal))
            {
                return refusal;
            }

            if (!change.IsNoChange)
                await _store.ReplaceAsync(work.Session, scope.EnvironmentId, change.Value);
            work.Record(change.Events);
            return decided.Answer;
        },
        cancellationToken);
}

/// <summary>
/// Rows of a request: those for features, and the credit currencies that others name, by the field that names them.
/// </summary>
public sealed record EntitlementRows(
    IReadOnlyList<EntitlementInput> Features, IReadOnlyDictionary<string, CurrencyId> CreditCurrencies);
