using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>
/// What a package of one kind grants, features and credits: read, and written on its draft (spec catalog 4.2 and 8,
/// credits 8).
/// </summary>
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
    public Task<Result<IReadOnlyList<EntitlementRow>>> ListAsync(
        OperationScope scope, PackageId package, CancellationToken cancellationToken) =>
        _unitOfWork.Database.ReadAsync<Result<IReadOnlyList<EntitlementRow>>>(
            async (session, _) =>
            {
                var shown = await _store.FindDraftAsync(session, scope.EnvironmentId, _kind, package)
                    ?? await _store.FindLatestAsync(session, scope.EnvironmentId, _kind, package);
                return shown is null
                    ? PackageSet.NotFound(_kind, package)
                    : Result<IReadOnlyList<EntitlementRow>>.Ok(EntitlementRow.All(shown.Value));
            },
            cancellationToken);

    /// <summary>Adds rows to the draft, all or none; answers the added ones in the order of the request.</summary>
    public Task<Result<IReadOnlyList<EntitlementRow>>> CreateAsync(
        OperationScope scope, PackageId package, EntitlementRows rows, CancellationToken cancellationToken) =>
        WriteAsync<IReadOnlyList<EntitlementRow>>(
            scope,
            package,
            async (work, draft) =>
            {
                if (await CheckCurrenciesAsync(work, rows) is { } noCurrency)
                    return noCurrency;
                var features = await FeaturesAsync(work, rows);
                var (edited, findings) = (draft, new Findings());
                var added = new List<EntitlementRow>();
                // One row after the other: both kinds share the order of the package.
                foreach (var row in rows.InOrder)
                {
                    var result = row.Feature is { } feature
                        ? EntitlementRules.Add(edited, [feature], features, scope.Now, rows.PathOf(row))
                            .Map(all => edited with { Entitlements = all })
                        : CreditEntitlementRules.Add(edited, row.Credit!, rows.PathOf(row), features, scope.Now)
                            .Map(all => edited with { CreditEntitlements = all });
                    if (!result.TryGet(out var after, out var refused))
                    {
                        findings.Include(refused);
                        continue;
                    }

                    added.Add(row.Feature is not null
                        ? EntitlementRow.Of(after.Entitlements[^1])
                        : EntitlementRow.Of(after.CreditEntitlements[^1]));
                    edited = after;
                }

                if (findings.ToRefusal() is { } refusal)
                    return refusal;
                return (edited, (IReadOnlyList<EntitlementRow>)added);
            },
            cancellationToken);

    public Task<Result<EntitlementRow>> UpdateAsync(
        OperationScope scope, PackageId package, EntitlementRows row, CancellationToken cancellationToken) =>
        WriteAsync<EntitlementRow>(
            scope,
            package,
            async (work, draft) =>
            {
                var features = await FeaturesAsync(work, row);
                return row.InOrder.Single() is { Feature: { } change }
                    ? UpdateFeature(draft, change, features, scope.Now)
                    : UpdateCredit(draft, row.InOrder[0].Credit!, features, scope.Now);
            },
            cancellationToken);

    /// <summary>
    /// Takes a row off the draft; answers what it was. When a feature and a currency share the id, the feature's
    /// row goes.
    /// </summary>
    public Task<Result<EntitlementRow>> DeleteAsync(
        OperationScope scope, PackageId package, string id, CancellationToken cancellationToken) =>
        WriteAsync<EntitlementRow>(
            scope,
            package,
            (_, draft) => Task.FromResult(Delete(draft, id)),
            cancellationToken);

    /// <summary>Gives rows of the draft new positions; answers all rows in their order.</summary>
    public Task<Result<IReadOnlyList<EntitlementRow>>> ReorderAsync(
        OperationScope scope, PackageId package, IReadOnlyList<EntitlementPosition> positions,
        CancellationToken cancellationToken) =>
        WriteAsync<IReadOnlyList<EntitlementRow>>(
            scope,
            package,
            (_, draft) => Task.FromResult(
                EntitlementOrdering.Apply(draft, positions, scope.Now).Map(all => (all, EntitlementRow.All(all)))),
            cancellationToken);

    private static Result<(PackageVersion Edited, EntitlementRow Answer)> UpdateFeature(
        PackageVersion draft, EntitlementInput change, IReadOnlyDictionary<FeatureId, Feature> features,
        NodaTime.Instant now)
    {
        if (Find(draft, change.FeatureId) is not { } stored)
            return NotFound(draft, change.FeatureId);
        return EntitlementRules.Update(draft, stored, change, features[change.FeatureId], now).Map(updated => (
            draft with { Entitlements = [.. draft.Entitlements.Select(e => e == stored ? updated : e)] },
            EntitlementRow.Of(updated)));
    }

    private static Result<(PackageVersion Edited, EntitlementRow Answer)> UpdateCredit(
        PackageVersion draft, CreditEntitlementInput change, IReadOnlyDictionary<FeatureId, Feature> features,
        NodaTime.Instant now)
    {
        if (draft.CreditEntitlements.FirstOrDefault(e => e.CurrencyId == change.CurrencyId) is not { } stored)
            return NotFound(draft, change.CurrencyId);
        return CreditEntitlementRules.Update(draft, stored, change, features, now).Map(updated => (
            draft with { CreditEntitlements = [.. draft.CreditEntitlements.Select(e => e == stored ? updated : e)] },
            EntitlementRow.Of(updated)));
    }

    private static Result<(PackageVersion Edited, EntitlementRow Answer)> Delete(PackageVersion draft, string id)
    {
        if (Find(draft, new(id)) is { } feature)
        {
            return GroupedEntitlements.CheckDeletable(draft, feature) is { } grouped
                ? grouped
                : (draft with { Entitlements = [.. draft.Entitlements.Where(e => e != feature)] },
                    EntitlementRow.Of(feature));
        }

        return draft.CreditEntitlements.FirstOrDefault(e => e.CurrencyId.Value == id) is { } credit
            ? (draft with { CreditEntitlements = [.. draft.CreditEntitlements.Where(e => e != credit)] },
                EntitlementRow.Of(credit))
            : NotFound(draft, new FeatureId(id));
    }

    private static PackageEntitlement? Find(PackageVersion draft, FeatureId id) =>
        draft.Entitlements.FirstOrDefault(e => e.FeatureId == id);

    private static Refusal NotFound(PackageVersion draft, FeatureId id) => new(
        ErrorCode.FeatureNotFound, $"The draft of '{draft.Id}' has no entitlement for a feature '{id}'; add it first.");

    private static Refusal NotFound(PackageVersion draft, CurrencyId id) => new(
        ErrorCode.CustomCurrencyNotFound,
        $"The draft of '{draft.Id}' has no entitlement for credits '{id}'; add it first.");

    private Task<Refusal?> CheckCurrenciesAsync(Work work, EntitlementRows rows) => _facts.CheckCurrenciesAsync(
        work.Session,
        work.Scope.EnvironmentId,
        rows.InOrder.Where(row => row.Credit is not null)
            .Select(row => KeyValuePair.Create(rows.PathOf(row) + "id", row.Credit!.CurrencyId)));

    private Task<IReadOnlyDictionary<FeatureId, Feature>> FeaturesAsync(Work work, EntitlementRows rows) =>
        _facts.FeaturesAsync(
            work.Session,
            work.Scope.EnvironmentId,
            rows.InOrder.Select(row => row.Feature?.FeatureId ?? row.Credit?.DependencyFeatureId.Or(null))
                .OfType<FeatureId>());

    private Task<Result<T>> WriteAsync<T>(
        OperationScope scope,
        PackageId package,
        Func<Work, PackageVersion, Task<Result<(PackageVersion Edited, T Answer)>>> decide,
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
                || !PackageRules.WithEntitlements(draft, decided.Edited, scope.Now).TryGet(out var change, out refusal))
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
