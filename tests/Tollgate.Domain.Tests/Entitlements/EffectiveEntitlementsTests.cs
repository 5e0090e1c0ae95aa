using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Subscriptions;
using static Tollgate.Domain.Tests.Entitlements.Given;

namespace Tollgate.Domain.Tests.Entitlements;

/// <summary>The worked examples of spec entitlements-and-usage 2.4, by their numbers; 14 is about credits.</summary>
public sealed class EffectiveEntitlementsTests
{
    [Theory]
    [InlineData(1, 30)]
    [InlineData(3, 70)]
    public void Example_1_and_2_increments_add_up_by_quantity(int quantity, int expected)
    {
        var content = On(Plan("p", Limit(10)), Addon("a", Limit(20), quantity));
        Assert.Equal(expected, Effective(Metered(), content)!.UsageLimit);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(50)]
    public void Example_3_and_4_an_override_add_on_replaces_the_plan_upwards_and_downwards(int plan) =>
        Assert.Equal(
            20, Effective(Metered(), On(Plan("p", Limit(plan)), Addon("a", Limit(20).Replacing())))!.UsageLimit);

    [Fact]
    public void Example_5_with_mixed_behaviours_the_largest_override_counts()
    {
        var effective = Effective(Metered(), On(
            Plan("p", Limit(10)),
            Addon("more", Limit(5), 2),
            Addon("twenty", Limit(20).Replacing()),
            Addon("fifteen", Limit(15).Replacing(), 2)))!;

        Assert.Equal(30, effective.UsageLimit);
        Assert.Equal([new PackageId("twenty"), new PackageId("fifteen")], effective.Winner.AddonIds);
    }

    [Fact]
    public void Example_6_a_trial_lifts_the_limit_while_it_lasts()
    {
        var starter = On(Plan("starter", Limit(1000, reset: Monthly))).Named("paid");
        var pro = On(Plan("pro", Limit(10_000, reset: Monthly))).Named("trial")
            .With(s => s with { Status = SubscriptionStatus.InTrial, TrialEndDate = Now + Duration.FromDays(4) });

        var during = Effective(Metered(), starter, pro)!;
        Assert.Equal(10_000, during.UsageLimit);
        Assert.Equal(new SubscriptionId("trial"), during.Winner.SubscriptionId);
        Assert.Equal(Now + Duration.FromDays(4), during.ValidUntil);

        var after = Effective(Metered(), starter, pro.With(s => s with { Status = SubscriptionStatus.Expired }))!;
        Assert.Equal(1000, after.UsageLimit);
        Assert.Null(after.ValidUntil);
    }

    [Fact]
    public void Example_7_a_smaller_promotion_changes_nothing()
    {
        var inputs = Inputs(Metered(), On(Plan("p", Limit(100)))) with { Promotions = [Promotion(80)] };

        var effective = EffectiveEntitlements.Compute(inputs).Find(F)!;
        Assert.Equal(100, effective.UsageLimit);
        Assert.Equal(EntitlementSourceKind.Subscription, effective.Winner.Kind);
    }

    [Fact]
    public void Example_8_a_larger_promotion_brings_its_softness_until_it_ends()
    {
        var end = Instant.FromUtc(2026, 5, 1, 0, 0);
        var inputs = Inputs(Metered(), On(Plan("p", Limit(100)))) with
        {
            Promotions = [Promotion(150, soft: true) with { EndDate = end }],
        };

        var during = EffectiveEntitlements.Compute(inputs).Find(F)!;
        Assert.Equal((150m, true), (during.UsageLimit!.Value, during.HasSoftLimit));
        Assert.Equal(Now - Duration.FromDays(1), during.Anchor);
        Assert.Equal(end, during.ValidUntil);

        var back = EffectiveEntitlements.Compute(inputs with { Now = end }).Find(F)!;
        Assert.Equal((100m, false), (back.UsageLimit!.Value, back.HasSoftLimit));
    }

