using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Catalog.Experiments;
using Tollgate.Domain.Credits;

namespace Tollgate.Domain.Subscriptions;

/// <summary>A customer's hold on one plan version for a time (spec subscriptions 3). Immutable; rules return changed
/// copies.</summary>
public sealed record Subscription
{
    public required Guid Uid { get; init; }
    public required SubscriptionId Id { get; init; }
    public required CustomerId CustomerId { get; init; }
    public CustomerId? PayingCustomerId { get; init; }

    /// <summary>Set exactly when the product allows multiple subscriptions.</summary>
    public ResourceId? ResourceId { get; init; }
    public required ProductId ProductId { get; init; }
    public required PackageId PlanId { get; init; }

    /// <summary>The plan version whose entitlements apply.</summary>
    public required int PlanVersion { get; init; }

    /// <summary>The plan version whose charges apply: publishing never moves prices (spec catalog 4.4).</summary>
    public required int PriceVersion { get; init; }
    public required PricingType PricingType { get; init; }
    public required SubscriptionStatus Status { get; init; }
    public required Instant StartDate { get; init; }

    /// <summary>Fixed end of a non-recurring subscription.</summary>
    public Instant? EndDate { get; init; }

    /// <summary>When a cancellation takes, or took, effect.</summary>
    public Instant? CancellationDate { get; init; }
    public CancelReason? CancelReason { get; init; }

    /// <summary>
    /// The planned end that gives its unused time back, because the call that planned it asked for that; a
    /// <see cref="CancellationDate"/> that is another one does not. Null = none.
    /// </summary>
    public Instant? ProratedEnd { get; init; }
    public CancellationAction CancellationAction { get; init; } = CancellationAction.Default;

    /// <summary>Null without a trial, and for one that only its <see cref="Budget"/> bounds (spec catalog 11).</summary>
    public Instant? TrialEndDate { get; init; }

    /// <summary>Given for every trial, and kept when it is over; null for what never was one.</summary>
    public TrialEndBehavior? TrialEndBehavior { get; init; }

    /// <summary>Null for FREE and CUSTOM.</summary>
    public BillingPeriod? BillingPeriod { get; init; }

    /// <summary>The immutable instant billing periods are counted from; null without a billing period.</summary>
    public Instant? BillingCycleAnchor { get; init; }
    public Instant? CurrentBillingPeriodStart { get; init; }
    public Instant? CurrentBillingPeriodEnd { get; init; }

    /// <summary>The instant usage windows according to the subscription's start are counted from (spec entitlements
    /// 5.2).</summary>
    public required Instant UsageAnchor { get; init; }

    /// <summary>Committed units per in-advance charge of the plan.</summary>
    public IReadOnlyDictionary<FeatureId, decimal> Quantities { get; init; } = new Dictionary<FeatureId, decimal>();
    public IReadOnlyList<EntitlementOverride> Overrides { get; init; } = [];

    /// <summary>Credits bought per recurring credit charge of the plan and billing period.</summary>
    public IReadOnlyDictionary<CurrencyId, decimal> CreditQuantities { get; init => field = value ?? NoCredits; } = NoCredits;

    /// <summary>Amounts of credits that take the place of the plan's.</summary>
    public IReadOnlyList<CreditOverride> CreditOverrides { get; init => field = value ?? []; } = [];

    /// <summary>The credits granted in running cycles; empty while it is not live.</summary>
    public IReadOnlyList<CreditCycle> CreditCycles { get; init => field = value ?? []; } = [];

    /// <summary>
    /// What credit cycles are counted from where there is no billing cycle: the conversion of a trial; null = the start.
    /// </summary>
    public Instant? CreditAnchor { get; init; }

    /// <summary>In the order of the request.</summary>
    public IReadOnlyList<SubscriptionAddon> Addons { get; init => field = value ?? []; } = [];
    public IReadOnlyList<PriceOverride> PriceOverrides { get; init => field = value ?? []; } = [];

    /// <summary>Every coupon it ever had, oldest first; at most the last one is in force.</summary>
    public IReadOnlyList<AppliedCoupon> Coupons { get; init => field = value ?? []; } = [];

    /// <summary>What waits, in order of creation, and the latest of what no longer does.</summary>
    public IReadOnlyList<FutureUpdate> FutureUpdates { get; init => field = value ?? []; } = [];

    /// <summary>A change that waits for its payment; null without one.</summary>
    public UnpaidChange? UnpaidChange { get; init; }

    /// <summary>What the running period's in-advance charges cost; empty outside a paid period.</summary>
    public IReadOnlyList<RunningCharge> RunningCharges { get; init => field = value ?? []; } = [];

    /// <summary>
    /// What in-advance charges cost earlier in the running period: one that comes back costs the same again, so that a
    /// change there and back costs nothing.
    /// </summary>
    public IReadOnlyList<RunningCharge> EarlierCharges { get; init => field = value ?? []; } = [];

    /// <summary>What was held earlier in the running term, oldest first; only while anything is charged by usage.</summary>
    public IReadOnlyList<PastContent> PastContents { get; init => field = value ?? []; } = [];

