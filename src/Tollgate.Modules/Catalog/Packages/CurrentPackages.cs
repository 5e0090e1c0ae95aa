using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>The plans and add-ons of an environment as one transaction sees them.</summary>
internal sealed record CurrentPackages(PackageSet Plans, PackageSet Addons)
{
    public static async Task<CurrentPackages> LoadAsync(PackageStore store, Session session, EnvironmentId environment)
    {
        var all = (await store.ListCurrentAsync(session, environment)).Select(row => row.Value).ToList();
        return new(new(PackageKind.Plan, all), new(PackageKind.Addon, all));
    }

    public PackageSet Of(PackageKind kind) => kind == PackageKind.Plan ? Plans : Addons;
}
