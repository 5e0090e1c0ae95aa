using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Catalog.PackageGroups;
using Tollgate.Modules.Catalog.Packages;

namespace Tollgate.Modules.Catalog.Products;

/// <summary>
/// Duplicates a product with its groups of add-ons, and its plans and add-ons as drafts (spec catalog 3.4).
/// </summary>
public sealed class CopyProduct(UnitOfWork unitOfWork)
{
    private readonly ProductStore _products = new();
    private readonly PackageStore _packages = new();
    private readonly PackageGroupStore _groups = new();

    /// <summary>The copy of the product; its packages are drafts of their own.</summary>
    public Task<Result<Product>> ExecuteAsync(
        OperationScope scope, ProductId source, ProductCopyInput input, CancellationToken cancellationToken) =>
        unitOfWork.WriteAsync<Product>(
            scope,
            [UnitOfWork.CatalogLock(scope.EnvironmentId)],
            async (work, _) =>
            {
                if (await _products.FindAsync(work.Session, scope.EnvironmentId, source) is not { Value: var product })
                    return ProductUseCases.NotFound(source);
                var facts = await FactsAsync(work, source, input.TargetId);
                if (!ProductCopy.Of(product, input, facts, Guid.CreateVersion7, scope.Now)
                    .TryGet(out var copied, out var refusal))
                {
                    return refusal;
                }

                await _products.InsertAsync(work.Session, scope.EnvironmentId, copied.Product);
                foreach (var package in copied.Packages)
                    await _packages.InsertAsync(work.Session, scope.EnvironmentId, package);
                foreach (var group in copied.Groups)
                    await _groups.InsertAsync(work.Session, scope.EnvironmentId, group);
                work.Record(copied.Events);
                work.CatalogChanged();
                return copied.Product;
            },
            cancellationToken);

    private async Task<ProductCopyFacts> FactsAsync(Work work, ProductId source, ProductId target)
    {
        var current = (await _packages.ListCurrentAsync(work.Session, work.Scope.EnvironmentId))
            .Select(row => row.Value).ToList();
        var taken = current.Select(package => (package.Kind, package.Id)).ToHashSet();
        var groups = await _groups.AllAsync(work.Session, work.Scope.EnvironmentId);
        return new(
            await _products.FindAsync(work.Session, work.Scope.EnvironmentId, target) is not null,
            [.. current.Where(package => package.ProductId == source && package.IsLatest)],
            (kind, id) => taken.Contains((kind, id)),
            [.. groups.Values.Where(group => group.ProductId == source).OrderBy(group => group.CreatedAt)],
            groups.ContainsKey);
    }
}
