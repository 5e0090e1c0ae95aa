namespace Tollgate.Domain.EventLog;

/// <summary>
/// One state change as the event log keeps it: what happened to which entity, before and after. Written in the transaction of
/// the change itself (spec webhooks 4 and 8). <paramref name="Before"/> and <paramref name="After"/> are the aggregates, null
/// where the entity did not or does not exist.
/// </summary>
public sealed record DomainEvent(
    EventType Type, EntityKind EntityKind, string EntityId, CustomerId? CustomerId, object? Before, object? After)
{
    /// <summary>Further facts of this event type, such as a trial's conversion reason.</summary>
    public IReadOnlyDictionary<string, string>? Facts { get; init; }
}

public enum EntityKind
{
    Feature,
    Product,
    Plan,
    Addon,
    Coupon,
    FeatureGroup,
    PackageGroup,
    PromotionalEntitlement,
    Import,
    Invoice,
    BillingSettings,
    Customer,
    Subscription,
    Contract,
    Measurement,
    ApiKey,
    Environment,
}

/// <summary>The event types this build can write; the wire symbol is the upper snake case of the member.</summary>
public enum EventType
{
    FeatureCreated,
    FeatureUpdated,
    FeatureArchived,
    FeatureUnarchived,
    FeatureDeleted,
    FeatureGroupCreated,
    FeatureGroupUpdated,
    FeatureGroupArchived,
    FeatureGroupUnArchived,
    ProductCreated,
    ProductUpdated,
    ProductDeleted,
    ProductUnarchived,
    PlanCreated,
    PlanUpdated,
    PlanDeleted,
    AddonCreated,
    AddonUpdated,
    AddonDeleted,
    PackageGroupCreated,
    PackageGroupUpdated,
    CouponCreated,
    CouponUpdated,
    CouponArchived,
    PackagePublished,
    PackageDraftCreated,
    PackageDraftUpdated,
    PackageDraftDeleted,
    CustomerCreated,
    CustomerUpdated,
    CustomerDeleted,
    CustomerUnarchived,
    SubscriptionCreated,
    SubscriptionUpdated,
    SubscriptionCanceled,
    SubscriptionExpired,
    SubscriptionTrialStarted,
    SubscriptionTrialEndsSoon,
    SubscriptionTrialExpired,
    SubscriptionTrialConverted,
    SubscriptionBillingMonthEndsSoon,
    SubscriptionSpentLimitExceeded,
    CreateSubscriptionFailed,
    SubscriptionUsageChargeTriggered,
    ContractCreated,
    ContractUpdated,
    ContractCanceled,
    SubscriptionsMigrationTriggered,
    SubscriptionsMigrated,
    ImportSubscriptionsBulkTriggered,
    SyncFailed,
    CustomerPaymentFailed,
    InvoiceIssued,
    InvoicePaid,
    InvoiceVoided,
    InvoiceUncollectible,
    BillingSettingsUpdated,
    PromotionalEntitlementGranted,
    PromotionalEntitlementUpdated,
    PromotionalEntitlementRevoked,
    PromotionalEntitlementExpired,
    PromotionalEntitlementEndsSoon,
    EntitlementsUpdated,
    EntitlementUsageExceeded,
    MeasurementReported,
    UsageEventAmended,
    UsageEventVoided,
    ApiKeyCreated,
    ApiKeyRevoked,
    EnvironmentCreated,
}
