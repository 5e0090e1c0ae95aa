namespace Tollgate.Contracts.Rest.Responses;

/// <summary>Schema <c>TollgateCustomerProvisioned</c>.</summary>
public sealed record RestCustomerProvisioned
{
    public required RestCustomer Customer { get; init; }
    public required string SubscriptionDecisionStrategy { get; init; }
    public required RestSubscription? Subscription { get; init; }
    public required IReadOnlyList<RestEntitlement> Entitlements { get; init; }
}
