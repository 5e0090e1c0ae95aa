using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Catalog.Experiments;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog.Products;

/// <summary>Creating, reading, changing and archiving products (spec catalog 3 and 13).</summary>
public sealed class ProductUseCases(UnitOfWork unitOfWork, IProductSubscriptions subscriptions)
{
    private static readonly ProductStore Store = new();

    private readonly CatalogEntities<Product> _products = new(
        unitOfWork, Store, id => NotFound(new(id)), isCompiled: true);
    private readonly PackageStore _packages = new();
    private readonly ExperimentStore _experiments = new();

    public Task<Result<Page<Product>>> ListAsync(
        OperationScope scope, ProductFilter filter, PageRequest page, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync(
            (session, _) => Store.PageAsync(session, scope.EnvironmentId, filter, page), cancellationToken);

    public Task<Result<Product>> CreateAsync(
        OperationScope scope, ProductDraft draft, CancellationToken cancellationToken) => _products.CreateAsync(
        scope,
        draft.Id.Value,
        (_, isTaken) => Task.FromResult(ProductRules.Create(
            new()
            {
                Uid = Guid.CreateVersion7(),
                Id = draft.Id,
                DisplayName = draft.DisplayName,
                Description = draft.Description,
                MultipleSubscriptions = draft.MultipleSubscriptions,
                Metadata = draft.Metadata ?? Metadata.Empty,
                CreatedAt = scope.Now,
                UpdatedAt = scope.Now,
            },
            isTaken)),
        cancellationToken);

    public Task<Result<Product>> UpdateAsync(
        OperationScope scope, ProductId id, ProductEdit edit, CancellationToken cancellationToken) =>
        ChangeAsync(
            scope,
            id,
            async (work, product) =>
            {
                var facts = new ProductFacts(
                    await subscriptions.AnyEverAsync(work.Session, scope.EnvironmentId, id),
                    await PlanAsync(work.Session, scope, edit.Settings?.StartPlanId),
                    await PlanAsync(work.Session, scope, edit.Settings?.DowngradePlanId))
                {
                    AutoCancellation = edit is { AutoCancellationRules: null, MultipleSubscriptions: null }
                        ? AutoCancellationFacts.None
                        : await AutoCancellationAsync(work.Session, scope.EnvironmentId),
                };
                return ProductRules.Update(product, edit, facts, scope.Now)
                    .Map(change => new ProductArchiving(change.Value, [], change.Events));
            },
            cancellationToken);

    /// <summary>Archives the product with its published plans and add-ons; no new subscriptions from then on.</summary>
    public Task<Result<Product>> ArchiveAsync(
        OperationScope scope, ProductId id, CancellationToken cancellationToken) =>
        ChangeAsync(
            scope,
            id,
            async (work, product) =>
                await _experiments.DisturbedAsync(work, id, $"archiving product '{id}'") is { } disturbs
                ? disturbs
                : ProductRules.Archive(
                    product,
                    await subscriptions.AnyOpenAsync(work.Session, scope.EnvironmentId, id),
                    await LatestAsync(work, id),
                    scope.Now),
            cancellationToken);

    /// <summary>Restores the product and exactly what its archiving archived.</summary>
    public Task<Result<Product>> UnarchiveAsync(
        OperationScope scope, ProductId id, CancellationToken cancellationToken) =>
        ChangeAsync(
            scope,
            id,
            async (work, product) => ProductRules.Unarchive(product, await LatestAsync(work, id), scope.Now),
            cancellationToken);

    internal static Refusal NotFound(ProductId id) => new(
        ErrorCode.ProductNotFoundError,
        $"There is no product with the id '{id}' in this environment; create it first.");

    /// <summary>What becomes of the product is saved after what becomes of its packages.</summary>
    private Task<Result<Product>> ChangeAsync(
        OperationScope scope,
        ProductId id,
        Func<Work, Product, Task<Result<ProductArchiving>>> decide,
        CancellationToken cancellationToken) => _products.ChangeAsync(
        scope,
        id.Value,
        async (work, product, _) =>
        {
            if (!(await decide(work, product)).TryGet(out var outcome, out var refusal))
                return refusal;
            foreach (var package in outcome.Packages)
                await _packages.ReplaceAsync(work.Session, scope.EnvironmentId, package);
            return new Change<Product>(outcome.Product, outcome.Events);
        },
        cancellationToken);

    private async Task<PackageVersion?> PlanAsync(Session session, OperationScope scope, PackageId? id) =>
        id is { } named
        ? (await _packages.FindLatestAsync(session, scope.EnvironmentId, PackageKind.Plan, named))?.Value
        : null;

    private async Task<AutoCancellationFacts> AutoCancellationAsync(Session session, EnvironmentId environment) => new(
        (await _packages.ListCurrentAsync(session, environment)).Select(row => row.Value)
            .Where(package => package is { Kind: PackageKind.Plan, IsLatest: true })
            .ToDictionary(plan => plan.Id),
        (await Store.ListAsync(session, environment)).ToDictionary(row => row.Value.Id, row => row.Value));

    private async Task<IEnumerable<PackageVersion>> LatestAsync(Work work, ProductId id) =>
        (await _packages.ListCurrentOfProductAsync(work.Session, work.Scope.EnvironmentId, id))
            .Select(row => row.Value).Where(package => package.IsLatest);
}

/// <summary>A product as a request asks for it.</summary>
public sealed record ProductDraft(ProductId Id, string DisplayName)
{
    public string? Description { get; init; }
    public bool MultipleSubscriptions { get; init; }
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
}

/// <summary>
/// Who subscribes to a product. Implemented by the subscriptions slice, which comes after the catalog.
/// </summary>
public interface IProductSubscriptions
{
    /// <summary>True when any subscription of the product was ever provisioned.</summary>
    Task<bool> AnyEverAsync(Session session, EnvironmentId environment, ProductId product);

    /// <summary>True when a subscription of the product has not ended.</summary>
    Task<bool> AnyOpenAsync(Session session, EnvironmentId environment, ProductId product);
}
