using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>
/// Whose usage is counted: that of a resource, or of the customer itself (spec entitlements-and-usage 6).
/// </summary>
/// <param name="CustomerId">The customer that is entitled.</param>
/// <param name="ResourceId">Null = usage that was reported for no resource.</param>
public sealed record UsageScope(CustomerId CustomerId, ResourceId? ResourceId)
{
    public static UsageScope Of(Subscription subscription) => new(subscription.CustomerId, subscription.ResourceId);

    /// <summary>
    /// The scope of a state of a record where it is another one than that of <paramref name="other"/>; else null.
    /// </summary>
    public static UsageScope? Beside(Subscription state, Subscription other) =>
        Of(state) is var scope && scope == Of(other) ? null : scope;
}
