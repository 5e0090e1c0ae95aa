using Tollgate.Domain.Catalog;
using Tollgate.Modules.Tasks;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>Publishes add-ons.</summary>
public sealed class PublishAddon(
    UnitOfWork unitOfWork, IPackageSubscriptions subscriptions, IConnectedBilling billing, TaskStore tasks)
    : PublishDraft(PackageKind.Addon, unitOfWork, subscriptions, billing, tasks);
