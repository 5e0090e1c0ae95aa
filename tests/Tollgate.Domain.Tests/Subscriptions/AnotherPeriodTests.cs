using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

/// <summary>
/// What a period that is bought brings and what it does to a planned end (spec subscriptions 3.5 and 9.1, catalog 9.8).
/// </summary>
public sealed class AnotherPeriodTests
{
    private static readonly Instant Later = Given.Now + Duration.FromDays(10);
    private static readonly PackageVersion Pro = Given.ProPlan() with
    {
        MinimumSpend =
        [
            new(BillingPeriod.Monthly, new(100, "usd")),
            new(BillingPeriod.Annually, new(1000, "usd")),
        ],
    };

    private static Subscription Update(Subscription subscription, UpdateRequest request) =>
        UpdateSubscription.Decide(request,
            new(Given.Held(subscription, Pro), Given.Journey(), Given.Features(Given.Feature(Given.Seats)), [subscription]),
            Later, Given.Ids()).Value.Subject;

    private static Subscription Annual(Subscription subscription) =>
        Update(subscription, new() { BillingPeriod = BillingPeriod.Annually });

    [Fact]
    public void Another_period_brings_the_minimum_spend_of_its_own()
    {
        var monthly = Given.Live(Pro);
        var again = ProvisionSubscription.Decide(
            new(Given.CustomerId, Pro.Id) { BillingPeriod = BillingPeriod.Annually },
            Given.Provision(Pro, Given.Held(monthly, Pro)), Later, Given.Ids()).Value.Subject;

        Assert.Equal(100m, monthly.MinimumSpend?.Amount);
        Assert.Equal(1000m, Annual(monthly).MinimumSpend?.Amount);
        Assert.Equal(1000m, again.MinimumSpend?.Amount);
        Assert.Equal(100m, Update(Given.Live(Pro, BillingPeriod.Annually), new() { BillingPeriod = BillingPeriod.Monthly })
            .MinimumSpend?.Amount);
    }

    [Fact]
    public void A_minimum_spend_that_was_agreed_or_removed_or_is_given_stays()
    {
        var monthly = Given.Live(Pro);

        Assert.Equal(70m, Annual(monthly with { MinimumSpend = new(70, "usd") }).MinimumSpend?.Amount);
        Assert.Null(Annual(monthly with { MinimumSpend = null }).MinimumSpend);
        Assert.Equal(500m, Update(monthly, new()
        {
            BillingPeriod = BillingPeriod.Annually,
            MinimumSpend = new(new Money(500, "usd")),
        }).MinimumSpend?.Amount);
    }

    [Fact]
    public void An_end_inside_a_period_that_is_bought_moves_to_its_end()
    {
        var ending = Given.Live(Pro) with { CancellationDate = Instant.FromUtc(2026, 2, 28, 10, 13) };
        var annual = Annual(ending);
        var far = Instant.FromUtc(2026, 12, 1, 0, 0);

        // February 10 to February 10.
        Assert.Equal(Instant.FromUtc(2027, 2, 10, 10, 13), annual.CancellationDate);
        Assert.Equal(annual.CurrentBillingPeriodEnd, annual.CancellationDate);
        Assert.Equal(Instant.FromUtc(2026, 3, 10, 10, 13), Update(ending, new() { RestartsCycle = true }).CancellationDate);
        Assert.Equal(far, Update(ending with { CancellationDate = far }, new() { RestartsCycle = true }).CancellationDate);
        Assert.Equal(ending.CancellationDate, Update(ending, new() { Metadata = default }).CancellationDate);
        Assert.Equal(far, Update(ending, new()
        {
            BillingPeriod = BillingPeriod.Annually,
            CancellationDate = new(far),
        }).CancellationDate);
    }

    /// <summary>Periods begin on the first: what is bought on February 10 ends on March 1 a year later.</summary>
    [Fact]
    public void The_end_is_that_of_the_period_wherever_the_environment_has_it_begin()
    {
        var before = Given.Live(Pro) with { CancellationDate = Instant.FromUtc(2026, 2, 28, 10, 13) };
        var aligned = BillingAnchors.Align(
            new(before, Annual(before), ChangeReason.Updated), BillingAnchor.StartOfTheMonth, [], Later).After;

        Assert.Equal(aligned.CurrentBillingPeriodEnd, aligned.CancellationDate);
        Assert.NotEqual(Instant.FromUtc(2027, 2, 10, 10, 13), aligned.CancellationDate);
    }

    [Fact]
    public void Spending_is_bounded_on_paid_plans_alone()
    {
        var custom = Given.Plan("deal", PricingType.Custom);
        var held = Given.Live(custom, period: null);
        var after = UpdateSubscription.Decide(
            new() { Budget = new(new Budget(1, false)), MinimumSpend = new(new Money(5, "usd")) },
            new(Given.Held(held, custom), Given.Journey(), Given.Features(), [held]), Later, Given.Ids()).Value;

        Assert.True(after.IsNoChange);
    }
}
