using Tollgate.Domain;
using Tollgate.Domain.Catalog.Experiments;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog.Experiments;

/// <summary>Rows of experiments.</summary>
internal sealed class ExperimentStore() : CatalogStore<Experiment>(
    "experiments",
    BodyJson.Default.Experiment,
    experiment => experiment.Uid,
    ("id", e => e.Id),
    ("name", e => e.Name),
    ("product_id", e => e.ProductId.Value),
    ("status", e => e.Status.ToString()),
    ("created_at", e => e.CreatedAt.ToUnixTimeMilliseconds()))
{
    /// <summary>The one of the environment that runs, or none.</summary>
    public async Task<IReadOnlyList<Experiment>> ListRunningAsync(Session session, EnvironmentId environment) =>
        [.. (await Rows.ListAsync(session, environment, "status = 'InProgress'", new { })).Select(row => row.Value)];

    /// <summary>The refusal of a change of a product that a running experiment is about; null when none is.</summary>
    public async Task<Refusal?> DisturbedAsync(Work work, ProductId product, string what) => ExperimentRules.Disturbs(
        (await ListRunningAsync(work.Session, work.Scope.EnvironmentId)).FirstOrDefault(), product, what);

    public Task<Versioned<Experiment>?> FindByNameAsync(Session session, EnvironmentId environment, string name) =>
        Rows.FindAsync(session, environment, "name = @name", new { name });

    public Task<Result<Page<Experiment>>> PageAsync(
        Session session, EnvironmentId environment, ExperimentFilter filter, PageRequest page)
    {
        var query = new RowQuery()
            .AndIf("product_id = @product", "product", filter.ProductId?.Value)
            .AndAny("status", "status", filter.Statuses?.Select(s => s.ToString()).ToArray());
        return Rows.PageAsync(session, environment, query, page);
    }
}

/// <summary>Which experiments are asked for; an absent field filters nothing.</summary>
public sealed record ExperimentFilter(
    ProductId? ProductId = null, IReadOnlyCollection<ExperimentStatus>? Statuses = null);
