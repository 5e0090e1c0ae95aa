using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Subscriptions;

/// <summary>Why a provisioned customer got the subscription it got (spec subscriptions 2.2).</summary>
public enum SubscriptionDecisionStrategy
{
    RequestedPlan,
    PredefinedFreePlan,
    PredefinedTrialPlan,
    SkippedSubscriptionCreation,
}

/// <param name="Product">A published product.</param>
/// <param name="StartPlan">Its start plan's latest version; null without one.</param>
public sealed record JourneyStart(Product Product, PackageVersion? StartPlan);

/// <summary>The subscription that a new customer starts with; the request is null when there is none.</summary>
public sealed record JourneyDecision(SubscriptionDecisionStrategy Strategy, ProvisionRequest? Request);

/// <summary>What provisioning a customer starts when the call names no plan (spec subscriptions 2.2, catalog
/// 3.3).</summary>
public static class CustomerJourney
{
    /// <summary>
    /// The journey of the one published product that does not leave the choice to the customer; with none or several,
    /// nothing is
    /// started. A start plan that is not published, and a product that needs a resource, start nothing either.
    /// </summary>
    public static JourneyDecision Start(CustomerId customer, IEnumerable<JourneyStart> publishedProducts)
    {
        var candidates = publishedProducts
            .Where(p => !p.Product.IsArchived && p.Product.Settings.StartSetup != SubscriptionStartSetup.PlanSelection)
            .ToList();
        return candidates.Count == 1 ? Start(customer, candidates[0]) : Skipped;
    }

    /// <summary>
    /// What a call that asks for a plan starts: the plan, unless its product starts every customer in its own way. A
    /// start plan that cannot be started leaves the customer the plan asked for.
    /// </summary>
    public static JourneyDecision Start(ProvisionRequest asked, JourneyStart journey)
    {
        var predefined = journey.Product.Settings.StartSetup != SubscriptionStartSetup.PlanSelection
            && journey.StartPlan is { Status: PackageStatus.Published } plan
                ? Start(asked.CustomerId, plan, journey.Product)
                : null;
        return predefined is { Request: { } request }
            ? predefined with { Request = request with { ResourceId = asked.ResourceId, Id = asked.Id } }
            : new(SubscriptionDecisionStrategy.RequestedPlan, asked);
    }

    private static readonly JourneyDecision Skipped =
        new(SubscriptionDecisionStrategy.SkippedSubscriptionCreation, null);

    private static JourneyDecision Start(CustomerId customer, JourneyStart journey)
    {
        return journey.StartPlan is { Status: PackageStatus.Published } plan && !journey.Product.MultipleSubscriptions
            ? Start(customer, plan, journey.Product)
            : Skipped;
    }

    private static JourneyDecision Start(CustomerId customer, PackageVersion plan, Product product)
    {
        var request = new ProvisionRequest(customer, plan.Id) { BillingPeriod = ShortestPeriod(plan) };
        return product.Settings.StartSetup switch
        {
            SubscriptionStartSetup.FreePlan => new(SubscriptionDecisionStrategy.PredefinedFreePlan, request),
            SubscriptionStartSetup.TrialPeriod => new(SubscriptionDecisionStrategy.PredefinedTrialPlan,
                request with { Trial = new(IsTrial: true) }),
            SubscriptionStartSetup.PlanSelection => Skipped,
            _ => throw new ArgumentOutOfRangeException(nameof(product), "Not a start setup."),
        };
    }

    /// <summary>Nobody chose a period, so the least commitment on offer is taken; plans without prices have
    /// none.</summary>
    private static BillingPeriod? ShortestPeriod(PackageVersion plan)
    {
        if (plan.PricingType != PricingType.Paid)
            return null;
        var offered = PriceSelection.OfferedPeriods(plan);
        return offered.Count == 0 ? null : offered.Min();
    }
}
