using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Subscriptions;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Credits;

public sealed class CreditContributionsTests
{
    private static readonly Instant Start = Instant.FromUtc(2026, 1, 10, 9, 30);
    private static readonly CurrencyId Ai = CreditedSubscription.Ai;

    private static SubscriptionContent On(PackageVersion plan, params HeldAddon[] addons) => new()
    {
        Subscription = CreditedSubscription.Live(plan, Start, BillingPeriod.Monthly),
        Plan = plan,
        Addons = addons,
    };

    private static IReadOnlyList<CreditContribution> Of(SubscriptionContent content, Instant? at = null) =>
        CreditContributions.Of(content, Given.Features(Given.Feature(Given.Seats)), at ?? Start);

    private static (decimal, ContributionEffect) Say(CreditContribution c) => (c.Amount, c.Effect);

    private static PackageVersion Selling(BillingPeriod period, decimal price, CreditGrantCadence? cadence) => Given.Plan(
        "pro", PricingType.Paid,
        Given.Charge(BillingModel.PerUnit, price, period) with { TopUpCurrencyId = Ai, CreditGrantCadence = cadence });

    [Fact]
    public void A_plan_inherits_credits_and_its_own_row_wins_outright()
    {
        var basic = CreditedSubscription.Plan("basic", CreditedSubscription.Row(100) with { HasSoftLimit = true });
        var inheriting = On(CreditedSubscription.Plan("pro")) with { BasePlans = [basic] };
        var own = On(CreditedSubscription.Plan("pro", CreditedSubscription.Row(40))) with { BasePlans = [basic] };
        var revoking = On(CreditedSubscription.Plan("pro", CreditedSubscription.Row(40) with { IsGranted = false }))
            with
        { BasePlans = [basic] };

        Assert.Equal((100m, ContributionEffect.Counted), Say(Assert.Single(Of(inheriting))));
        Assert.Equal("pro", Of(inheriting)[0].PackageId.Value);
        Assert.True(CreditContributions.IsSoft(inheriting, Ai, Of(inheriting)));
        Assert.Equal((40m, ContributionEffect.Counted), Say(Assert.Single(Of(own))));
        Assert.False(CreditContributions.IsSoft(own, Ai, Of(own)));
        Assert.Equal((40m, ContributionEffect.Revokes), Say(Assert.Single(Of(revoking))));
    }

    [Fact]
    public void An_add_on_that_revokes_removes_everything_and_one_that_grants_beats_the_plans_revoke()
    {
        var revoked = On(
            CreditedSubscription.Plan("pro", CreditedSubscription.Row(100)),
            new HeldAddon(CreditedSubscription.Addon("a", CreditedSubscription.Row(1) with { IsGranted = false }), 1));
        var granted = On(
            CreditedSubscription.Plan("pro", CreditedSubscription.Row(100) with { IsGranted = false }),
            new HeldAddon(CreditedSubscription.Addon("a", CreditedSubscription.Row(30)), 2));

        Assert.Equal([ContributionEffect.Removed, ContributionEffect.Revokes], Of(revoked).Select(c => c.Effect));
        Assert.Equal(60m, Assert.Single(Of(granted), c => c.IsCounted).Amount);
    }

    [Fact]
    public void A_variable_amount_counts_once_the_subscription_says_it()
    {
        var plan = CreditedSubscription.Plan("pro", CreditedSubscription.Row(0) with { Amount = null, IsCustom = true });
        var given = On(plan) with
        {
            Subscription = On(plan).Subscription with { CreditOverrides = [new(Ai, 250, CreditCadence.Year) { HasSoftLimit = true }] },
        };
        var extra = On(CreditedSubscription.Plan("bare")) with { Subscription = given.Subscription };

        Assert.Equal(ContributionEffect.MissingValue, Of(On(plan))[0].Effect);
        Assert.Equal((250m, CreditCadence.Year, true), (Of(given)[0].Amount, Of(given)[0].Cadence, Of(given)[0].HasSoftLimit));
        Assert.Equal((250m, ContributionEffect.Counted), Say(Assert.Single(Of(extra))));
    }

    [Fact]
    public void An_overage_price_makes_the_currency_soft()
    {
        var plan = CreditedSubscription.Plan("pro", CreditedSubscription.Row(100)) with
        {
            OverageCharges = [Given.Charge(BillingModel.UsageBased, 0.02m) with { TopUpCurrencyId = Ai }],
        };

        Assert.True(CreditContributions.IsSoft(On(plan), Ai, Of(On(plan))));
        Assert.False(CreditContributions.IsSoft(On(plan), new("other"), Of(On(plan))));
    }

