using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog.Products;

/// <summary>Rows of products.</summary>
internal sealed class ProductStore
{
    private const string Published = "Published";
    private const string Archived = "Archived";

    private readonly AggregateTable<Product> _rows = new(
        "products",
        BodyJson.Default.Product,
        product => product.Uid,
        ("id", p => p.Id.Value),
        ("status", p => p.IsArchived ? Archived : Published),
        ("created_at", p => p.CreatedAt.ToUnixTimeMilliseconds()))
    {
        Written = CatalogHead.RaiseAsync,
    };

    public Task<Versioned<Product>?> FindAsync(Session session, EnvironmentId environment, ProductId id) =>
        _rows.FindAsync(session, environment, "id = @id", new { id = id.Value });

    /// <summary>Every product of the environment, archived ones included.</summary>
    public Task<IReadOnlyList<Versioned<Product>>> ListAsync(Session session, EnvironmentId environment) =>
        _rows.ListAsync(session, environment, "1 = 1", new { });

    public Task<Result<Page<Product>>> PageAsync(
        Session session, EnvironmentId environment, ProductFilter filter, PageRequest page)
    {
        var statuses = filter.Archived is { Count: > 0 } asked ? asked : [false];
        var query = new RowQuery()
            .AndIf("id = @id", "id", filter.Id)
            .AndAny("status", "status", statuses.Select(archived => archived ? Archived : Published).ToArray())
            .AndCreated(filter.Created);
        return _rows.PageAsync(session, environment, query, page);
    }

    public Task InsertAsync(Session session, EnvironmentId environment, Product product) =>
        _rows.InsertAsync(session, environment, product);

    public Task UpdateAsync(Session session, EnvironmentId environment, Versioned<Product> read, Product product) =>
        _rows.UpdateAsync(session, environment, read, product);

    public Task DeleteAsync(Session session, EnvironmentId environment, Product product) =>
        _rows.DeleteAsync(session, environment, product);
}

/// <summary>Which products are asked for. <see cref="Archived"/>: the wanted values of that flag; null = only live ones.</summary>
public sealed record ProductFilter
{
    public string? Id { get; init; }
    public IReadOnlyCollection<bool>? Archived { get; init; }
    public CreatedRange Created { get; init; }
}
