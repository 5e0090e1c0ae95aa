using NodaTime;

namespace Tollgate.Domain.Catalog;

/// <summary>
/// Features that are given together (spec catalog 2). A change of the member list is a new version, live at once.
/// </summary>
public sealed record FeatureGroup
{
    public required Guid Uid { get; init; }
    public required string Id { get; init; }
    public required string DisplayName { get; init; }
    public string? Description { get; init; }
    public required IReadOnlyList<FeatureId> FeatureIds { get; init; }
    public bool IsArchived { get; init; }

    /// <summary>Counts the changes of the member list, from 1.</summary>
    public required int Version { get; init; }
    public required Instant CreatedAt { get; init; }
    public required Instant UpdatedAt { get; init; }
}
