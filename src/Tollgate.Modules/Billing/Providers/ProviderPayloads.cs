using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Modules.Billing.Providers;

/// <summary>A payer as a provider needs it.</summary>
/// <param name="Customer">As stored; archived ones have no name and no address any more.</param>
/// <param name="Details">What the payer typed for the invoices; null = nothing.</param>
public sealed record ProviderCustomer(Customer Customer, BillingDetails? Details);

/// <summary>
/// A subscription as a provider needs it. What it costs is computed here; its items say what is sold.
/// </summary>
public sealed record ProviderSubscription
{
    public required Guid Uid { get; init; }
    public required SubscriptionId Id { get; init; }

    /// <summary>Who is entitled.</summary>
    public required CustomerId CustomerId { get; init; }

    /// <summary>Who pays.</summary>
    public required CustomerId PayerId { get; init; }
    public ResourceId? ResourceId { get; init; }
    public required ProductId ProductId { get; init; }
    public required PackageId PlanId { get; init; }
    public required SubscriptionStatus Status { get; init; }
    public required PricingType PricingType { get; init; }
    public BillingPeriod? BillingPeriod { get; init; }
    public required Instant StartDate { get; init; }
    public Instant? TrialEndDate { get; init; }
    public Instant? BillingCycleAnchor { get; init; }
    public Instant? CurrentPeriodStart { get; init; }
    public Instant? CurrentPeriodEnd { get; init; }

    /// <summary>When a cancellation takes, or took, effect.</summary>
    public Instant? CancellationDate { get; init; }
    public CancelReason? CancelReason { get; init; }
    public required PaymentCollectionMethod PaymentCollectionMethod { get; init; }

    /// <summary>Lower-case ISO 4217 code; null while nothing has a price.</summary>
    public string? Currency { get; init; }
    /// <summary>The provider's promotion code that discounts it: redeemed there; null = none.</summary>
    public string? PromotionCode { get; init; }
    public IReadOnlyList<ProviderItem> Items { get; init => field = value ?? []; } = [];
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = Domain.Catalog.Metadata.Empty;
}

/// <summary>One charge of a subscription.</summary>
public sealed record ProviderItem
{
    /// <summary>The plan or add-on it belongs to.</summary>
    public required PackageId PackageId { get; init; }

    /// <summary>What people call the plan or add-on.</summary>
    public required string PackageName { get; init; }
    public required BillingModel Model { get; init; }
    public required BillingCadence Cadence { get; init; }
    public FeatureId? FeatureId { get; init; }
    public CurrencyId? CreditCurrencyId { get; init; }

    /// <summary>Units committed; 1 of what has no units, null of what is billed by usage.</summary>
    public decimal? Quantity { get; init; }

    /// <summary>Of one block of units; null where tiers say it.</summary>
    public Money? Price { get; init; }

    /// <summary>Units sold together; null = 1.</summary>
    public decimal? BlockSize { get; init; }
    public TiersMode? TiersMode { get; init; }
    public IReadOnlyList<PriceTier> Tiers { get; init => field = value ?? []; } = [];
}

/// <summary>
/// What a subscription used in one stretch of time, and what that costs before discounts and tax: absolute values, so
/// that telling it twice bills it once (spec integrations 2.8).
/// </summary>
public sealed record ProviderUsage
{
    public required SubscriptionId SubscriptionId { get; init; }
    public required CustomerId PayerId { get; init; }

    /// <summary>The stretch <c>[start, end)</c>; its start names it, its end may move on.</summary>
    public required Instant PeriodStart { get; init; }
    public required Instant PeriodEnd { get; init; }
    public required string Currency { get; init; }

    /// <summary>The invoice it is on; null while the stretch goes on.</summary>
    public Guid? InvoiceUid { get; init; }
    public IReadOnlyList<ProviderUsageLine> Lines { get; init => field = value ?? []; } = [];
}

/// <param name="PackageId">The plan or add-on whose charge it is.</param>
/// <param name="FeatureId">What was used; null of credits.</param>
/// <param name="Quantity">Sold units.</param>
/// <param name="Amount">Rounded to the currency's minor unit, in major units.</param>
/// <param name="IsOverage">Beyond what is included, instead of pay-as-you-go.</param>
public sealed record ProviderUsageLine(
    PackageId? PackageId, FeatureId? FeatureId, decimal Quantity, decimal Amount, bool IsOverage)
{
    /// <summary>The credits that were used beyond those held; null of features.</summary>
    public CurrencyId? CreditCurrencyId { get; init; }
}
