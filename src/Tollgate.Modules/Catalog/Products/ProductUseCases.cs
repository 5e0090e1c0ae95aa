using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog.Products;

/// <summary>Creating, reading, changing and archiving products (spec catalog 3 and 13).</summary>
public sealed class ProductUseCases(UnitOfWork unitOfWork, IProductSubscriptions subscriptions)
{
    private readonly ProductStore _store = new();
    private readonly PackageStore _packages = new();

    public Task<Result<Page<Product>>> ListAsync(
        OperationScope scope, ProductFilter filter, PageRequest page, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync(
            (session, _) => _store.PageAsync(session, scope.EnvironmentId, filter, page), cancellationToken);

    public Task<Result<Product>> CreateAsync(
        OperationScope scope, ProductDraft draft, CancellationToken cancellationToken) =>
        unitOfWork.WriteAsync<Product>(
            scope,
            [UnitOfWork.CatalogLock(scope.EnvironmentId)],
            async (work, _) =>
            {
                var taken = await _store.FindAsync(work.Session, scope.EnvironmentId, draft.Id) is not null;
                var product = new Product
                {
                    Uid = Guid.CreateVersion7(),
                    Id = draft.Id,
                    DisplayName = draft.DisplayName,
                    Description = draft.Description,
                    MultipleSubscriptions = draft.MultipleSubscriptions,
                    Metadata = draft.Metadata ?? Metadata.Empty,
                    CreatedAt = scope.Now,
                    UpdatedAt = scope.Now,
                };
                if (!ProductRules.Create(product, taken).TryGet(out var change, out var refusal))
                    return refusal;
                await _store.InsertAsync(work.Session, scope.EnvironmentId, change.Value);
                return Recorded(work, change.Value, change.Events);
            },
            cancellationToken);

    public Task<Result<Product>> UpdateAsync(
        OperationScope scope, ProductId id, ProductEdit edit, CancellationToken cancellationToken) =>
        ChangeAsync(
            scope,
            id,
            async (work, row) =>
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
                return ProductRules.Update(row.Value, edit, facts, scope.Now)
                    .Map(change => new ProductArchiving(change.Value, [], change.Events));
            },
            cancellationToken);

    /// <summary>Archives the product with its published plans and add-ons; no new subscriptions from then on.</summary>
    public Task<Result<Product>> ArchiveAsync(
        OperationScope scope, ProductId id, CancellationToken cancellationToken) =>
        ChangeAsync(
            scope,
            id,
            async (work, row) => ProductRules.Archive(
                row.Value,
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
            async (work, row) => ProductRules.Unarchive(row.Value, await LatestAsync(work, id), scope.Now),
            cancellationToken);

    internal static Refusal NotFound(ProductId id) => new(
        ErrorCode.ProductNotFoundError,
        $"There is no product with the id '{id}' in this environment; create it first.");

    private Task<Result<Product>> ChangeAsync(
        OperationScope scope,
        ProductId id,
        Func<Work, Versioned<Product>, Task<Result<ProductArchiving>>> decide,
        CancellationToken cancellationToken) => unitOfWork.WriteAsync<Product>(
        scope,
        [UnitOfWork.CatalogLock(scope.EnvironmentId)],
        async (work, _) =>
        {
            if (await _store.FindAsync(work.Session, scope.EnvironmentId, id) is not { } row)
                return NotFound(id);
            if (!(await decide(work, row)).TryGet(out var outcome, out var refusal))
                return refusal;
            if (outcome.IsNoChange)
                return outcome.Product;
            await _store.UpdateAsync(work.Session, scope.EnvironmentId, row, outcome.Product);
            foreach (var package in outcome.Packages)
                await _packages.ReplaceAsync(work.Session, scope.EnvironmentId, package);
            return Recorded(work, outcome.Product, outcome.Events);
        },
        cancellationToken);

    private static Product Recorded(Work work, Product product, IReadOnlyList<DomainEvent> events)
    {
        work.Record(events);
        work.CatalogChanged();
        return product;
    }

    private async Task<PackageVersion?> PlanAsync(Session session, OperationScope scope, PackageId? id) =>
        id is { } named
        ? (await _packages.FindLatestAsync(session, scope.EnvironmentId, PackageKind.Plan, named))?.Value
        : null;

    private async Task<AutoCancellationFacts> AutoCancellationAsync(Session session, EnvironmentId environment) => new(
        (await _packages.ListCurrentAsync(session, environment)).Select(row => row.Value)
            .Where(package => package is { Kind: PackageKind.Plan, IsLatest: true })
            .ToDictionary(plan => plan.Id),
        (await _store.ListAsync(session, environment)).ToDictionary(row => row.Value.Id, row => row.Value));

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
