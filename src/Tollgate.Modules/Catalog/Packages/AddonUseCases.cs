using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>Add-ons: plans list them, and add-ons depend on one another (spec catalog 6 and 13).</summary>
public sealed class AddonUseCases(UnitOfWork unitOfWork, IPackageSubscriptions subscriptions)
    : PackageUseCases(PackageKind.Addon, unitOfWork, subscriptions)
{
    private protected override Task<Result<Change<PackageVersion>>> DecideArchiveAsync(
        Work work, CurrentPackages packages, PackageVersion latest)
    {
        var use = new AddonUse
        {
            HasOpenDraft = packages.Addons.Draft(latest.Id) is not null,
            Plans = Listing(packages.Plans.Live, latest),
            Groups = Holding(packages, latest),
        };
        return Task.FromResult(ArchivePackage.Addon(latest, use, work.Scope.Now));
    }

    private protected override Refusal? HeldBack(CurrentPackages packages, PackageVersion draft)
    {
        var use = new AddonUse
        {
            Plans = Listing(packages.Plans.LiveAndDrafts, draft),
            Groups = Holding(packages, draft),
        };
        if (ArchivePackage.IsUsed(draft, use) is { } used)
            return used;
        var dependent = packages.Addons.LiveAndDrafts.Where(addon => addon.Dependencies.Contains(draft.Id))
            .Select(addon => addon.Id).Distinct().ToList();
        return dependent.Count == 0
            ? null
            : new(ErrorCode.IntegrityViolation,
                $"The add-ons '{string.Join("', '", dependent)}' depend on '{draft.Id}', which has no version but "
                + "this draft; "
                + "change their dependencies first.");
    }

    /// <summary>
    /// What stands in the way of archiving an add-on, so that a console can explain it (spec catalog 13).
    /// </summary>
    public Task<Result<AddonUse>> RetrieveUseAsync(
        OperationScope scope, PackageId id, CancellationToken cancellationToken) =>
        ReadCurrentAsync<AddonUse>(
            scope,
            packages => packages.Addons.Latest(id) is not { } addon
                ? PackageSet.NotFound(PackageKind.Addon, id)
                : new AddonUse
                {
                    HasOpenDraft = packages.Addons.Draft(id) is not null,
                    Plans = Listing(packages.Plans.Live, addon),
                    Groups = Holding(packages, addon),
                },
            cancellationToken);

    private static List<string> Holding(CurrentPackages packages, PackageVersion addon) =>
        [.. packages.Groups.Values.Where(group => !group.IsArchived && group.AddonIds.Contains(addon.Id))
            .Select(group => group.Id).Order(StringComparer.Ordinal)];

    private static List<PackageId> Listing(IEnumerable<PackageVersion> plans, PackageVersion addon) =>
        [.. plans.Where(plan => plan.CompatibleAddonIds?.Contains(addon.Id) == true)
            .Select(plan => plan.Id).Distinct()];
}
