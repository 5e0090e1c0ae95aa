using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>
/// The latest versions and the open drafts of all plans of an environment, as one transaction sees them.
/// </summary>
internal sealed class CurrentPlans
{
    private readonly Dictionary<PackageId, PackageVersion> _latest;
    private readonly Dictionary<PackageId, PackageVersion> _drafts;

    private CurrentPlans(IReadOnlyCollection<PackageVersion> plans)
    {
        _latest = plans.Where(plan => plan.IsLatest).ToDictionary(plan => plan.Id);
        _drafts = plans.Where(plan => plan.Status == PackageStatus.Draft).ToDictionary(plan => plan.Id);
    }

    public static async Task<CurrentPlans> LoadAsync(
        PackageStore store, Session session, EnvironmentId environment) => new(
        [.. (await store.ListCurrentAsync(session, environment)).Select(row => row.Value)
            .Where(package => package.Kind == PackageKind.Plan)]);

    /// <summary>
    /// Published or archived, or the draft of a plan that was never published; null when the id is free.
    /// </summary>
    public PackageVersion? Latest(PackageId id) => _latest.GetValueOrDefault(id);

    public PackageVersion? Draft(PackageId id) => _drafts.GetValueOrDefault(id);

    public PackageVersion? Published(PackageId id) =>
        Latest(id) is { Status: PackageStatus.Published } published ? published : null;

    /// <summary>The base plan a plan names at present.</summary>
    public PackageId? BaseOf(PackageId id) => (Draft(id) ?? Latest(id))?.BasePlan?.Id;

    /// <summary>The latest published versions that inherit from the plan.</summary>
    public IReadOnlyList<PackageVersion> ChildrenOf(PackageId id) =>
        [.. _latest.Values.Where(plan => plan.Status == PackageStatus.Published && plan.BasePlan?.Id == id)];

    /// <summary>The published plans that inherit from the plan, directly or through others.</summary>
    public IEnumerable<PackageId> DescendantsOf(PackageId id) =>
        ChildrenOf(id).SelectMany(child => DescendantsOf(child.Id).Prepend(child.Id));

    /// <summary>True when a draft or a live version of another plan inherits from it.</summary>
    public bool HasChildren(PackageId id) => _latest.Values.Concat(_drafts.Values)
        .Any(plan => plan.BasePlan?.Id == id && Latest(plan.Id)?.Status != PackageStatus.Archived);
}