    [Fact]
    public void Example_9_global_subscriptions_reach_every_resource_and_resources_stay_apart()
    {
        var features = new Dictionary<FeatureId, Feature>
        {
            [new("sites")] = Metered("sites"),
            [new("sso")] = Boolean("sso"),
        };
        var global = On(Plan("a", Limit(5) with { FeatureId = new("sites") }, Row("sso"))).Named("a");
        var ofR = On(Plan("b", Limit(20) with { FeatureId = new("sites") })).Named("b")
            .With(s => s with { ResourceId = new("R") });
        var inputs = new EntitlementInputs { Features = features, Subscriptions = [global, ofR], Now = Now };

        var inR = EffectiveEntitlements.Compute(inputs with { ResourceId = new("R") });
        Assert.Equal(20, inR.Find(new("sites"))!.UsageLimit);
        Assert.True(inR.Find(new("sites"))!.CountsOnResource);
        Assert.True(inR.Find(new("sso"))!.IsGranted);
        Assert.False(inR.Find(new("sso"))!.CountsOnResource);

        var atCustomer = EffectiveEntitlements.Compute(inputs);
        Assert.Equal(5, atCustomer.Find(new("sites"))!.UsageLimit);
        Assert.True(atCustomer.Find(new("sso"))!.IsGranted);

        var inOther = EffectiveEntitlements.Compute(inputs with { ResourceId = new("Q") });
        Assert.Equal(5, inOther.Find(new("sites"))!.UsageLimit);
        Assert.Equal(SubscriptionStanding.OtherResource, inOther.Considered[1].Standing);
    }

    [Fact]
    public void Example_10_unlimited_beats_any_limit()
    {
        var inputs = Inputs(Metered(), On(Plan("p", Unlimited()))) with { Promotions = [Promotion(10)] };

        var effective = EffectiveEntitlements.Compute(inputs).Find(F)!;
        Assert.True(effective.HasUnlimitedUsage);
        Assert.Null(effective.UsageLimit);
    }

    [Fact]
    public void Example_11_an_add_on_grants_what_the_plan_lacks() =>
        Assert.Equal(6, Effective(Metered(), On(Plan("p"), Addon("a", Limit(3), 2)))!.UsageLimit);

    [Fact]
    public void Example_12_a_pending_payment_contributes_nothing()
    {
        var pro = On(Plan("pro", Limit(500))).Named("pro")
            .With(s => s with { Status = SubscriptionStatus.PaymentPending });

        Assert.Equal(10, Effective(Metered(), On(Plan("free", Limit(10))), pro)!.UsageLimit);
    }

    [Fact]
    public void Example_13_enum_increments_unite_in_the_order_of_the_feature() =>
        Assert.Equal(
            ["us", "eu"], Effective(Enum(), On(Plan("p", Values("eu")), Addon("a", Values("us"))))!.EnumValues);

    [Fact]
    public void Example_15_a_finite_override_limits_an_unlimited_plan()
    {
        var effective = Effective(Metered(), On(Plan("p", Unlimited()), Addon("a", Limit(500).Replacing())))!;

        Assert.Equal((500m, false), (effective.UsageLimit!.Value, effective.HasUnlimitedUsage));
    }

    [Fact]
    public void Example_16_an_override_replaces_only_the_fields_it_gives()
    {
        var effective = Effective(Metered(), On(Plan("p", Limit(10, soft: true, Monthly)))
            .Overriding(new(F) { UsageLimit = 25 }))!;

        Assert.Equal((25m, true, Monthly), (effective.UsageLimit!.Value, effective.HasSoftLimit, effective.Reset));
    }

    [Fact]
    public void Example_17_an_add_on_grants_what_the_child_plan_revokes()
    {
        var child = On(Plan("child", Revoke())) with { BasePlans = [Plan("base", Row())] };

        Assert.Equal(AccessDeniedReason.Revoked, Effective(Boolean(), child)!.DeniedReason);
        Assert.True(Effective(Boolean(), child with { Addons = [Addon("a", Row())] })!.IsGranted);
    }

    [Fact]
    public void Example_18_an_add_on_that_revokes_beats_its_subscription_but_not_a_promotion()
    {
        var inputs = Inputs(Metered(), On(Plan("p", Limit(10)), Addon("a", Limit(5)), Addon("b", Revoke())));

        var denied = EffectiveEntitlements.Compute(inputs).Find(F)!;
        Assert.False(denied.IsGranted);
        Assert.Equal(AccessDeniedReason.Revoked, denied.DeniedReason);
        var promoted = EffectiveEntitlements.Compute(inputs with { Promotions = [Promotion(3)] }).Find(F)!;
        Assert.Equal((true, 3m), (promoted.IsGranted, promoted.UsageLimit!.Value));
    }

    [Fact]
    public void A_grant_of_another_subscription_beats_a_revoke() =>
        Assert.Equal(4, Effective(Metered(),
            On(Plan("p", Limit(10)), Addon("b", Revoke())).Named("x"), On(Plan("q", Limit(4))).Named("y"))!.UsageLimit);
}
