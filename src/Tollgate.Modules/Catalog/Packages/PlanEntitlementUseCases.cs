using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>What a plan grants: read, and written on its draft (spec catalog 4.2 and 8).</summary>
public sealed class PlanEntitlementUseCases(UnitOfWork unitOfWork)
{
    private readonly PackageStore _store = new();
    private readonly PricingFacts _facts = new();

    /// <summary>
    /// Those of the open draft, because the writing operations address them; else of the latest version.
    /// </summary>
    public Task<Result<IReadOnlyList<PackageEntitlement>>> ListAsync(
        OperationScope scope, PackageId plan, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync<Result<IReadOnlyList<PackageEntitlement>>>(
            async (session, _) =>
            {
                var shown = await _store.FindDraftAsync(session, scope.EnvironmentId, PackageKind.Plan, plan)
                    ?? await _store.FindLatestAsync(session, scope.EnvironmentId, PackageKind.Plan, plan);
                return shown is null
                    ? PlanUseCases.NotFound(plan)
                    : Result<IReadOnlyList<PackageEntitlement>>.Ok(shown.Value.Entitlements);
            },
            cancellationToken);

    /// <summary>Adds rows to the draft, all or none; answers the added ones.</summary>
    public Task<Result<IReadOnlyList<PackageEntitlement>>> CreateAsync(
        OperationScope scope, PackageId plan, EntitlementRows rows, CancellationToken cancellationToken) =>
        WriteAsync<IReadOnlyList<PackageEntitlement>>(
            scope,
            plan,
            async (work, draft) =>
            {
                if (CurrenciesNotFound(rows.CreditCurrencies) is { } noCurrency)
                    return noCurrency;
                var features = await _facts.FeaturesAsync(
                    work.Session, scope.EnvironmentId, rows.Features.Select(row => row.FeatureId));
                return EntitlementRules.Add(draft, rows.Features, features, scope.Now)
                    .Map(all => (all, (IReadOnlyList<PackageEntitlement>)[.. all.Skip(draft.Entitlements.Count)]));
            },
            cancellationToken);

    public Task<Result<PackageEntitlement>> UpdateAsync(
        OperationScope scope, PackageId plan, EntitlementRows row, CancellationToken cancellationToken) =>
        WriteAsync<PackageEntitlement>(
            scope,
            plan,
            async (work, draft) =>
            {
                if (CurrenciesNotFound(row.CreditCurrencies) is { } noCurrency)
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
        OperationScope scope, PackageId plan, FeatureId id, CancellationToken cancellationToken) =>
        WriteAsync<PackageEntitlement>(
            scope,
            plan,
            (_, draft) => Task.FromResult<Result<(IReadOnlyList<PackageEntitlement>, PackageEntitlement)>>(
                Find(draft, id) is { } stored
                    ? ([.. draft.Entitlements.Where(e => e != stored)], stored)
                    : NotFound(draft, id)),
            cancellationToken);

    private static PackageEntitlement? Find(PackageVersion draft, FeatureId id) =>
        draft.Entitlements.FirstOrDefault(e => e.FeatureId == id);

    private static Refusal NotFound(PackageVersion draft, FeatureId id) => new(
        ErrorCode.FeatureNotFound, $"The draft of '{draft.Id}' has no entitlement for a feature '{id}'; add it first.");

    private static Refusal? CurrenciesNotFound(IReadOnlyDictionary<string, CurrencyId> named)
    {
        var findings = new Findings();
        foreach (var (path, currency) in named)
            PricingFacts.CurrencyNotFound(findings, path, currency);
        return findings.ToRefusal();
    }

    private Task<Result<T>> WriteAsync<T>(
        OperationScope scope,
        PackageId plan,
        Func<Work, PackageVersion, Task<Result<(IReadOnlyList<PackageEntitlement> All, T Answer)>>> decide,
        CancellationToken cancellationToken) => unitOfWork.WriteAsync<T>(
        scope,
        [UnitOfWork.CatalogLock(scope.EnvironmentId)],
        async (work, _) =>
        {
            var plans = await CurrentPlans.LoadAsync(_store, work.Session, scope.EnvironmentId);
            if (!PlanUseCases.LiveLatest(plans, plan).TryGet(out var _, out var refusal))
                return refusal;
            if (plans.Draft(plan) is not { } draft)
                return PackageRules.NoDraft(plan);
            if (!(await decide(work, draft)).TryGet(out var decided, out refusal)
                || !PackageRules.WithEntitlements(draft, plan, decided.All, scope.Now)
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
