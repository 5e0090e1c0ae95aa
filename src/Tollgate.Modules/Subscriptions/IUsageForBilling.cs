using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Subscriptions;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>
/// What usage billing asks for, answered inside the transaction that makes the bill. Implemented by the usage slice,
/// which comes after this one.
/// </summary>
public interface IUsageForBilling
{
    /// <summary>
    /// An answer to every need, from all reports that are stored by now. Usage of a subscription on a resource is that
    /// of the resource, of any other that of the customer (spec entitlements-and-usage 6).
    /// </summary>
    Task<IReadOnlyDictionary<UsageNeed, MeasuredUsage>> MeasureAsync(
        Session session, EnvironmentId environment, Subscription subscription, IReadOnlyCollection<UsageNeed> needs);

    /// <summary>
    /// The features whose usage is billed also when it comes to be known after the bill of its period; mostly none.
    /// </summary>
    Task<LateFeatures> LateFeaturesAsync(Session session, EnvironmentId environment);
}

/// <param name="All">Features whose meters have a lateness policy.</param>
/// <param name="Recomputed">Those of them whose usage is put on the bill of its period while that is a DRAFT.</param>
public sealed record LateFeatures(IReadOnlySet<FeatureId> All, IReadOnlySet<FeatureId> Recomputed);
