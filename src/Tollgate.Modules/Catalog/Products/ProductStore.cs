using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog.Products;

/// <summary>Rows of products.</summary>
internal sealed class ProductStore() : CatalogStore<Product>(
    "products",
    BodyJson.Default.Product,
    product => product.Uid,
    ("id", p => p.Id.Value),
    ("status", p => p.IsArchived ? Archived : Published),
    ("created_at", p => p.CreatedAt.ToUnixTimeMilliseconds()))
{
    public Task<Versioned<Product>?> FindAsync(Session session, EnvironmentId environment, ProductId id) =>
        FindAsync(session, environment, id.Value);

    public Task<Result<Page<Product>>> PageAsync(
        Session session, EnvironmentId environment, ProductFilter filter, PageRequest page)
    {
        var query = new RowQuery()
            .AndIf("id = @id", "id", filter.Id)
            .AndAny("status", "status", Statuses(filter.Archived))
            .AndCreated(filter.Created);
        return Rows.PageAsync(session, environment, query, page);
    }
}

/// <summary>
/// Which products are asked for. <see cref="Archived"/>: the wanted values of that flag; null = only live ones.
/// </summary>
public sealed record ProductFilter
{
    public string? Id { get; init; }
    public IReadOnlyCollection<bool>? Archived { get; init; }
    public CreatedRange Created { get; init; }
}
