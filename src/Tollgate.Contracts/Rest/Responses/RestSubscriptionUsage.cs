namespace Tollgate.Contracts.Rest.Responses;

/// <summary>Schema <c>SubscriptionUsageChargeResult</c>.</summary>
public sealed record RestSubscriptionUsageCharge(
    string? InvoiceBillingId, WireInstant PeriodEnd, WireInstant PeriodStart, string SubscriptionId,
    IReadOnlyList<RestUsageChargeItem> UsageCharged);

/// <summary>Schema <c>SubscriptionUsageChargeItem</c>.</summary>
public sealed record RestUsageChargeItem(string? FeatureId, decimal UsageAmount);

/// <summary>Schema <c>SubscriptionUsageSyncResult</c>.</summary>
public sealed record RestSubscriptionUsageSync(bool Triggered);
