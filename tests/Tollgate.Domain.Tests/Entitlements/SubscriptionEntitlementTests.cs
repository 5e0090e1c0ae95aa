using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Subscriptions;
using static Tollgate.Domain.Tests.Entitlements.Given;

namespace Tollgate.Domain.Tests.Entitlements;

/// <summary>The steps of spec entitlements-and-usage 2.2 inside one subscription.</summary>
public sealed class SubscriptionEntitlementTests
{
    [Fact]
    public void The_nearest_plan_of_the_chain_that_speaks_of_the_feature_counts()
    {
        var content = On(Plan("child")) with { BasePlans = [Plan("middle", Limit(7)), Plan("root", Limit(99))] };

        var effective = Effective(Metered(), content)!;
        Assert.Equal(7, effective.UsageLimit);
        Assert.Equal(ContributionKind.BasePlan, Assert.Single(effective.Winner.Contributions).Kind);
        Assert.Equal(2, Effective(Metered(), content with { Plan = Plan("child", Limit(2)) })!.UsageLimit);
    }

    [Theory]
    [InlineData(null, 12, 12)]
    [InlineData(10, 12, 20)]
    [InlineData(10, 20, 20)]
    [InlineData(10, 0, 0)]
    public void A_commitment_is_the_limit_in_whole_blocks(int? block, int quantity, int limit)
    {
        var plan = Plan("p") with { Charges = [ChargeOf(BillingModel.PerUnit) with { BlockSize = block }] };

        Assert.Equal(limit, Effective(Metered(), Committing(plan, quantity))!.UsageLimit);
    }

    [Theory]
    [InlineData(10, 10)]
    [InlineData(12, 50)]
    [InlineData(51, 51)]
    public void A_stair_step_commitment_is_the_bound_of_the_tier_reached(int quantity, int limit)
    {
        PriceTier[] tiers =
        [
            new(10, null, new(100, "usd")), new(50, null, new(400, "usd")), new(null, null, new(900, "usd")),
        ];
        var charge = ChargeOf(BillingModel.PerUnit) with { Price = null, TiersMode = TiersMode.Volume, Tiers = tiers };

        var content = Committing(Plan("p") with { Charges = [charge] }, quantity);
        Assert.Equal(limit, Effective(Metered(), content)!.UsageLimit);
    }

    [Fact]
    public void A_volume_price_per_unit_is_no_stair_step()
    {
        var tiers = new[] { new PriceTier(10, new(2, "usd"), null), new PriceTier(null, new(1, "usd"), null) };
        var charge = ChargeOf(BillingModel.PerUnit) with { Price = null, TiersMode = TiersMode.Volume, Tiers = tiers };

        Assert.Equal(7, Effective(Metered(), Committing(Plan("p") with { Charges = [charge] }, 7))!.UsageLimit);
    }

    [Fact]
    public void Without_a_quantity_the_minimum_of_the_charge_is_committed()
    {
        var plan = Plan("p") with { Charges = [ChargeOf(BillingModel.PerUnit) with { MinUnitQuantity = 3 }] };

        Assert.Equal(3, Effective(Metered(), On(plan))!.UsageLimit);
        var unbounded = Plan("p") with { Charges = [ChargeOf(BillingModel.PerUnit)] };
        Assert.Equal(1, Effective(Metered(), On(unbounded))!.UsageLimit);
    }

    [Fact]
    public void Charges_come_from_the_price_version_and_rows_from_the_plan_version()
    {
        var content = Committing(Plan("p", Limit(1, soft: true, Monthly)), 8) with
        {
            PriceVersion = Plan("p") with { Version = 1, Charges = [ChargeOf(BillingModel.PerUnit)] },
        };

        var effective = Effective(Metered(), content)!;
        Assert.Equal((8m, true, Monthly), (effective.UsageLimit!.Value, effective.HasSoftLimit, effective.Reset));
        Assert.Equal(3, effective.Winner.PlanVersion);
    }

    [Fact]
    public void The_reset_of_a_charge_goes_before_the_one_of_its_row()
    {
        var daily = ResetRule.Of(ResetPeriod.Day);
        var charge = ChargeOf(BillingModel.PerUnit) with { Reset = daily };
        var plan = Plan("p", Limit(1, reset: Monthly)) with { Charges = [charge] };

        Assert.Equal(daily, Effective(Metered(), On(plan))!.Reset);
    }

