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
        };
        return Task.FromResult(ArchivePackage.Addon(latest, use, work.Scope.Now));
    }

    private protected override Refusal? HeldBack(CurrentPackages packages, PackageVersion draft)
    {
        var use = new AddonUse { Plans = Listing(packages.Plans.LiveAndDrafts, draft) };
        if (ArchivePackage.IsUsed(draft, use) is { } used)
            return used;
        var dependent = packages.Addons.LiveAndDrafts.Where(addon => addon.Dependencies.Contains(draft.Id))
            .Select(addon => addon.Id).Distinct().ToList();
        return dependent.Count == 0
            ? null
            : new(ErrorCode.IntegrityViolation,
                $"The add-ons '{string.Join("', '", dependent)}' depend on '{draft.Id}', which has no version but this draft; "
                + "change their dependencies first.");
    }

    private static List<Domain.PackageId> Listing(IEnumerable<PackageVersion> plans, PackageVersion addon) =>
        [.. plans.Where(plan => plan.CompatibleAddonIds?.Contains(addon.Id) == true).Select(plan => plan.Id).Distinct()];
}
