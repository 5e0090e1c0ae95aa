using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>The latest versions and the open drafts of all plans, or all add-ons, of an environment.</summary>
internal sealed class PackageSet
{
    private readonly PackageKind _kind;
    private readonly Dictionary<PackageId, PackageVersion> _latest;
    private readonly Dictionary<PackageId, PackageVersion> _drafts;

    public PackageSet(PackageKind kind, IEnumerable<PackageVersion> packages)
    {
        _kind = kind;
        var own = packages.Where(package => package.Kind == kind).ToList();
        _latest = own.Where(package => package.IsLatest).ToDictionary(package => package.Id);
        _drafts = own.Where(package => package.Status == PackageStatus.Draft).ToDictionary(package => package.Id);
    }

    /// <summary>
    /// Published or archived, or the draft of a package that was never published; null when the id is free.
    /// </summary>
    public PackageVersion? Latest(PackageId id) => _latest.GetValueOrDefault(id);

    public PackageVersion? Draft(PackageId id) => _drafts.GetValueOrDefault(id);

    public PackageVersion? Published(PackageId id) =>
        Latest(id) is { Status: PackageStatus.Published } published ? published : null;

    /// <summary>The latest version of a package that may be written to.</summary>
    public Result<PackageVersion> LiveLatest(PackageId id) => Latest(id) switch
    {
        null => NotFound(_kind, id),
        { Status: PackageStatus.Archived } => new Refusal(
            ErrorCode.EntityIsArchivedError,
            $"{Noun(_kind)} '{id}' is archived and cannot be changed; unarchive it first."),
        var latest => latest,
    };

    /// <summary>
    /// The latest rows that are not archived: published ones, and drafts of packages never published.
    /// </summary>
    public IEnumerable<PackageVersion> Live =>
        _latest.Values.Where(package => package.Status != PackageStatus.Archived);

    /// <summary>The base plan a plan names at present.</summary>
    public PackageId? BaseOf(PackageId id) => (Draft(id) ?? Latest(id))?.BasePlan?.Id;

    /// <summary>What an add-on depends on at present.</summary>
    public IReadOnlyList<PackageId> DependenciesOf(PackageId id) => (Draft(id) ?? Latest(id))?.Dependencies ?? [];

    /// <summary>The latest published versions that inherit from the plan.</summary>
    public IReadOnlyList<PackageVersion> ChildrenOf(PackageId id) =>
        [.. _latest.Values.Where(plan => plan.Status == PackageStatus.Published && plan.BasePlan?.Id == id)];

    /// <summary>The published plans that inherit from the plan, directly or through others.</summary>
    public IEnumerable<PackageId> DescendantsOf(PackageId id) =>
        ChildrenOf(id).SelectMany(child => DescendantsOf(child.Id).Prepend(child.Id));

    /// <summary>True when a draft or a live version of another plan inherits from it.</summary>
    public bool HasChildren(PackageId id) => _latest.Values.Concat(_drafts.Values)
        .Any(plan => plan.BasePlan?.Id == id && Latest(plan.Id)?.Status != PackageStatus.Archived);

    /// <summary>The open drafts and the live versions: whatever may still be changed or sold.</summary>
    public IEnumerable<PackageVersion> LiveAndDrafts => Live.Concat(_drafts.Values).DistinctBy(package => package.Uid);

    public static Refusal NotFound(PackageKind kind, PackageId id) => new(
        kind == PackageKind.Plan ? ErrorCode.PlanNotFound : ErrorCode.AddonNotFound,
        $"There is no {(kind == PackageKind.Plan ? "plan" : "add-on")} with the id '{id}' in this environment; "
        + "create it "
        + "first.");

    /// <summary>The package exists, the version does not.</summary>
    public static Refusal VersionNotFound(PackageKind kind, PackageId id, int version) => new(
        kind == PackageKind.Plan ? ErrorCode.PlanNotFound : ErrorCode.AddonNotFound,
        $"{Noun(kind)} '{id}' has no published version {version}; list its versions to see which there are.");

    private static string Noun(PackageKind kind) => kind == PackageKind.Plan ? "Plan" : "Add-on";
}