    [Fact]
    public void The_charge_of_the_subscriptions_own_billing_period_counts()
    {
        var annual = ChargeOf(BillingModel.PerUnit) with { BillingPeriod = BillingPeriod.Annually, BlockSize = 100 };
        var plan = Plan("p") with { Charges = [annual, ChargeOf(BillingModel.PerUnit) with { BlockSize = 10 }] };

        Assert.Equal(20, Effective(Metered(), Committing(plan, 12))!.UsageLimit);
        var yearly = Committing(plan, 12).With(s => s with { BillingPeriod = BillingPeriod.Annually });
        Assert.Equal(100, Effective(Metered(), yearly)!.UsageLimit);
    }

    [Theory]
    [InlineData(BillingModel.UsageBased)]
    [InlineData(BillingModel.CreditBased)]
    public void Usage_that_is_paid_for_is_unlimited_unless_the_row_limits_it(BillingModel model)
    {
        var charge = ChargeOf(model) with { CreditRate = new(2, new("credits"), null) };

        Assert.True(Effective(Metered(), On(Plan("p") with { Charges = [charge] }))!.HasUnlimitedUsage);
        var capped = Effective(Metered(), On(Plan("p", Limit(40)) with { Charges = [charge] }))!;
        Assert.Equal((40m, false), (capped.UsageLimit!.Value, capped.HasUnlimitedUsage));
        Assert.Equal(model == BillingModel.UsageBased, capped.Winner.IsPayAsYouGo);
        Assert.Equal(model == BillingModel.CreditBased ? 2m : null, capped.Winner.CreditRate?.Amount);
    }

    [Fact]
    public void An_overage_price_makes_a_hard_limit_soft() =>
        Assert.True(Effective(Metered(), On(Plan("p", Limit(10)) with
        {
            OverageCharges = [ChargeOf(BillingModel.UsageBased)],
        }))!.HasSoftLimit);

    [Fact]
    public void A_plan_that_revokes_a_feature_revokes_what_its_charge_would_give() =>
        Assert.Equal(AccessDeniedReason.Revoked, Effective(Metered(), On(Plan("p", Revoke()) with
        {
            Charges = [ChargeOf(BillingModel.PerUnit)],
        }))!.DeniedReason);

    [Fact]
    public void A_charge_of_the_plan_itself_goes_before_an_inherited_revoke()
    {
        var child = On(Plan("child") with { Charges = [ChargeOf(BillingModel.PerUnit)] }) with
        {
            BasePlans = [Plan("base", Revoke())],
        };

        Assert.Equal(1, Effective(Metered(), child)!.UsageLimit);
    }

    [Fact]
    public void An_override_clears_unlimited_with_a_limit_and_the_limit_with_unlimited()
    {
        var limited = Effective(Metered(), On(Plan("p", Unlimited())).Overriding(new(F) { UsageLimit = 5 }))!;
        Assert.Equal((5m, false), (limited.UsageLimit!.Value, limited.HasUnlimitedUsage));

        var unlimited = Effective(Metered(), On(Plan("p", Limit(5))).Overriding(new(F) { HasUnlimitedUsage = true }))!;
        Assert.Equal((null, true), (unlimited.UsageLimit, unlimited.HasUnlimitedUsage));
    }

    [Fact]
    public void An_override_changes_softness_reset_and_enum_values_alone()
    {
        var row = Limit(5, soft: true, Monthly);
        var hard = Effective(Metered(), On(Plan("p", row)).Overriding(new(F) { HasSoftLimit = false }))!;
        Assert.False(hard.HasSoftLimit);
        var daily = ResetRule.Of(ResetPeriod.Day);
        var reset = Effective(Metered(), On(Plan("p", row)).Overriding(new(F) { Reset = daily }))!;
        Assert.Equal((daily, 5m), (reset.Reset, reset.UsageLimit!.Value));
        var listed = On(Plan("p", Values("eu", "us"))).Overriding(new(F) { EnumValues = ["ap"] });
        Assert.Equal(["ap"], Effective(Enum(), listed)!.EnumValues);
    }

    [Fact]
    public void An_override_grants_what_the_plan_lacks_once_it_says_how_much()
    {
        Assert.Equal(9, Effective(Metered(), On(Plan("p")).Overriding(new(F) { UsageLimit = 9 }))!.UsageLimit);
        Assert.Null(Effective(Metered(), On(Plan("p")).Overriding(new(F) { HasSoftLimit = true })));
        Assert.True(Effective(Boolean(), On(Plan("p")).Overriding(new(F)))!.IsGranted);
        Assert.True(Effective(Boolean(), On(Plan("p", Revoke())).Overriding(new(F)))!.IsGranted);
    }

