using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>
/// What reservations hold of pools. Implemented by usage, which keeps reservations and comes after this slice.
/// </summary>
public interface ICreditHolds
{
    /// <summary>
    /// Everything of these customers that was neither settled nor released and has not expired by the
    /// environment's clock.
    /// </summary>
    Task<IReadOnlyList<HeldCredits>> OfCustomersAsync(
        Session session, EnvironmentId environment, IReadOnlyCollection<CustomerId> customers);
}

/// <summary>A hold and its pool.</summary>
public readonly record struct HeldCredits(PoolKey Pool, CreditHold Hold);
