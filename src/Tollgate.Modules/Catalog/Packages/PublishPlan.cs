using Tollgate.Domain.Catalog;
using Tollgate.Modules.Tasks;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>Publishes plans, and with a plan those that inherit from it.</summary>
public sealed class PublishPlan(
    UnitOfWork unitOfWork, IPackageSubscriptions subscriptions, IConnectedBilling billing, TaskStore tasks)
    : PublishDraft(PackageKind.Plan, unitOfWork, subscriptions, billing, tasks);
