using NodaTime;
using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Subscriptions;

/// <summary>
/// A change of a subscription that is accepted and waits (spec subscriptions 7). Those of one call that fall due
/// together are carried out together, all or none.
/// </summary>
public sealed record FutureUpdate
{
    public required Guid Uid { get; init; }

    /// <summary>The call that asked for it.</summary>
    public required Guid CallUid { get; init; }
    public required ScheduleType Type { get; init; }
    public required ScheduleStatus Status { get; init; }
    public required Instant ExecuteAt { get; init; }
    public required Instant CreatedAt { get; init; }

    /// <summary>When it was done, canceled or failed; null while it waits.</summary>
    public Instant? ClosedAt { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Error { get; init; }

    /// <summary>With PLAN and DOWNGRADE.</summary>
    public PlanSwitch? Plan { get; init; }

    /// <summary>With BILLING_PERIOD.</summary>
    public BillingPeriod? BillingPeriod { get; init; }

    /// <summary>With UNIT_AMOUNT: whose committed units.</summary>
    public FeatureId? FeatureId { get; init; }

    /// <summary>With RECURRING_CREDITS: which credits; <see cref="Quantity"/> of them from then on.</summary>
    public CurrencyId? CurrencyId { get; init; }

    /// <summary>With UNIT_AMOUNT: how many from then on.</summary>
    public decimal? Quantity { get; init; }

    /// <summary>With ADDON.</summary>
    public PackageId? AddonId { get; init; }

    /// <summary>With ADDON: how many from then on; 0 removes it.</summary>
    public int? AddonQuantity { get; init; }

    /// <summary>With PRICE_OVERRIDE.</summary>
    public PriceOverrideInput? Price { get; init; }

    /// <summary>With COUPON; null removes the coupon held.</summary>
    public CouponRequest? Coupon { get; init; }

    /// <summary>With ADDITIONAL_META_DATA.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    /// <summary>It waits for its time.</summary>
    public bool IsScheduled => Status == ScheduleStatus.Scheduled;

    /// <summary>The plan or add-on it is about; null for the plan held.</summary>
    public PackageId? Target => Plan?.PlanId ?? AddonId ?? Price?.AddonId;
}

/// <summary>What a scheduled change of plan will ask for: the whole content of the other plan.</summary>
public sealed record PlanSwitch(PackageId PlanId)
{
    /// <summary>Null for plans without a billing period.</summary>
    public BillingPeriod? BillingPeriod { get; init; }
    public IReadOnlyDictionary<FeatureId, decimal> Quantities { get; init => field = value ?? NoUnits; } = NoUnits;
    public IReadOnlyDictionary<CurrencyId, decimal> CreditQuantities { get; init => field = value ?? NoCredits; } =
        NoCredits;
    public IReadOnlyList<CreditOverride> CreditOverrides { get; init => field = value ?? []; } = [];
    public IReadOnlyList<AddonInput> Addons { get; init => field = value ?? []; } = [];
    public IReadOnlyList<EntitlementOverride> Overrides { get; init => field = value ?? []; } = [];
    public IReadOnlyList<PriceOverrideInput> PriceOverrides { get; init => field = value ?? []; } = [];
    public Budget? Budget { get; init; }

    /// <summary>
    /// The minimum spend asked for; null with <see cref="HasMinimumSpend"/> = none whatever the plan asks.
    /// </summary>
    public Money? MinimumSpend { get; init; }
    public bool HasMinimumSpend { get; init; }

    private static readonly IReadOnlyDictionary<CurrencyId, decimal> NoCredits = new Dictionary<CurrencyId, decimal>();
    private static readonly IReadOnlyDictionary<FeatureId, decimal> NoUnits = new Dictionary<FeatureId, decimal>();
}

/// <summary>What a future update changes.</summary>
public enum ScheduleType
{
    Downgrade,
    Plan,
    BillingPeriod,
    UnitAmount,
    RecurringCredits,
    PriceOverride,
    Addon,
    Coupon,
    MigrateToLatest,
    AdditionalMetaData,
    BillingInfoMetadata,
}

public enum ScheduleStatus
{
    /// <summary>Accepted, and carried out once its payment succeeds.</summary>
    PendingPayment,
    Scheduled,
    Canceled,
    Done,
    Failed,
}

/// <summary>When a change takes effect; beats the product's setting (spec subscriptions 6.3).</summary>
public enum ScheduleStrategy
{
    Immediate,
    EndOfBillingPeriod,
    EndOfBillingMonth,
}
