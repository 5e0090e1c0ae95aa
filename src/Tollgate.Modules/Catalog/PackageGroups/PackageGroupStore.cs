using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog.PackageGroups;

/// <summary>Rows of groups of add-ons.</summary>
internal sealed class PackageGroupStore
{
    private const string Published = "Published";
    private const string Archived = "Archived";

    private readonly AggregateTable<PackageGroup> _rows = new(
        "package_groups",
        BodyJson.Default.PackageGroup,
        group => group.Uid,
        ("id", g => g.Id),
        ("product_id", g => g.ProductId.Value),
        ("status", g => g.IsArchived ? Archived : Published),
        ("created_at", g => g.CreatedAt.ToUnixTimeMilliseconds()))
    {
        Written = CatalogHead.RaiseAsync,
    };

    public Task<Versioned<PackageGroup>?> FindAsync(Session session, EnvironmentId environment, string id) =>
        _rows.FindAsync(session, environment, "id = @id", new { id });

    /// <summary>Every group of the environment by its id, archived ones included.</summary>
    public async Task<IReadOnlyDictionary<string, PackageGroup>> AllAsync(Session session, EnvironmentId environment) =>
        (await _rows.ListAsync(session, environment, "1 = 1", new { }))
            .ToDictionary(row => row.Value.Id, row => row.Value, StringComparer.Ordinal);

    public Task<Result<Page<PackageGroup>>> PageAsync(
        Session session, EnvironmentId environment, PackageGroupFilter filter, PageRequest page)
    {
        var statuses = filter.Archived is { Count: > 0 } asked ? asked : [false];
        var query = new RowQuery()
            .AndIf("product_id = @product", "product", filter.ProductId)
            .AndAny("status", "status", statuses.Select(archived => archived ? Archived : Published).ToArray());
        return _rows.PageAsync(session, environment, query, page);
    }

    public Task<IReadOnlyList<Versioned<PackageGroup>>> ListOfProductAsync(
        Session session, EnvironmentId environment, ProductId product) =>
        _rows.ListAsync(session, environment, "product_id = @product", new { product = product.Value });

    public Task DeleteAsync(Session session, EnvironmentId environment, PackageGroup group) =>
        _rows.DeleteAsync(session, environment, group);

    public Task InsertAsync(Session session, EnvironmentId environment, PackageGroup group) =>
        _rows.InsertAsync(session, environment, group);

    public Task UpdateAsync(
        Session session, EnvironmentId environment, Versioned<PackageGroup> read, PackageGroup group) =>
        _rows.UpdateAsync(session, environment, read, group);
}

/// <summary>
/// Which groups are asked for. <see cref="Archived"/>: the wanted values of that flag; null = only live ones.
/// </summary>
public sealed record PackageGroupFilter
{
    public string? ProductId { get; init; }
    public IReadOnlyCollection<bool>? Archived { get; init; }
}
