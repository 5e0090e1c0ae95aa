using Tollgate.Domain.Catalog;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>What add-ons grant, on top of a plan or instead of it.</summary>
public sealed class AddonEntitlementUseCases(UnitOfWork unitOfWork)
    : PackageEntitlementUseCases(PackageKind.Addon, unitOfWork);
