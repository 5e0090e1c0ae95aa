using NodaTime;

namespace Tollgate.Domain.Catalog;

/// <summary>
/// One version of a plan or an add-on: an editable draft or an immutable published row (spec catalog 4).
/// </summary>
public sealed record PackageVersion
{
    /// <summary>Unique per version.</summary>
    public required Guid Uid { get; init; }
    public required PackageKind Kind { get; init; }
    public required PackageId Id { get; init; }

    /// <summary>1 for the first draft; each later draft is the last number + 1.</summary>
    public required int Version { get; init; }
    public required PackageStatus Status { get; init; }

    /// <summary>The latest published version; the draft while nothing was published yet.</summary>
    public required bool IsLatest { get; init; }
    public required ProductId ProductId { get; init; }
    public required string DisplayName { get; init; }
    public string? Description { get; init; }

    /// <summary>Null until set; publishing needs it.</summary>
    public PricingType? PricingType { get; init; }

    /// <summary>The plan whose entitlements this one inherits; a published child pins the base's version.</summary>
    public BasePlan? BasePlan { get; init; }
    public IReadOnlyList<PackageEntitlement> Entitlements { get; init; } = [];

    /// <summary>Credits it grants, one row a currency; they share the order of <see cref="Entitlements"/>.</summary>
    public IReadOnlyList<PackageCreditEntitlement> CreditEntitlements { get; init => field = value ?? []; } = [];
    public IReadOnlyList<Charge> Charges { get; init; } = [];
    public IReadOnlyList<Charge> OverageCharges { get; init; } = [];
    public OverageBillingPeriod OverageBillingPeriod { get; init; } = OverageBillingPeriod.OnSubscriptionRenewal;
    public IReadOnlyList<MinimumSpend> MinimumSpend { get; init; } = [];
    public TrialConfiguration? DefaultTrial { get; init; }
    public IReadOnlyList<PackageId>? CompatibleAddonIds { get; init; }

    /// <summary>Families of add-ons that a plan takes.</summary>
    public IReadOnlyList<CompatiblePackageGroup> CompatibleGroups { get; init => field = value ?? []; } = [];

    /// <summary>Add-ons that a subscription with this add-on must have too.</summary>
    public IReadOnlyList<PackageId> Dependencies { get; init => field = value ?? []; } = [];

    /// <summary>How many of this add-on a subscription may have, at least 1; null = any number.</summary>
    public int? MaxQuantity { get; init; }
    public IReadOnlyList<WidgetType> HiddenFromWidgets { get; init; } = [];
    public string? BillingId { get; init; }
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = Catalog.Metadata.Empty;
    public required Instant CreatedAt { get; init; }
    public required Instant UpdatedAt { get; init; }
}

public enum PackageKind
{
    Plan,
    Addon,
}

public enum PackageStatus
{
    Draft,
    Published,
    Archived,
}

public enum PricingType
{
    Free,
    Paid,
    Custom,
}

/// <summary>
/// A reference to the inherited plan; <paramref name="Version"/> is null on a draft, pinned on a published version.
/// </summary>
public sealed record BasePlan(PackageId Id, int? Version);

/// <summary>
/// Default trial of a plan (spec catalog 11): for a time, up to a cost, or both. Duration counts from the trial's
/// start; MONTH adds calendar months. Without a duration, and so without units, the trial has no end of its own: it
/// goes on until it is converted or canceled, and its budget bounds it.
/// </summary>
public sealed record TrialConfiguration(
    decimal? Duration, TrialUnits? Units, Budget? Budget, TrialEndBehavior? EndBehavior);

public enum TrialUnits
{
    Day,
    Month,
}

public enum TrialEndBehavior
{
    ConvertToPaid,
    CancelSubscription,
}

/// <summary>A cap on pay-as-you-go cost, in major units of the subscription's currency.</summary>
public sealed record Budget(decimal Limit, bool HasSoftLimit);

/// <summary>
/// A prepaid floor of pay-as-you-go, one a billing period (spec catalog 9.8). Given as <c>minimumSpend</c> or as a
/// MINIMUM_SPEND model it is the same thing and kept here.
/// </summary>
public sealed record MinimumSpend(BillingPeriod BillingPeriod, Money Minimum)
{
    /// <summary>Its identity in lists of charges; means nothing otherwise.</summary>
    public Guid Uid { get; init; }
}

public enum OverageBillingPeriod
{
    OnSubscriptionRenewal,
    Monthly,
}

public enum WidgetType
{
    Paywall,
    CustomerPortal,
    Checkout,
}
