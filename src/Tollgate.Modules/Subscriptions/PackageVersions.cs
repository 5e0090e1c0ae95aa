using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Modules.Catalog;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>
/// Versions of plans and add-ons that subscriptions are on, each read once; published versions never change.
/// </summary>
internal sealed class PackageVersions(CatalogReader catalog, Session session, EnvironmentId environment)
{
    private readonly Dictionary<(PackageKind, PackageId, int), PackageVersion> _read = [];

    public async Task<PackageVersion> GetAsync(PackageKind kind, PackageId id, int version)
    {
        if (_read.TryGetValue((kind, id, version), out var known))
            return known;
        var found = kind == PackageKind.Plan
            ? await catalog.PlanVersionAsync(session, environment, id, version)
            : await catalog.AddonVersionAsync(session, environment, id, version);
        return _read[(kind, id, version)] = found
            ?? throw new InvalidOperationException($"{kind} {id} version {version} is subscribed to but not stored.");
    }
}
