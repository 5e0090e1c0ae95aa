using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

/// <summary>Prices agreed for one subscription (spec subscriptions 3.6).</summary>
public sealed class PriceOverrideTests
{
    private static readonly PackageVersion Support = Given.Support();

    /// <summary>A base fee of 49 and 10 a seat; a year costs ten months.</summary>
    private static readonly PackageVersion Plan = Given.Plan("pro", PricingType.Paid,
        Given.Charge(BillingModel.FlatFee, 49), Given.Charge(BillingModel.FlatFee, 490, BillingPeriod.Annually),
        Given.PerSeat(10, BillingPeriod.Monthly), Given.PerSeat(100, BillingPeriod.Annually)) with
    {
        CompatibleAddonIds = [Support.Id],
    };

    private static Result<SubscriptionDecision> Provision(params PriceOverrideInput[] prices) =>
        ProvisionSubscription.Decide(
            new(Given.CustomerId, Plan.Id)
            {
                BillingPeriod = BillingPeriod.Monthly,
                Addons = [new(Support.Id)],
                PriceOverrides = prices,
            },
            Given.Provision(Plan) with { Addons = Given.Addons(Support) }, Given.Now, Given.Ids());

    private static Result<SubscriptionDecision> Update(Subscription subscription, UpdateRequest request) =>
        UpdateSubscription.Decide(request,
            new(Given.Held(subscription, Plan, Support), Given.Journey(), Given.Features(), [subscription]),
            Given.Now + Duration.FromDays(3), Given.Ids());

    private static (PackageId? Addon, BillingModel Model, decimal? Amount)[] ChargesOf(Subscription subscription) =>
    [
        .. SubscriptionCharges.Of(Given.Held(subscription, Plan, Support))
            .Select(c => (c.AddonId, c.Charge.Model, c.Charge.Price?.Amount)),
    ];

    [Fact]
    public void Each_target_reprices_its_one_charge()
    {
        var subject = Provision(
            new() { BaseCharge = true, Amount = 40 },
            new() { FeatureId = Given.Seats, Amount = 8.5m, Currency = "usd" },
            new() { AddonId = Support.Id, Amount = 0 }).Value.Subject;

        Assert.Equal(
            [(null, BillingModel.FlatFee, 40m), (null, BillingModel.PerUnit, 8.5m), (Support.Id, BillingModel.FlatFee, 0m)],
            ChargesOf(subject));
    }

    [Fact]
    public void Tiers_take_the_place_of_a_price()
    {
        var subject = Provision(new PriceOverrideInput
        {
            FeatureId = Given.Seats,
            Tiers = [new(10, new(9, "usd"), null), new(null, new(7, "usd"), null)],
        }).Value.Subject;

        var seats = SubscriptionCharges.Of(Given.Held(subject, Plan, Support)).Single(c => c.Charge.FeatureId == Given.Seats);
        Assert.Null(seats.Charge.Price);
        // Graduated: 10 at 9 and 2 at 7.
        Assert.Equal(104m, PriceCalculator.Amount(seats.Charge, 12).Amount);
    }

