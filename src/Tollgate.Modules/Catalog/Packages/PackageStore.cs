using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>Rows of package versions: drafts, published versions and archived ones, plans and add-ons alike.</summary>
internal sealed class PackageStore
{
    private readonly AggregateTable<PackageVersion> _rows = new(
        "packages",
        BodyJson.Default.PackageVersion,
        package => package.Uid,
        ("kind", p => p.Kind.ToString()),
        ("id", p => p.Id.Value),
        ("version_number", p => p.Version),
        ("product_id", p => p.ProductId.Value),
        ("status", p => p.Status.ToString()),
        ("is_latest", p => p.IsLatest ? 1 : 0),
        ("created_at", p => p.CreatedAt.ToUnixTimeMilliseconds()))
    {
        Written = CatalogHead.RaiseAsync,
    };

    /// <summary>
    /// The row a REST read shows: the latest published version, or the draft while nothing was published.
    /// </summary>
    public Task<Versioned<PackageVersion>?> FindLatestAsync(
        Session session, EnvironmentId environment, PackageKind kind, PackageId id) =>
        _rows.FindAsync(
            session,
            environment,
            "kind = @kind AND id = @id AND is_latest = 1",
            new { kind = kind.ToString(), id = id.Value });

    public Task<Versioned<PackageVersion>?> FindDraftAsync(
        Session session, EnvironmentId environment, PackageKind kind, PackageId id) =>
        _rows.FindAsync(
            session,
            environment,
            "kind = @kind AND id = @id AND status = 'Draft'",
            new { kind = kind.ToString(), id = id.Value });

    public Task<Versioned<PackageVersion>?> FindVersionAsync(
        Session session, EnvironmentId environment, PackageKind kind, PackageId id, int version) =>
        _rows.FindAsync(
            session,
            environment,
            "kind = @kind AND id = @id AND version_number = @version",
            new { kind = kind.ToString(), id = id.Value, version });

    /// <summary>All versions of one package, oldest first.</summary>
    public Task<IReadOnlyList<Versioned<PackageVersion>>> ListVersionsAsync(
        Session session, EnvironmentId environment, PackageKind kind, PackageId id) =>
        _rows.ListAsync(
            session, environment, "kind = @kind AND id = @id", new { kind = kind.ToString(), id = id.Value });

    /// <summary>
    /// The latest rows and the open drafts of the environment: what archive and publish checks look at.
    /// </summary>
    public Task<IReadOnlyList<Versioned<PackageVersion>>> ListCurrentAsync(
        Session session, EnvironmentId environment) =>
        _rows.ListAsync(session, environment, "(is_latest = 1 OR status = 'Draft')", new { });

    public Task<IReadOnlyList<Versioned<PackageVersion>>> ListCurrentOfProductAsync(
        Session session, EnvironmentId environment, ProductId product) =>
        _rows.ListAsync(
            session,
            environment,
            "product_id = @product AND (is_latest = 1 OR status = 'Draft')",
            new { product = product.Value });

    /// <summary>All versions of all packages of a product, oldest first.</summary>
    public Task<IReadOnlyList<Versioned<PackageVersion>>> ListOfProductAsync(
        Session session, EnvironmentId environment, ProductId product) =>
        _rows.ListAsync(session, environment, "product_id = @product", new { product = product.Value });

    /// <summary>True when any version, of whatever age, has an entitlement or a charge for the feature.</summary>
    public async Task<bool> ExistsNamingAsync(Session session, EnvironmentId environment, FeatureId feature) =>
        (await _rows.ListAsync(
            session,
            environment,
            // Finds more than those, never less: an id holds nothing that JSON escapes.
            "(body LIKE @mention OR body LIKE @dependency)",
            new
            {
                mention = $"%\"FeatureId\":\"{feature.Value}\"%",
                dependency = $"%\"DependencyFeatureId\":\"{feature.Value}\"%",
            }))
        .Any(row => row.Value.Entitlements.Any(e => e.FeatureId == feature)
            || row.Value.CreditEntitlements.Any(e => e.DependencyFeatureId == feature)
            || row.Value.Charges.Concat(row.Value.OverageCharges).Any(charge => charge.FeatureId == feature));

    /// <summary>
    /// What the latest version of each package says of the feature, newest package version first; of one that was never
    /// published that is its draft. Archived packages are left out.
    /// </summary>
    public async Task<IReadOnlyList<FeatureUsage>> ListUsingAsync(
        Session session, EnvironmentId environment, FeatureId feature) =>
        [.. (await _rows.ListAsync(
            session,
            environment,
            // Finds more than those, never less: an id holds nothing that JSON escapes.
            "is_latest = 1 AND status <> 'Archived' AND body LIKE @mention",
            new { mention = $"%\"FeatureId\":\"{feature.Value}\"%" }))
        .Select(row => FeatureUsage.Of(row.Value, feature)).OfType<FeatureUsage>().Reverse()];

    /// <summary>
    /// One row an id: the latest one; with status DRAFT the open drafts; archived ones only when asked for
    /// (spec catalog 14).
    /// </summary>
    public Task<Result<Page<PackageVersion>>> PageAsync(
        Session session, EnvironmentId environment, PackageKind kind, PackageFilter filter, PageRequest page)
    {
        var query = new RowQuery()
            .And("kind = @kind", "kind", kind.ToString())
            .AndIf("product_id = @product", "product", filter.ProductId)
            .AndCreated(filter.Created);
        if (filter.Statuses is { Count: > 0 } statuses)
        {
            query.AndAny("status", "status", statuses.Select(s => s.ToString()).ToArray());
            query.And("(is_latest = 1 OR status = 'Draft')");
        }
        else
        {
            query.And("is_latest = 1").And("status <> 'Archived'");
        }

        return _rows.PageAsync(session, environment, query, page);
    }

    public Task InsertAsync(Session session, EnvironmentId environment, PackageVersion package) =>
        _rows.InsertAsync(session, environment, package);

    public Task UpdateAsync(
        Session session, EnvironmentId environment, Versioned<PackageVersion> read, PackageVersion package) =>
        _rows.UpdateAsync(session, environment, read, package);

    /// <summary>Replaces the row of a version decided on under the catalog's lock.</summary>
    public async Task ReplaceAsync(Session session, EnvironmentId environment, PackageVersion package)
    {
        var row = await _rows.FindAsync(session, environment, "uid = @uid", new { uid = package.Uid })
            ?? throw new InvalidOperationException($"'{package.Id}' has no row {package.Uid}.");
        await _rows.UpdateAsync(session, environment, row, package);
    }

    public Task DeleteAsync(Session session, EnvironmentId environment, PackageVersion package) =>
        _rows.DeleteAsync(session, environment, package);
}

/// <summary>
/// Which packages are asked for; see <see cref="PackageStore.PageAsync"/> for the meaning of no status.
/// </summary>
public sealed record PackageFilter
{
    public string? ProductId { get; init; }
    public IReadOnlyCollection<PackageStatus>? Statuses { get; init; }
    public CreatedRange Created { get; init; }
}
