using System.Text.Json.Serialization;

namespace Tollgate.Contracts.Rest.Responses;

/// <summary>Schema <c>Subscription</c>.</summary>
public sealed record RestSubscription
{
    public required string Id { get; init; }
    public required string? BillingId { get; init; }
    public required WireInstant CreatedAt { get; init; }
    public required string CustomerId { get; init; }
    public required string PaymentCollection { get; init; }
    public required string PlanId { get; init; }
    public required string PricingType { get; init; }
    public required WireInstant StartDate { get; init; }
    public required string Status { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RestIdQuantity>? Addons { get; init; }
    public WireInstant? BillingCycleAnchor { get; init; }
    public RestBudget? Budget { get; init; }
    public WireInstant? CancellationDate { get; init; }
    public string? CancelReason { get; init; }
    public string? ContractId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RestSubscriptionCoupon>? Coupons { get; init; }
    public WireInstant? CurrentBillingPeriodEnd { get; init; }
    public WireInstant? CurrentBillingPeriodStart { get; init; }
    public WireInstant? EffectiveEndDate { get; init; }
    public WireInstant? EndDate { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RestFutureUpdate>? FutureUpdates { get; init; }
    public RestLatestInvoice? LatestInvoice { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
    public RestPartialMoney? MinimumSpend { get; init; }
    public string? PayingCustomerId { get; init; }
    public string? PaymentCollectionMethod { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RestSubscriptionPrice>? Prices { get; init; }
    public string? ResourceId { get; init; }

    /// <summary>The overrides of this subscription; left out in lists.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RestEntitlementRef>? SubscriptionEntitlements { get; init; }
    public RestSubscriptionTrial? Trial { get; init; }
    public WireInstant? TrialEndDate { get; init; }
}

/// <summary>Schema <c>SubscriptionProvisionResult</c>.</summary>
public sealed record RestSubscriptionProvision
{
    public required string Id { get; init; }
    public required IReadOnlyList<RestEntitlement>? Entitlements { get; init; }

    /// <summary>SUCCESS or PAYMENT_REQUIRED.</summary>
    public required string Status { get; init; }
    public required RestSubscription? Subscription { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? CheckoutBillingId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? CheckoutUrl { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? IsScheduled { get; init; }
}