    [Fact]
    public void Credits_bought_every_month_come_with_what_they_cost()
    {
        var plan = Selling(BillingPeriod.Monthly, 0.001m, CreditGrantCadence.BeginningOfBillingPeriod);
        var content = On(plan) with
        {
            Subscription = On(plan).Subscription with { CreditQuantities = new Dictionary<CurrencyId, decimal> { [Ai] = 10_000 } },
        };

        // 10 000 at 0.001 = 10.00 a month (spec credits 8.5).
        var sold = Assert.Single(Of(content));
        Assert.Equal((CreditGrantSource.Price, 10_000m, new Money(10, "usd"), CreditCadence.Month),
            (sold.Source, sold.Amount, sold.Cost, sold.Cadence));
    }

    [Fact]
    public void An_annual_term_hands_out_its_credits_month_by_month()
    {
        var plan = Selling(BillingPeriod.Annually, 0.0008m, CreditGrantCadence.Monthly);
        var subscription = CreditedSubscription.Live(plan, Start, BillingPeriod.Annually) with
        {
            CreditQuantities = new Dictionary<CurrencyId, decimal> { [Ai] = 120_000 },
        };
        var content = new SubscriptionContent { Subscription = subscription, Plan = plan };

        // 120 000 for 96.00 -> 12 grants of 10 000, cost 8.00 each (spec credits 8.5).
        for (var month = 0; month < 12; month++)
        {
            var slice = Assert.Single(Of(content, BillingPeriods.AddMonths(Start, month)));
            Assert.Equal((10_000m, 8.00m), (slice.Amount, slice.Cost.Amount));
        }
    }

    [Fact]
    public void Slices_that_do_not_divide_add_up_to_the_whole()
    {
        var plan = Selling(BillingPeriod.Annually, 1m, CreditGrantCadence.Monthly);
        var subscription = CreditedSubscription.Live(plan, Start, BillingPeriod.Annually) with
        {
            CreditQuantities = new Dictionary<CurrencyId, decimal> { [Ai] = 100 },
        };
        var content = new SubscriptionContent { Subscription = subscription, Plan = plan };
        var slices = Enumerable.Range(0, 12).Select(m => Of(content, BillingPeriods.AddMonths(Start, m)).Single()).ToList();

        // floor(100 x (m + 1) / 12): 8, 16, 25, 33, ... 100; money 8.33, 8.34, 8.33, ...
        Assert.Equal([8m, 8m, 9m, 8m, 8m, 9m, 8m, 8m, 9m, 8m, 8m, 9m], slices.Select(c => c.Amount));
        Assert.Equal([8.33m, 8.34m, 8.33m], slices.Take(3).Select(c => c.Cost.Amount));
        Assert.Equal((100m, 100m), (slices.Sum(c => c.Amount), slices.Sum(c => c.Cost.Amount)));
    }

    [Fact]
    public void Packs_are_bought_whole_and_cost_what_was_invoiced()
    {
        var plan = Given.Plan("pro", PricingType.Paid, new Charge
        {
            Uid = Given.Uid(6),
            Model = BillingModel.PerUnit,
            BillingPeriod = BillingPeriod.Monthly,
            TopUpCurrencyId = Ai,
            TiersMode = TiersMode.Volume,
            Tiers = [new(5_000, null, new(20, "usd")), new(10_000, null, new(35, "usd")), new(null, null, new(50, "usd"))],
            CreatedAt = Start,
        });
        var key = new ChargeKey(BillingModel.PerUnit, BillingCadence.Recurring, null, Ai, null);
        var content = On(plan) with
        {
            Subscription = On(plan).Subscription with
            {
                CreditQuantities = new Dictionary<CurrencyId, decimal> { [Ai] = 7_000 },
                RunningCharges = [new(key, "pro - ai", 35m, 28m)],
            },
        };

        // 7 000 reach the pack of 10 000; 35.00 less a coupon of 20 % = 28.00.
        var sold = Assert.Single(Of(content));
        Assert.Equal((10_000m, 28m), (sold.Amount, sold.Cost.Amount));
    }

    [Fact]
    public void Nothing_is_bought_in_a_trial()
    {
        var plan = Selling(BillingPeriod.Monthly, 1m, null);
        var trial = On(plan) with { Subscription = On(plan).Subscription with { Status = SubscriptionStatus.InTrial } };

        Assert.Empty(Of(trial));
    }
}
