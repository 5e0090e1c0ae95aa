using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Catalog.FeatureGroups;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog.Features;

/// <summary>Deletes a feature that nothing ever named (spec catalog 13).</summary>
public sealed class DeleteFeature(
    UnitOfWork unitOfWork, IEnumerable<IFeatureTraces> traces, IMeterChanges meters)
{
    private readonly FeatureStore _store = new();
    private readonly PackageStore _packages = new();
    private readonly FeatureGroupStore _groups = new();

    /// <summary>The feature as it was.</summary>
    public Task<Result<Feature>> ExecuteAsync(
        OperationScope scope, FeatureId id, CancellationToken cancellationToken) => unitOfWork.WriteAsync<Feature>(
        scope,
        [UnitOfWork.CatalogLock(scope.EnvironmentId), meters.Lock(scope.EnvironmentId)],
        async (work, token) =>
        {
            if (await _store.FindAsync(work.Session, scope.EnvironmentId, id) is not { Value: var feature })
                return FeatureUseCases.NotFound(id);
            if (!FeatureRules.Delete(feature, await WasUsedAsync(work, id, token))
                .TryGet(out var change, out var refusal))
            {
                return refusal;
            }

            await _store.DeleteAsync(work.Session, scope.EnvironmentId, feature);
            await meters.ApplyAsync(work, feature, null);
            work.Record(change.Events);
            work.CatalogChanged();
            return change.Value;
        },
        cancellationToken);

    private async Task<bool> WasUsedAsync(Work work, FeatureId id, CancellationToken cancellationToken)
    {
        if (await _packages.ExistsNamingAsync(work.Session, work.Scope.EnvironmentId, id))
            return true;
        var groups = await _groups.ListAsync(work.Session, work.Scope.EnvironmentId);
        if (groups.Any(group => group.Value.FeatureIds.Contains(id)))
            return true;
        foreach (var trace in traces)
        {
            if (await trace.AnyEverAsync(work.Session, work.Scope.EnvironmentId, id, cancellationToken))
                return true;
        }

        return false;
    }
}

/// <summary>What later slices keep by the id of a feature. Every slice that keeps something registers one.</summary>
public interface IFeatureTraces
{
    /// <summary>True when a row of the slice names the feature, of whatever age.</summary>
    Task<bool> AnyEverAsync(
        Session session, EnvironmentId environment, FeatureId feature, CancellationToken cancellationToken);
}
