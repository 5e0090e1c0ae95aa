using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Catalog.Experiments;
using Tollgate.Modules.Catalog.PackageGroups;
using Tollgate.Modules.Catalog.Packages;

namespace Tollgate.Modules.Catalog.Products;

/// <summary>Deletes a product that nobody ever subscribed to, with its plans and add-ons (spec catalog 3.4).</summary>
public sealed class DeleteProduct(UnitOfWork unitOfWork, IProductSubscriptions subscriptions)
{
    private readonly ProductStore _products = new();
    private readonly PackageStore _packages = new();
    private readonly PackageGroupStore _groups = new();
    private readonly ExperimentStore _experiments = new();

    /// <summary>The product as it was.</summary>
    public Task<Result<Product>> ExecuteAsync(
        OperationScope scope, ProductId id, CancellationToken cancellationToken) => unitOfWork.WriteAsync<Product>(
        scope,
        [UnitOfWork.CatalogLock(scope.EnvironmentId)],
        async (work, _) =>
        {
            var products = (await _products.ListAsync(work.Session, scope.EnvironmentId))
                .ToDictionary(row => row.Value.Id);
            if (!products.TryGetValue(id, out var found))
                return ProductUseCases.NotFound(id);
            if (await _experiments.DisturbedAsync(work, id, $"deleting product '{id}'") is { } disturbs)
                return disturbs;
            var packages = await _packages.ListOfProductAsync(work.Session, scope.EnvironmentId, id);
            if (!ProductDeletion.Of(
                found.Value,
                await subscriptions.AnyEverAsync(work.Session, scope.EnvironmentId, id),
                [.. packages.Select(row => row.Value)],
                products.Values.Where(row => row != found).Select(row => row.Value),
                scope.Now).TryGet(out var deleted, out var refusal))
            {
                return refusal;
            }

            foreach (var package in deleted.Packages)
                await _packages.DeleteAsync(work.Session, scope.EnvironmentId, package);
            foreach (var (group, _) in await _groups.ListOfProductAsync(work.Session, scope.EnvironmentId, id))
            {
                await _groups.DeleteAsync(work.Session, scope.EnvironmentId, group);
                work.Record(PackageGroupRules.Deleted(group));
            }

            foreach (var changed in deleted.Changed)
                await _products.UpdateAsync(work.Session, scope.EnvironmentId, products[changed.Id], changed);
            await _products.DeleteAsync(work.Session, scope.EnvironmentId, deleted.Product);
            work.Record(deleted.Events);
            work.CatalogChanged();
            return deleted.Product;
        },
        cancellationToken);
}
