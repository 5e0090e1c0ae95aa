using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Subscriptions;

/// <summary>
/// What a subscription held until an instant of its running term: usage reported before is priced by it, also when it
/// is billed later (spec catalog 9.6). The one before it, or the start of the term, says since when.
/// </summary>
public sealed record PastContent
{
    /// <summary>The first instant at which it no longer applied.</summary>
    public required Instant Until { get; init; }
    /// <summary>
    /// Whose usage was counted: a subscription that is given to another resource or customer leaves its usage behind.
    /// Null = that of the subscription, as in rows from before this was kept.
    /// </summary>
    public UsageScope? Scope { get; init; }
    public required PackageId PlanId { get; init; }
    public required int PlanVersion { get; init; }
    public required int PriceVersion { get; init; }
    public required Instant UsageAnchor { get; init; }
    public IReadOnlyDictionary<FeatureId, decimal> Quantities { get; init; } = new Dictionary<FeatureId, decimal>();
    public IReadOnlyList<SubscriptionAddon> Addons { get; init => field = value ?? []; } = [];
    public IReadOnlyList<PriceOverride> PriceOverrides { get; init => field = value ?? []; } = [];
    public IReadOnlyList<EntitlementOverride> Overrides { get; init => field = value ?? []; } = [];

    public IReadOnlyDictionary<CurrencyId, decimal> CreditQuantities { get; init => field = value ?? NoCredits; } =
        NoCredits;
    public IReadOnlyList<CreditOverride> CreditOverrides { get; init => field = value ?? []; } = [];

    private static readonly IReadOnlyDictionary<CurrencyId, decimal> NoCredits = new Dictionary<CurrencyId, decimal>();

    public static PastContent Of(Subscription subscription, Instant until) => new()
    {
        Until = until,
        Scope = UsageScope.Of(subscription),
        PlanId = subscription.PlanId,
        PlanVersion = subscription.PlanVersion,
        PriceVersion = subscription.PriceVersion,
        UsageAnchor = subscription.UsageAnchor,
        Quantities = subscription.Quantities,
        Addons = subscription.Addons,
        PriceOverrides = subscription.PriceOverrides,
        Overrides = subscription.Overrides,
        CreditQuantities = subscription.CreditQuantities,
        CreditOverrides = subscription.CreditOverrides,
    };

    /// <summary>The subscription as it was.</summary>
    public Subscription ApplyTo(Subscription subscription) => subscription with
    {
        CustomerId = Scope is null ? subscription.CustomerId : Scope.CustomerId,
        ResourceId = Scope is null ? subscription.ResourceId : Scope.ResourceId,
        PlanId = PlanId,
        PlanVersion = PlanVersion,
        PriceVersion = PriceVersion,
        UsageAnchor = UsageAnchor,
        Quantities = Quantities,
        Addons = Addons,
        PriceOverrides = PriceOverrides,
        Overrides = Overrides,
        CreditQuantities = CreditQuantities,
        CreditOverrides = CreditOverrides,
    };

    /// <summary>Whether the subscription holds the same.</summary>
    public bool IsOf(Subscription subscription) => SubscriptionEquality.Same(ApplyTo(subscription), subscription);
}
