using NodaTime;

namespace Tollgate.Domain.Catalog;

/// <summary>Add-ons of one product that are sold as a family (spec catalog 7).</summary>
public sealed record PackageGroup
{
    public required Guid Uid { get; init; }
    public required string Id { get; init; }
    public required string DisplayName { get; init; }
    public string? Description { get; init; }
    public required ProductId ProductId { get; init; }
    public IReadOnlyList<PackageId> AddonIds { get; init; } = [];
    public bool IsArchived { get; init; }

    /// <summary>Counts the changes of the member list, from 1.</summary>
    public required int Version { get; init; }
    public required Instant CreatedAt { get; init; }
    public required Instant UpdatedAt { get; init; }
}

/// <summary>A group that a plan takes add-ons of.</summary>
/// <param name="GroupId">The group.</param>
/// <param name="MinItems">Items of the group that a subscription must have, counted with quantity; null = 0.</param>
/// <param name="FreeItems">Items of the group that are not charged; null = 0.</param>
public sealed record CompatiblePackageGroup(string GroupId, int? MinItems, int? FreeItems);
