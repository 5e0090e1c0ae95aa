using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog.PackageGroups;

/// <summary>Rows of groups of add-ons.</summary>
internal sealed class PackageGroupStore() : CatalogStore<PackageGroup>(
    "package_groups",
    BodyJson.Default.PackageGroup,
    group => group.Uid,
    ("id", g => g.Id),
    ("product_id", g => g.ProductId.Value),
    ("status", g => g.IsArchived ? Archived : Published),
    ("created_at", g => g.CreatedAt.ToUnixTimeMilliseconds()))
{
    /// <summary>Every group of the environment by its id, archived ones included.</summary>
    public async Task<IReadOnlyDictionary<string, PackageGroup>> AllAsync(Session session, EnvironmentId environment) =>
        (await ListAsync(session, environment))
            .ToDictionary(row => row.Value.Id, row => row.Value, StringComparer.Ordinal);

    public Task<Result<Page<PackageGroup>>> PageAsync(
        Session session, EnvironmentId environment, PackageGroupFilter filter, PageRequest page)
    {
        var query = new RowQuery()
            .AndIf("product_id = @product", "product", filter.ProductId)
            .AndAny("status", "status", Statuses(filter.Archived));
        return Rows.PageAsync(session, environment, query, page);
    }

    public Task<IReadOnlyList<Versioned<PackageGroup>>> ListOfProductAsync(
        Session session, EnvironmentId environment, ProductId product) =>
        Rows.ListAsync(session, environment, "product_id = @product", new { product = product.Value });
}

/// <summary>
/// Which groups are asked for. <see cref="Archived"/>: the wanted values of that flag; null = only live ones.
/// </summary>
public sealed record PackageGroupFilter
{
    public string? ProductId { get; init; }
    public IReadOnlyCollection<bool>? Archived { get; init; }
}
