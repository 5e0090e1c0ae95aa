using NodaTime;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Credits;

/// <summary>
/// Which overdrawn credits a bill was for (spec credits 11): those of the window, of one subscription's prices.
/// </summary>
/// <param name="SubscriptionUid">Whose bill.</param>
/// <param name="From">The first instant at which they were overdrawn.</param>
/// <param name="Until">The first instant after it.</param>
public sealed record CreditOverage(Guid SubscriptionUid, Instant From, Instant Until)
{
    public BillingWindow Window => new(From, Until);
}
