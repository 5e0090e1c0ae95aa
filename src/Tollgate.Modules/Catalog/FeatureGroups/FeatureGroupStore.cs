using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog.FeatureGroups;

/// <summary>Rows of feature groups: one a group, at its latest version.</summary>
internal sealed class FeatureGroupStore() : CatalogStore<FeatureGroup>(
    "feature_groups",
    BodyJson.Default.FeatureGroup,
    group => group.Uid,
    ("id", g => g.Id),
    ("status", g => g.IsArchived ? Archived : Published),
    ("created_at", g => g.CreatedAt.ToUnixTimeMilliseconds()))
{
    public Task<Result<Page<FeatureGroup>>> PageAsync(
        Session session, EnvironmentId environment, FeatureGroupFilter filter, PageRequest page)
    {
        var query = new RowQuery()
            .AndAny("status", "status", Statuses(filter.Archived))
            .AndCreated(filter.Created);
        return Rows.PageAsync(session, environment, query, page);
    }
}

/// <summary>
/// Which groups are asked for. <see cref="Archived"/>: the wanted values of that flag; null = only live ones.
/// </summary>
public sealed record FeatureGroupFilter
{
    public IReadOnlyCollection<bool>? Archived { get; init; }
    public CreatedRange Created { get; init; }
}
