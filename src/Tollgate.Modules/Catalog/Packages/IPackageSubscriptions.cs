using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>
/// Who subscribes to a plan or holds an add-on. Implemented by the subscriptions slice, which comes after the catalog.
/// </summary>
public interface IPackageSubscriptions
{
    /// <summary>How many subscriptions that have not ended are on an earlier version of the package.</summary>
    Task<long> CountOpenBeforeAsync(
        Session session, EnvironmentId environment, PackageKind kind, PackageId id, int version);

    /// <summary>True when a subscription that has not ended pays the prices of this version of the package.</summary>
    Task<bool> AnyOpenAtPricesOfAsync(
        Session session, EnvironmentId environment, PackageKind kind, PackageId id, int version);

    /// <summary>How many subscriptions that have not ended are on each version of the package.</summary>
    Task<IReadOnlyDictionary<int, int>> CountOpenByVersionAsync(
        Session session, EnvironmentId environment, PackageKind kind, PackageId id);

    /// <summary>The customers with a subscription that has not ended to any of the packages.</summary>
    Task<int> CountOpenCustomersAsync(
        Session session, EnvironmentId environment, PackageKind kind, IReadOnlyCollection<PackageId> ids);
}
