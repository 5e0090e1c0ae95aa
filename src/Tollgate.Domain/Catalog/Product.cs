using NodaTime;

namespace Tollgate.Domain.Catalog;

/// <summary>
/// A family of plans and add-ons with one customer journey; every change is live at once (spec catalog 3).
/// </summary>
public sealed record Product
{
    public required Guid Uid { get; init; }
    public required ProductId Id { get; init; }
    public required string DisplayName { get; init; }
    public string? Description { get; init; }
    public bool IsArchived { get; init; }
    public bool IsDefault { get; init; }

    /// <summary>
    /// True: any number of subscriptions in parallel, each with a resource. False: one a customer, without resource.
    /// </summary>
    public bool MultipleSubscriptions { get; init; }
    public ProductSettings Settings { get; init; } = new();
    public UsageResetCutoff UsageResetCutoff { get; init; } = UsageResetCutoff.AlwaysReset;

    /// <summary>Plans that this product's archiving archived; unarchiving restores exactly these.</summary>
    public IReadOnlyList<PackageId> ArchivedWithProduct { get; init; } = [];

    /// <summary>The same for add-ons, whose ids are counted apart from those of plans.</summary>
    public IReadOnlyList<PackageId> AddonsArchivedWithProduct { get; init => field = value ?? []; } = [];
    public IReadOnlyList<AutoCancellationRule> AutoCancellationRules { get; init => field = value ?? []; } = [];
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = Catalog.Metadata.Empty;
    public required Instant CreatedAt { get; init; }
    public required Instant UpdatedAt { get; init; }
}

/// <summary>How customers start, change and end (spec catalog 3.3).</summary>
public sealed record ProductSettings
{
    public SubscriptionStartSetup StartSetup { get; init; } = SubscriptionStartSetup.PlanSelection;
    public PackageId? StartPlanId { get; init; }
    public SubscriptionEndSetup EndSetup { get; init; } = SubscriptionEndSetup.CancelSubscription;
    public PackageId? DowngradePlanId { get; init; }

    /// <summary>Used when a cancel call names no time.</summary>
    public CancellationTime CancellationTime { get; init; } = CancellationTime.Immediate;

    /// <summary>Whether an immediate cancellation that does not say credits the unused time; null = true.</summary>
    public bool? ProrateAtEndOfBillingPeriod { get; init; }

    /// <summary>
    /// Whether a downgrade that does not say waits for the end of the billing period; false = at once.
    /// </summary>
    public bool DowngradeAtEndOfBillingPeriod { get; init; }

    /// <summary>
    /// True-up pricing (spec subscriptions 6.5): units added within a monthly period are charged at its end; false =
    /// at once.
    /// </summary>
    public bool TruesUpAddedUnits { get; init; }
}

/// <summary>
/// Cancelling a subscription to one plan cancels the customer's subscriptions to another (spec catalog 3.3).
/// </summary>
public sealed record AutoCancellationRule(PackageId SourcePlanId, PackageId TargetPlanId);

public enum SubscriptionStartSetup
{
    PlanSelection,
    FreePlan,
    TrialPeriod,
}

public enum SubscriptionEndSetup
{
    CancelSubscription,
    DowngradeToFree,
}

public enum CancellationTime
{
    Immediate,
    EndOfBillingPeriod,
    SpecificDate,
}

/// <summary>What a plan transition does to the usage of features that reset (spec subscriptions 6.6).</summary>
public enum UsageResetCutoff
{
    AlwaysReset,
    NeverReset,
    BillingPeriodChange,
}
