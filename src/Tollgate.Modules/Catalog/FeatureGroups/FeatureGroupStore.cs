using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog.FeatureGroups;

/// <summary>Rows of feature groups: one a group, at its latest version.</summary>
internal sealed class FeatureGroupStore
{
    private const string Published = "Published";
    private const string Archived = "Archived";

    private readonly AggregateTable<FeatureGroup> _rows = new(
        "feature_groups",
        BodyJson.Default.FeatureGroup,
        group => group.Uid,
        ("id", g => g.Id),
        ("status", g => g.IsArchived ? Archived : Published),
        ("created_at", g => g.CreatedAt.ToUnixTimeMilliseconds()))
    {
        Written = CatalogHead.RaiseAsync,
    };

    public Task<Versioned<FeatureGroup>?> FindAsync(Session session, EnvironmentId environment, string id) =>
        _rows.FindAsync(session, environment, "id = @id", new { id });

    /// <summary>Every group of the environment, archived ones included.</summary>
    public Task<IReadOnlyList<Versioned<FeatureGroup>>> ListAsync(Session session, EnvironmentId environment) =>
        _rows.ListAsync(session, environment, "1 = 1", new { });

    public Task<Result<Page<FeatureGroup>>> PageAsync(
        Session session, EnvironmentId environment, FeatureGroupFilter filter, PageRequest page)
    {
        var statuses = filter.Archived is { Count: > 0 } asked ? asked : [false];
        var query = new RowQuery()
            .AndAny("status", "status", statuses.Select(archived => archived ? Archived : Published).ToArray())
            .AndCreated(filter.Created);
        return _rows.PageAsync(session, environment, query, page);
    }

    public Task InsertAsync(Session session, EnvironmentId environment, FeatureGroup group) =>
        _rows.InsertAsync(session, environment, group);

    public Task UpdateAsync(
        Session session, EnvironmentId environment, Versioned<FeatureGroup> read, FeatureGroup group) =>
        _rows.UpdateAsync(session, environment, read, group);
}

/// <summary>Which groups are asked for. <see cref="Archived"/>: the wanted values of that flag; null = only live ones.</summary>
public sealed record FeatureGroupFilter
{
    public IReadOnlyCollection<bool>? Archived { get; init; }
    public CreatedRange Created { get; init; }
}
