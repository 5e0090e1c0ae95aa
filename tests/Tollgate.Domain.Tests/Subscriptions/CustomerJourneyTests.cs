using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

public sealed class CustomerJourneyTests
{
    private static JourneyStart StartingOn(PackageVersion? plan, SubscriptionStartSetup setup) => new(
        Given.Product(new() { StartSetup = setup, StartPlanId = plan?.Id }), plan);

    [Fact]
    public void One_product_with_a_free_start_provisions_it()
    {
        var decision = CustomerJourney.Start(Given.CustomerId,
            [StartingOn(Given.FreePlan(), SubscriptionStartSetup.FreePlan), StartingOn(null, default)]);

        Assert.Equal(SubscriptionDecisionStrategy.PredefinedFreePlan, decision.Strategy);
        Assert.Equal(new PackageId("free"), decision.Request!.PlanId);
        Assert.Null(decision.Request.BillingPeriod);
    }

    [Fact]
    public void A_trial_start_asks_for_a_trial_of_the_shortest_period()
    {
        var plan = Given.ProPlan() with { DefaultTrial = new(14, TrialUnits.Day, null, null) };

        var decision = CustomerJourney.Start(Given.CustomerId, [StartingOn(plan, SubscriptionStartSetup.TrialPeriod)]);
        var started = ProvisionSubscription.Decide(decision.Request!, Given.Provision(plan), Given.Now,
            Given.Ids()).Value;

        Assert.Equal(SubscriptionDecisionStrategy.PredefinedTrialPlan, decision.Strategy);
        Assert.Equal(SubscriptionStatus.InTrial, started.Subject.Status);
        Assert.Equal(BillingPeriod.Monthly, started.Subject.BillingPeriod);
        Assert.Equal(Given.Now + Duration.FromDays(14), started.Subject.TrialEndDate);
    }

    [Fact]
    public void None_or_several_products_that_choose_start_nothing()
    {
        var free = StartingOn(Given.FreePlan(), SubscriptionStartSetup.FreePlan);

        Assert.Null(CustomerJourney.Start(Given.CustomerId, []).Request);
        Assert.Null(CustomerJourney.Start(Given.CustomerId, [StartingOn(null, default)]).Request);
        Assert.Equal(SubscriptionDecisionStrategy.SkippedSubscriptionCreation,
            CustomerJourney.Start(Given.CustomerId, [free, free]).Strategy);
        Assert.Null(CustomerJourney.Start(
            Given.CustomerId, [free with { StartPlan = Given.FreePlan(
                ) with { Status = PackageStatus.Archived } }]).Request);
    }
}
