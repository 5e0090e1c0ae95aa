using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Catalog.Experiments;
using Tollgate.Modules.Catalog.Products;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>
/// Plans: products start customers on them, and plans inherit from one another (spec catalog 5 and 13).
/// </summary>
public sealed class PlanUseCases(UnitOfWork unitOfWork, IPackageSubscriptions subscriptions)
    : PackageUseCases(PackageKind.Plan, unitOfWork, subscriptions)
{
    private readonly ProductStore _products = new();
    private readonly ExperimentStore _experiments = new();

    private protected override async Task<Result<Change<PackageVersion>>> DecideArchiveAsync(
        Work work, CurrentPackages packages, PackageVersion latest)
    {
        var settings = (await _products.ListAsync(work.Session, work.Scope.EnvironmentId))
            .Select(row => row.Value.Settings)
            .Concat((await _experiments.ListRunningAsync(work.Session, work.Scope.EnvironmentId))
                .Select(experiment => experiment.VariantSettings))
            .ToList();
        var use = new PlanUse
        {
            IsStartPlan = settings.Exists(s => s.StartPlanId == latest.Id),
            IsDowngradePlan = settings.Exists(s => s.DowngradePlanId == latest.Id),
            HasChildren = packages.Plans.HasChildren(latest.Id),
            HasOpenDraft = packages.Plans.Draft(latest.Id) is not null,
        };
        return ArchivePackage.Plan(latest, use, work.Scope.Now);
    }

    private protected override Refusal? HeldBack(CurrentPackages packages, PackageVersion draft) =>
        packages.Plans.HasChildren(draft.Id)
            ? new(ErrorCode.PlanWithChildCantBeDeleted,
                $"Other plans inherit from plan '{draft.Id}', which has no version but this draft; give them another "
                + "base plan first.")
            : null;
}
