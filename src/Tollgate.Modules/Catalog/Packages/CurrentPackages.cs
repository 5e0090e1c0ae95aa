using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Modules.Catalog.PackageGroups;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>The plans, add-ons and groups of an environment as one transaction sees them.</summary>
/// <param name="Plans">All plans.</param>
/// <param name="Addons">All add-ons.</param>
/// <param name="Groups">All groups by their id, archived ones too.</param>
internal sealed record CurrentPackages(
    PackageSet Plans, PackageSet Addons, IReadOnlyDictionary<string, PackageGroup> Groups)
{
    private static readonly PackageGroupStore GroupStore = new();

    public static async Task<CurrentPackages> LoadAsync(PackageStore store, Session session, EnvironmentId environment)
    {
        var all = (await store.ListCurrentAsync(session, environment)).Select(row => row.Value).ToList();
        return new(
            new(PackageKind.Plan, all),
            new(PackageKind.Addon, all),
            await GroupStore.AllAsync(session, environment));
    }

    /// <summary>The add-ons that a plan takes: those it lists, then the members of its groups.</summary>
    public IEnumerable<PackageId> AddonsOf(PackageVersion plan) => (plan.CompatibleAddonIds ?? [])
        .Concat(plan.CompatibleGroups.SelectMany(taken => Groups.GetValueOrDefault(taken.GroupId)?.AddonIds ?? []))
        .Distinct();

    public PackageSet Of(PackageKind kind) => kind == PackageKind.Plan ? Plans : Addons;
}
