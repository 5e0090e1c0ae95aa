using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog.Features;

/// <summary>Rows of features.</summary>
internal sealed class FeatureStore() : CatalogStore<Feature>(
    "features",
    BodyJson.Default.Feature,
    feature => feature.Uid,
    ("id", f => f.Id.Value),
    ("status", f => f.Status.ToString()),
    ("feature_type", f => f.Type.ToString()),
    ("meter_type", f => f.MeterType.ToString()),
    ("created_at", f => f.CreatedAt.ToUnixTimeMilliseconds()))
{
    public Task<Versioned<Feature>?> FindAsync(Session session, EnvironmentId environment, FeatureId id) =>
        FindAsync(session, environment, id.Value);

    public Task<Result<Page<Feature>>> PageAsync(
        Session session, EnvironmentId environment, FeatureFilter filter, PageRequest page)
    {
        var query = new RowQuery()
            .AndIf("id = @id", "id", filter.Id)
            .AndAny("feature_type", "type", filter.Types?.Select(t => t.ToString()).ToArray())
            .AndAny("meter_type", "meter", filter.MeterTypes?.Select(t => t.ToString()).ToArray())
            .AndAny("status", "status", (filter.Statuses ?? [FeatureStatus.New, FeatureStatus.Active])
                .Select(s => s.ToString()).ToArray())
            .AndCreated(filter.Created);
        return Rows.PageAsync(session, environment, query, page);
    }
}

/// <summary>Which features are asked for. Without <see cref="Statuses"/> archived ones are left out.</summary>
public sealed record FeatureFilter
{
    public string? Id { get; init; }
    public IReadOnlyCollection<FeatureType>? Types { get; init; }
    public IReadOnlyCollection<MeterType>? MeterTypes { get; init; }
    public IReadOnlyCollection<FeatureStatus>? Statuses { get; init; }
    public CreatedRange Created { get; init; }
}
