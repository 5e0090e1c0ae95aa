using Tollgate.Domain;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>Who subscribes to a plan. Implemented by the subscriptions slice, which comes after the catalog.</summary>
public interface IPlanSubscriptions
{
    /// <summary>True when a subscription that has not ended is on an earlier version of the plan.</summary>
    Task<bool> AnyOpenBeforeAsync(Session session, EnvironmentId environment, PackageId plan, int version);

    /// <summary>True when a subscription that has not ended pays the prices of this version of the plan.</summary>
    Task<bool> AnyOpenAtPricesOfAsync(Session session, EnvironmentId environment, PackageId plan, int version);
}