    [Fact]
    public void A_target_is_one_charge_that_the_subscription_has()
    {
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(Provision(new PriceOverrideInput { Amount = 1 })));
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(Provision(
            new PriceOverrideInput { BaseCharge = true, FeatureId = Given.Seats, Amount = 1 })));
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(Provision(
            new() { BaseCharge = true, Amount = 1 }, new() { BaseCharge = true, Amount = 2 })));
        Assert.Equal(ErrorCode.PriceNotFound, Given.Code(Provision(
            new PriceOverrideInput { FeatureId = new("storage"), Amount = 1 })));
        Assert.Equal(ErrorCode.PriceNotFound, Given.Code(Provision(
            new PriceOverrideInput { AddonId = new("sso"), Amount = 1 })));
        Assert.Equal(ErrorCode.PriceNotFound, Given.Code(Provision(
            new PriceOverrideInput { CurrencyId = new("tokens"), Amount = 1 })));
    }

    [Fact]
    public void A_price_is_one_that_the_catalog_could_have()
    {
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(Provision(new PriceOverrideInput { BaseCharge = true })));
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(Provision(
            new PriceOverrideInput { BaseCharge = true, Amount = -1 })));
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(Provision(
            new PriceOverrideInput { BaseCharge = true, Amount = 40, Currency = "eur" })));
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(Provision(
            new PriceOverrideInput { FeatureId = Given.Seats, Amount = 1, BlockSize = 0 })));
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(Provision(
            new PriceOverrideInput { FeatureId = Given.Seats, Tiers = [new(5, new(1, "usd"), null)] })));
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(Provision(new PriceOverrideInput
        {
            FeatureId = Given.Seats,
            Amount = 1,
            Tiers = [new(null, new(1, "usd"), null)],
        })));
    }

    [Fact]
    public void A_custom_plan_has_no_price_to_override()
    {
        var custom = Given.Plan("enterprise", PricingType.Custom);
        Assert.Equal(ErrorCode.PriceNotFound, Given.Code(ProvisionSubscription.Decide(
            new(Given.CustomerId, custom.Id) { PriceOverrides = [new() { BaseCharge = true, Amount = 1 }] },
            Given.Provision(custom), Given.Now, Given.Ids())));
    }

    [Fact]
    public void A_list_replaces_all_overrides_and_no_list_keeps_them()
    {
        var held = Provision(new() { BaseCharge = true, Amount = 40 }, new() { AddonId = Support.Id, Amount = 3 })
            .Value.Subject;

        Assert.True(Update(held, new() { Quantities = [new(Given.Seats, 1)] }).Value.IsNoChange);
        var replaced = Update(held, new() { PriceOverrides = [new() { FeatureId = Given.Seats, Amount = 9 }] });
        Assert.Equal([(null, BillingModel.FlatFee, 49m), (null, BillingModel.PerUnit, 9m), (Support.Id, BillingModel.FlatFee, 5m)],
            ChargesOf(replaced.Value.Subject));
        Assert.Empty(Update(held, new() { PriceOverrides = [] }).Value.Subject.PriceOverrides);
    }

    [Fact]
    public void The_price_of_an_addon_goes_with_it_and_a_price_of_a_month_is_none_of_a_year()
    {
        var held = Provision(new() { BaseCharge = true, Amount = 40 }, new() { AddonId = Support.Id, Amount = 3 })
            .Value.Subject;

        var without = Update(held, new() { Addons = [] }).Value.Subject;
        Assert.Equal(new ChargeKey(BillingModel.FlatFee, BillingCadence.Recurring, null, null, null),
            Assert.Single(without.PriceOverrides).Key);
        var yearly = Update(held, new() { BillingPeriod = BillingPeriod.Annually }).Value.Subject;
        Assert.Empty(yearly.PriceOverrides);
        var yearlyPrice = Update(held, new()
        {
            BillingPeriod = BillingPeriod.Annually,
            PriceOverrides = [new() { BaseCharge = true, Amount = 400 }],
        }).Value.Subject;
        Assert.Equal(400m, Assert.Single(yearlyPrice.PriceOverrides).Price?.Amount);
    }

    [Fact]
    public void A_charge_of_any_period_is_there_when_the_term_has_none_of_its_own()
    {
        var calls = new FeatureId("calls");
        var plan = Plan with
        {
            Charges = [.. Plan.Charges, Given.Charge(BillingModel.UsageBased, 0.01m) with { FeatureId = calls }],
        };
        var yearly = Given.Live(plan, BillingPeriod.Annually);

        Assert.Equal([490m, 100m, 0.01m], SubscriptionCharges.Of(Given.Held(yearly, plan)).Select(c => c.Charge.Price?.Amount));
    }
}
