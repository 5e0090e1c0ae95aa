using NodaTime;
using Tollgate.Domain;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>
/// Promotional entitlements fall due before the subscriptions of the same instant (spec subscriptions 3.4, order 2), so
/// one run does both. Implemented by the entitlements slice, which comes after this one.
/// </summary>
public interface IDuePromotions
{
    /// <summary>The earliest instant at which one of the environment is due, or null.</summary>
    Task<Instant?> NextDueAsync(Session session, EnvironmentId environment);

    /// <summary>The earliest instant at which one of the customer is due, or null.</summary>
    Task<Instant?> NextDueAsync(Session session, EnvironmentId environment, CustomerId customer);

    /// <summary>
    /// What is due after <paramref name="after"/> and at or before <paramref name="until"/>, in its order.
    /// </summary>
    Task<IReadOnlyList<DueRow>> ListDueAsync(
        Session session, EnvironmentId environment, DueRow after, Instant until, int limit);

    /// <summary>Which of these customers have one that is due at or before <paramref name="until"/>.</summary>
    Task<IReadOnlySet<CustomerId>> DueAmongAsync(
        Session session, EnvironmentId environment, IReadOnlyCollection<CustomerId> customers, Instant until);

    /// <summary>
    /// Does what is due of the customer at or before <paramref name="until"/>, inside the transaction that holds its
    /// lock; how many changes were made.
    /// </summary>
    Task<int> AdvanceAsync(Work work, CustomerId customer, Instant until);
}
