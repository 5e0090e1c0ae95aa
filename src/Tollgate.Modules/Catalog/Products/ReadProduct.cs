using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Catalog.Packages;

namespace Tollgate.Modules.Catalog.Products;

/// <summary>Reads one product with what belongs to it.</summary>
public sealed class ReadProduct(UnitOfWork unitOfWork, IProductSubscriptions subscriptions)
{
    private readonly ProductStore _products = new();
    private readonly PackageStore _packages = new();

    /// <summary>The product, archived or not.</summary>
    public Task<Result<ProductDetails>> ExecuteAsync(
        OperationScope scope, ProductId id, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync<Result<ProductDetails>>(
            async (session, _) =>
            {
                if (await _products.FindAsync(session, scope.EnvironmentId, id) is not { Value: var product })
                    return ProductUseCases.NotFound(id);
                var packages = await _packages.ListCurrentOfProductAsync(session, scope.EnvironmentId, id);
                return new ProductDetails(
                    product,
                    await subscriptions.AnyEverAsync(session, scope.EnvironmentId, id),
                    [.. packages.Select(row => row.Value).Where(package => package.IsLatest)]);
            },
            cancellationToken);
}

/// <summary>
/// A product, whether it was ever subscribed to, and the latest versions of its packages, oldest first.
/// </summary>
public sealed record ProductDetails(Product Product, bool HasSubscriptions, IReadOnlyList<PackageVersion> Packages);