    /// <summary>Lines that wait for the next invoice.</summary>
    public IReadOnlyList<InvoiceLine> PendingLines { get; init => field = value ?? []; } = [];

    /// <summary>Usage up to this instant is invoiced; null = nothing is charged by usage.</summary>
    public Instant? UsageBilledUntil { get; init; }

    /// <summary>
    /// What is left of the minimum spend paid for the running period; below 0 what usage came to beyond it; null without one.
    /// </summary>
    public Money? MinimumSpendLeft { get; init; }

    /// <summary>The newest invoice, credit notes aside; null before the first.</summary>
    public Guid? LatestInvoiceUid { get; init; }

    /// <summary>Bills about its usage that are still DRAFTs, oldest first; an ended one may have some.</summary>
    public IReadOnlyList<DraftBill> DraftBills { get; init => field = value ?? []; } = [];

    /// <summary>Null = every bill is made out as the environment says.</summary>
    public InvoiceTerms? InvoiceTerms { get; init; }

    /// <summary>The contract it is part of, or was last; null when it never was.</summary>
    public string? ContractId { get; init; }

    /// <summary>The group of the customer that it was made for: its journey ends as that group's does. Null = none.</summary>
    public ExperimentInfo? Experiment { get; init; }
    public string? BillingCountryCode { get; init; }
    public Budget? Budget { get; init; }

    /// <summary><see cref="Budget"/> is the one of the plan's trial: it goes with the trial.</summary>
    public bool HasTrialBudget { get; init; }
    public Money? MinimumSpend { get; init; }

    /// <summary>Since when a PAYMENT_PENDING subscription waits; null otherwise.</summary>
    public Instant? PaymentPendingSince { get; init; }
    public PaymentCollection PaymentCollection { get; init; } = PaymentCollection.NotRequired;
    public PaymentCollectionMethod PaymentCollectionMethod { get; init; } = PaymentCollectionMethod.Charge;
    public string? BillingId { get; init; }
    public string? SalesforceId { get; init; }

    /// <summary>It has been ACTIVE and PAID with a price: rules out another free trial (spec subscriptions 8.2).</summary>
    public bool WasPaid { get; init; }

    /// <summary>When the trial's end was moved last: it is announced no earlier. Null = it was never moved.</summary>
    public Instant? TrialEndSetAt { get; init; }

    /// <summary>The trial end that TRIAL_ENDS_SOON was announced for, so that it is announced once.</summary>
    public Instant? TrialEndsSoonSentFor { get; init; }

    /// <summary>The last billing-month end that needs no (further) MONTH_ENDS_SOON; null outside a billing
    /// period.</summary>
    public Instant? MonthEndsSoonSentFor { get; init; }
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = Catalog.Metadata.Empty;
    public required Instant CreatedAt { get; init; }
    public required Instant UpdatedAt { get; init; }

    private static readonly IReadOnlyDictionary<CurrencyId, decimal> NoCredits = new Dictionary<CurrencyId, decimal>();

    /// <summary>It begins, or began, with a trial; one without an end has no date to know it by.</summary>
    public bool StartsAsTrial => TrialEndBehavior is not null || TrialEndDate is not null;

    /// <summary>ACTIVE or IN_TRIAL: contributes entitlements (spec entitlements 2.1).</summary>
    public bool IsLive => Status is SubscriptionStatus.Active or SubscriptionStatus.InTrial;

    /// <summary>CANCELED or EXPIRED: nothing may change it again, but that its last bills are made.</summary>
    public bool IsEnded => Status is SubscriptionStatus.Canceled or SubscriptionStatus.Expired;
}

public enum SubscriptionStatus
{
    PaymentPending,
    Active,
    Expired,
    InTrial,
    Canceled,
    NotStarted,
}

/// <summary>Why a subscription ended; REST and GraphQL spell some of these differently (spec subscriptions
/// 4).</summary>
public enum CancelReason
{
    UpgradeOrDowngrade,
    CancelledByBilling,
    Expired,
    DetachBilling,
    TrialEnded,
    Immediate,
    TrialConverted,
    PendingPaymentExpired,
    ScheduledCancellation,
    CustomerArchived,
    AutoCancellationRule,
}

public enum CancellationAction
{
    Default,
    RevokeEntitlements,
}

/// <summary>How the payment of what is collected for stands, from good to bad.</summary>
public enum PaymentCollection
{
    NotRequired,

    /// <summary>The charge follows: nobody has to do anything yet.</summary>
    Processing,
    Failed,
    ActionRequired,
}

public enum PaymentCollectionMethod
{
    Charge,
    Invoice,
    None,
}

/// <summary>
/// A value of one feature for one subscription, merged over the plan's field by field (spec entitlements 2.2 step 3):
/// a null field keeps the plan's.
/// </summary>
public sealed record EntitlementOverride(FeatureId FeatureId)
{
    public decimal? UsageLimit { get; init; }
    public bool? HasUnlimitedUsage { get; init; }
    public bool? HasSoftLimit { get; init; }
    public ResetRule? Reset { get; init; }
    public IReadOnlyList<string>? EnumValues { get; init; }
}
