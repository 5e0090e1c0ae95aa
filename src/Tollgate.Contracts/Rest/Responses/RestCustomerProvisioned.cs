namespace Tollgate.Contracts.Rest.Responses;

/// <summary>Schema <c>TollgateCustomerProvisioned</c>.</summary>
public sealed record RestCustomerProvisioned
{
    public required RestCustomer Customer { get; init; }
    public required string SubscriptionDecisionStrategy { get; init; }
    public required RestSubscription? Subscription { get; init; }
    public required IReadOnlyList<RestEntitlement> Entitlements { get; init; }
    public required RestExperimentInfo? ExperimentInfo { get; init; }
}

/// <summary>Schema <c>TollgateExperimentInfo</c>.</summary>
public sealed record RestExperimentInfo(string Id, string Name, string GroupName, string GroupType);
