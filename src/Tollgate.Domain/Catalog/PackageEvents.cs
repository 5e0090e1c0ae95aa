using Tollgate.Domain.EventLog;

namespace Tollgate.Domain.Catalog;

/// <summary>What happened to a package, in the words of its kind (spec catalog 4.2 and 4.4).</summary>
internal static class PackageEvents
{
    public static EventType Created(PackageKind kind) =>
        kind == PackageKind.Plan ? EventType.PlanCreated : EventType.AddonCreated;

    public static EventType Updated(PackageKind kind) =>
        kind == PackageKind.Plan ? EventType.PlanUpdated : EventType.AddonUpdated;

    /// <summary>Archiving is told as a deletion.</summary>
    public static EventType Deleted(PackageKind kind) =>
        kind == PackageKind.Plan ? EventType.PlanDeleted : EventType.AddonDeleted;

    public static DomainEvent Of(EventType type, PackageVersion? before, PackageVersion? after)
    {
        var package = after ?? before!;
        return new(type, package.Kind == PackageKind.Plan ? EntityKind.Plan : EntityKind.Addon, package.Id.Value, null,
            before, after);
    }
}
