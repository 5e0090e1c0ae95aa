using Tollgate.Domain.Catalog;
using Tollgate.Modules.Tasks;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>Publishes add-ons.</summary>
public sealed class PublishAddon(UnitOfWork unitOfWork, IPackageSubscriptions subscriptions, TaskStore tasks)
    : PublishDraft(PackageKind.Addon, unitOfWork, subscriptions, tasks);
