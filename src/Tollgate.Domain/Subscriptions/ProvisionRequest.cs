using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Customers;

namespace Tollgate.Domain.Subscriptions;

/// <summary>A request to put a customer on a plan (spec subscriptions 5.1); null = not given.</summary>
public sealed record ProvisionRequest(CustomerId CustomerId, PackageId PlanId)
{
    public SubscriptionId? Id { get; init; }
    public ResourceId? ResourceId { get; init; }
    public CustomerId? PayingCustomerId { get; init; }
    public BillingPeriod? BillingPeriod { get; init; }
    public string? BillingCountryCode { get; init; }
    public IReadOnlyList<QuantityInput>? Quantities { get; init; }
    public decimal? UnitQuantity { get; init; }
    public IReadOnlyList<CreditQuantityInput>? CreditQuantities { get; init; }
    public IReadOnlyList<AddonInput>? Addons { get; init; }
    public IReadOnlyList<OverrideInput>? Overrides { get; init; }

    /// <summary>Given exactly when <see cref="Overrides"/> is: one list of a request holds both.</summary>
    public IReadOnlyList<CreditOverride>? CreditOverrides { get; init; }
    public IReadOnlyList<PriceOverrideInput>? PriceOverrides { get; init; }

    /// <summary>Null removes the coupon held.</summary>
    public Optional<CouponRequest> Coupon { get; init; }

    /// <summary>In the future: the subscription starts then. In the past: it counts as started then.</summary>
    public Instant? StartDate { get; init; }

    /// <summary>It is billed elsewhere until its next period.</summary>
    public bool IsBackdated { get; init; }

    /// <summary>The fixed end of a non-recurring subscription; imports set it, requests cannot.</summary>
    public Instant? EndDate { get; init; }
    public Instant? CancellationDate { get; init; }
    public TrialOverride? Trial { get; init; }
    public bool SkipTrial { get; init; }
    public Optional<Budget> Budget { get; init; }
    public Optional<Money> MinimumSpend { get; init; }
    public bool RestartsCycle { get; init; }
    public ScheduleStrategy? ScheduleStrategy { get; init; }

    /// <summary>Units of features that the plan does not charge for are left out instead of refused.</summary>
    internal bool DropsUnknownQuantities { get; init; }
    public PaymentCollectionMethod? PaymentCollectionMethod { get; init; }

    /// <summary>Given ones take the place of all that were.</summary>
    public InvoiceTerms? InvoiceTerms { get; init; }
    public Optional<string> BillingId { get; init; }
    public Optional<string> SalesforceId { get; init; }
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    internal ContentInput Content => new()
    {
        Addons = Addons,
        Quantities = Quantities,
        UnitQuantity = UnitQuantity,
        CreditQuantities = CreditQuantities,
        Overrides = Overrides,
        CreditOverrides = CreditOverrides,
        PriceOverrides = PriceOverrides,
        DropsUnknownQuantities = DropsUnknownQuantities,
    };
}

/// <summary>Forces or forbids a trial, whatever the plan's default and the customer's eligibility say.</summary>
public sealed record TrialOverride(bool IsTrial, Instant? TrialEndDate = null, TrialEndBehavior? EndBehavior = null);

/// <summary>Everything the decision needs, loaded before it. Null stands for an unknown id.</summary>
public sealed record ProvisionFacts
{
    public required Customer? Customer { get; init; }

    /// <summary>The customer named as payer; null when none is named or the id is unknown.</summary>
    public Customer? PayingCustomer { get; init; }

    /// <summary>The plan's latest version (published, archived, or the draft of a plan never published).</summary>
    public required PlanFacts? Plan { get; init; }

    /// <summary>The plan's product; null exactly when the plan is unknown.</summary>
    public required JourneyFacts? Journey { get; init; }

    /// <summary>The features named by overrides and those whose value the plan leaves open.</summary>
    public IReadOnlyDictionary<FeatureId, Feature> Features { get; init; } = new Dictionary<FeatureId, Feature>();

    public AddonFacts Addons { get; init; } = AddonFacts.None;

    /// <summary>The credit currencies of the environment, archived ones included.</summary>
    public IReadOnlyDictionary<CurrencyId, CustomCurrency> Currencies { get; init; } =
        new Dictionary<CurrencyId, CustomCurrency>();

    /// <summary>The coupon that the request names; null when it names none or it does not exist.</summary>
    public Coupon? Coupon { get; init; }

    /// <summary>The subscriptions of (customer, product, resource) that have not ended.</summary>
    public IReadOnlyList<HeldSubscription> Scope { get; init; } = [];

    /// <summary>Whatever record of the environment has the requested id.</summary>
    public Subscription? WithRequestedId { get; init; }

    /// <summary>The scope's subscription that ended last.</summary>
    public Subscription? LastEnded { get; init; }

    /// <summary>An ACTIVE PAID subscription with a price of the product existed in this scope before.</summary>
    public bool HasPaidBefore { get; init; }

    /// <summary>The currency of what the customer paid first, ended or not, or is to pay; null without any.</summary>
    public string? FixedCurrency { get; init; }

    /// <summary>The country of the customer's paid subscriptions that have not ended; null without any.</summary>
    public string? FixedCountry { get; init; }

    /// <summary>Custom plans in the order of the pricing table.</summary>
    public IReadOnlyList<PackageId>? TableOrder { get; init; }

    internal ContentFacts Content => new(Features, Addons, Coupon, Currencies);
}
