using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Catalog.Experiments;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Catalog.Products;
using Tollgate.Modules.Rows;

namespace Tollgate.Modules.Catalog.Experiments;

/// <summary>Creating, reading, changing, starting and stopping experiments (spec subscriptions 16).</summary>
public sealed class ExperimentUseCases(UnitOfWork unitOfWork)
{
    private static readonly ExperimentStore Store = new();

    private readonly CatalogEntities<Experiment> _experiments = new(unitOfWork, Store, NotFound);
    private readonly ProductStore _products = new();
    private readonly PackageStore _packages = new();

    public Task<Result<Page<Experiment>>> ListAsync(
        OperationScope scope, ExperimentFilter filter, PageRequest page, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync(
            (session, _) => Store.PageAsync(session, scope.EnvironmentId, filter, page), cancellationToken);

    public Task<Result<Experiment>> RetrieveAsync(
        OperationScope scope, string id, CancellationToken cancellationToken) =>
        _experiments.RetrieveAsync(scope, id, cancellationToken);

    public Task<Result<Experiment>> CreateAsync(
        OperationScope scope, ExperimentDraft draft, CancellationToken cancellationToken) => _experiments.CreateAsync(
        scope,
        draft.Id,
        async (work, isTaken) =>
        {
            var facts = await FactsAsync(work, draft.Id, draft.Name, draft.ProductId, draft.VariantSettings);
            return ExperimentRules.Create(
                draft, facts with { IdIsTaken = isTaken }, Guid.CreateVersion7(), scope.Now);
        },
        cancellationToken);

    public Task<Result<Experiment>> UpdateAsync(
        OperationScope scope, string id, ExperimentEdit edit,
        CancellationToken cancellationToken) => _experiments.ChangeAsync(
        scope,
        id,
        async (work, experiment, _) => ExperimentRules.Update(
            experiment,
            edit,
            await FactsAsync(
                work, id, edit.Name ?? experiment.Name, edit.ProductId ?? experiment.ProductId,
                edit.VariantSettings ?? experiment.VariantSettings),
            scope.Now),
        cancellationToken);

    public Task<Result<Experiment>> StartAsync(OperationScope scope, string id, CancellationToken cancellationToken) =>
        _experiments.ChangeAsync(
            scope,
            id,
            async (work, experiment, _) => ExperimentRules.Start(
                experiment,
                await FactsAsync(work, id, experiment.Name, experiment.ProductId, experiment.VariantSettings),
                scope.Now),
            cancellationToken);

    public Task<Result<Experiment>> StopAsync(OperationScope scope, string id, CancellationToken cancellationToken) =>
        _experiments.ChangeAsync(
            scope,
            id,
            (_, experiment, _) => Task.FromResult(ExperimentRules.Stop(experiment, scope.Now)),
            cancellationToken);

    /// <param name="scope">Who asks, where and when.</param>
    /// <param name="source">What is copied.</param>
    /// <param name="id">The copy's.</param>
    /// <param name="name">The copy's.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public Task<Result<Experiment>> DuplicateAsync(
        OperationScope scope, string source, string id, string name, CancellationToken cancellationToken) =>
        _experiments.CreateAsync(
            scope,
            id,
            async (work, isTaken) =>
                await Store.FindAsync(work.Session, scope.EnvironmentId, source) is { Value: var experiment }
                    ? ExperimentRules.Duplicate(
                        experiment,
                        id,
                        name,
                        new() { IdIsTaken = isTaken, NameIsTaken = await IsTakenAsync(work, id, name) },
                        Guid.CreateVersion7(),
                        scope.Now)
                    : NotFound(source),
            cancellationToken);

    /// <summary>The draft as it was.</summary>
    public Task<Result<Experiment>> DeleteAsync(OperationScope scope, string id, CancellationToken cancellationToken) =>
        unitOfWork.WriteAsync<Experiment>(
            scope,
            [UnitOfWork.CatalogLock(scope.EnvironmentId)],
            async (work, _) =>
            {
                if (await Store.FindAsync(work.Session, scope.EnvironmentId, id) is not { Value: var experiment })
                    return NotFound(id);
                if (!ExperimentRules.Delete(experiment).TryGet(out var change, out var refusal))
                    return refusal;
                await Store.DeleteAsync(work.Session, scope.EnvironmentId, experiment);
                work.Record(change.Events);
                return experiment;
            },
            cancellationToken);

    internal static Refusal NotFound(string id) => new(ErrorCode.ExperimentNotFoundError,
        $"There is no experiment with the id '{id}' in this environment; create it first.");

    private async Task<ExperimentFacts> FactsAsync(
        Work work, string id, string name, ProductId product, ProductSettings settings) => new()
        {
            NameIsTaken = await IsTakenAsync(work, id, name),
            Product = (await _products.FindAsync(work.Session, work.Scope.EnvironmentId, product))?.Value,
            StartPlan = await PlanAsync(work, settings.StartPlanId),
            DowngradePlan = await PlanAsync(work, settings.DowngradePlanId),
            Running = (await Store.ListRunningAsync(work.Session, work.Scope.EnvironmentId)).FirstOrDefault(),
        };

    /// <summary>Another experiment than this one has the name.</summary>
    private static async Task<bool> IsTakenAsync(Work work, string id, string name) =>
        await Store.FindByNameAsync(work.Session, work.Scope.EnvironmentId, name) is { } named && named.Value.Id != id;

    private async Task<PackageVersion?> PlanAsync(Work work, PackageId? id) => id is { } named
        ? (await _packages.FindLatestAsync(work.Session, work.Scope.EnvironmentId, PackageKind.Plan, named))?.Value
        : null;
}
