using Tollgate.Domain.Catalog;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>What plans grant.</summary>
public sealed class PlanEntitlementUseCases(UnitOfWork unitOfWork)
    : PackageEntitlementUseCases(PackageKind.Plan, unitOfWork);