    [Fact]
    public void The_merged_value_takes_the_plans_place_beside_add_ons()
    {
        var content = On(Plan("p", Limit(10)), Addon("a", Limit(5))).Overriding(new(F) { UsageLimit = 100 });
        Assert.Equal(105, Effective(Metered(), content)!.UsageLimit);

        var replaced = content with { Addons = [Addon("a", Limit(5).Replacing())] };
        Assert.Equal(5, Effective(Metered(), replaced)!.UsageLimit);
    }

    [Fact]
    public void Unlimited_counts_only_among_the_terms_in_play()
    {
        Assert.True(Effective(Metered(), On(Plan("p", Limit(1)), Addon("a", Unlimited())))!.HasUnlimitedUsage);
        var replaced = Effective(Metered(), On(
            Plan("p", Limit(1)), Addon("a", Unlimited()), Addon("b", Limit(7).Replacing())))!;
        Assert.Equal((7m, false), (replaced.UsageLimit!.Value, replaced.HasUnlimitedUsage));
    }

    [Fact]
    public void Any_soft_term_in_play_makes_the_result_soft()
    {
        Assert.True(Effective(Metered(), On(Plan("p", Limit(1)), Addon("a", Limit(1, soft: true))))!.HasSoftLimit);
        Assert.False(Effective(Metered(), On(
            Plan("p", Limit(1, soft: true)), Addon("a", Limit(1).Replacing())))!.HasSoftLimit);
    }

    [Fact]
    public void The_plans_reset_counts_even_when_it_is_never()
    {
        Assert.Null(Effective(Metered(), On(Plan("p", Limit(1)), Addon("a", Limit(9, reset: Monthly))))!.Reset);
        Assert.Equal(Monthly, Effective(Metered(), On(
            Plan("p", Limit(1)), Addon("a", Limit(9, reset: Monthly).Replacing())))!.Reset);
    }

    [Fact]
    public void Without_a_plan_value_the_largest_add_on_gives_the_reset_and_ties_go_to_the_more_frequent()
    {
        var daily = ResetRule.Of(ResetPeriod.Day);
        Assert.Equal(Monthly, Effective(Metered(), On(
            Plan("p"), Addon("a", Limit(5, reset: Monthly), 3), Addon("b", Limit(10, reset: daily))))!.Reset);
        Assert.Equal(daily, Effective(Metered(), On(
            Plan("p"), Addon("a", Limit(5, reset: Monthly), 2), Addon("b", Limit(10, reset: daily))))!.Reset);
    }

    [Fact]
    public void Enum_overrides_replace_the_plans_values_by_their_union() =>
        Assert.Equal(["us", "ap"], Effective(Enum(), On(
            Plan("p", Values("eu")),
            Addon("a", Values("ap").Replacing()),
            Addon("b", Values("us").Replacing())))!.EnumValues);

    [Fact]
    public void A_variable_value_grants_nothing_until_the_subscription_supplies_it()
    {
        var custom = On(Plan("p", Row() with { IsCustom = true, HasSoftLimit = true }));

        Assert.Null(Effective(Metered(), custom));
        var supplied = Effective(Metered(), custom.Overriding(new(F) { UsageLimit = 250 }))!;
        Assert.Equal((250m, true), (supplied.UsageLimit!.Value, supplied.HasSoftLimit));
        Assert.Null(Effective(Enum(), custom));
        Assert.Equal(["eu"], Effective(Enum(), custom.Overriding(new(F) { EnumValues = ["eu"] }))!.EnumValues);
    }

    [Fact]
    public void A_configuration_number_has_no_softness_and_no_reset()
    {
        var effective = Effective(Number(), On(Plan("p", Limit(30, soft: true, Monthly)), Addon("a", Limit(5))))!;

        Assert.Equal((35m, false, null), (effective.UsageLimit!.Value, effective.HasSoftLimit, effective.Reset));
    }

    private static SubscriptionContent Committing(PackageVersion plan, decimal quantity) =>
        On(plan).With(s => s with { Quantities = new Dictionary<FeatureId, decimal> { [F] = quantity } });
}
