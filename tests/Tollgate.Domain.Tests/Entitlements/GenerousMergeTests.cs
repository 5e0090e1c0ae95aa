using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Subscriptions;
using static Tollgate.Domain.Tests.Entitlements.Given;

namespace Tollgate.Domain.Tests.Entitlements;

/// <summary>Spec entitlements-and-usage 2.3 and 2.5: the best source wins, and when that may change.</summary>
public sealed class GenerousMergeTests
{
    [Fact]
    public void Values_of_different_subscriptions_are_not_added() =>
        Assert.Equal(10, Effective(Metered(), Sub("x", Limit(10)), Sub("y", Limit(7)))!.UsageLimit);

    [Fact]
    public void The_winners_limit_softness_and_reset_travel_together()
    {
        var effective = Effective(Metered(), Sub("x", Limit(10, soft: true, Monthly)), Sub("y", Limit(11)))!;

        Assert.Equal((11m, false, null), (effective.UsageLimit!.Value, effective.HasSoftLimit, effective.Reset));
    }

    [Fact]
    public void Among_equal_limits_soft_beats_hard_and_then_the_more_frequent_reset_wins()
    {
        var daily = ResetRule.Of(ResetPeriod.Day);
        Assert.Equal("soft", Winner(Sub("daily", Limit(5, reset: daily)), Sub("soft", Limit(5, soft: true))));
        Assert.Equal("daily", Winner(Sub("a-month", Limit(5, reset: Monthly)), Sub("daily", Limit(5, reset: daily))));
        Assert.Equal("month", Winner(Sub("a-never", Limit(5)), Sub("month", Limit(5, reset: Monthly))));
    }

    [Fact]
    public void Limits_with_different_resets_are_compared_by_the_raw_number() =>
        Assert.Equal("yearly", Winner(
            Sub("daily", Limit(99, reset: ResetRule.Of(ResetPeriod.Day))),
            Sub("yearly", Limit(100, reset: ResetRule.Of(ResetPeriod.Year)))));

    [Fact]
    public void Among_equal_values_the_older_subscription_wins_whatever_the_order()
    {
        var older = Sub("z-older", Limit(5)).With(s => s with { StartDate = Start - Duration.FromDays(1) });

        Assert.Equal("z-older", Winner(older, Sub("younger", Limit(5))));
        Assert.Equal("z-older", Winner(Sub("younger", Limit(5)), older));
    }

    [Fact]
    public void Enum_values_unite_across_sources()
    {
        var inputs = Inputs(Enum(), Sub("x", Values("ap")), Sub("y", Values("eu"))) with
        {
            Promotions = [Promotion() with { EnumValues = ["us", "eu"] }],
        };

        Assert.Equal(["us", "eu", "ap"], EffectiveEntitlements.Compute(inputs).Find(F)!.EnumValues);
    }

    [Theory]
    [InlineData(SubscriptionStatus.Active, true)]
    [InlineData(SubscriptionStatus.InTrial, true)]
    [InlineData(SubscriptionStatus.NotStarted, false)]
    [InlineData(SubscriptionStatus.PaymentPending, false)]
    [InlineData(SubscriptionStatus.Canceled, false)]
    [InlineData(SubscriptionStatus.Expired, false)]
    public void Only_live_statuses_contribute(SubscriptionStatus status, bool contributes)
    {
        var subscription = Sub("x", Limit(1)).With(s => s with { Status = status });
        var set = EffectiveEntitlements.Compute(Inputs(Metered(), subscription));

        Assert.Equal(contributes, set.HasLiveSubscription);
        Assert.Equal(contributes, set.Find(F) is not null);
        Assert.Equal(contributes ? null : AccessDeniedReason.NoActiveSubscription, set.ListDeniedReason);
    }

    [Fact]
    public void A_promotion_alone_is_listed_without_any_subscription()
    {
        var set = EffectiveEntitlements.Compute(Inputs(Metered()) with { Promotions = [Promotion(3)] });

        Assert.Null(set.ListDeniedReason);
        Assert.Equal(3, Assert.Single(set.Entitlements).UsageLimit);
        var paused = Inputs(Metered()) with { Promotions = [Promotion(3) with { IsPaused = true }] };
        Assert.Equal(AccessDeniedReason.NoActiveSubscription, EffectiveEntitlements.Compute(paused).ListDeniedReason);
    }

    [Fact]
    public void An_archived_feature_keeps_working_for_those_who_hold_it()
    {
        var archived = Metered() with { Status = FeatureStatus.Suspended };

        Assert.True(Effective(archived, Sub("x", Limit(1)))!.IsGranted);
        Assert.Null(Effective(archived, On(Plan("p"))));
    }

    [Fact]
    public void It_changes_at_the_earliest_instant_at_which_a_source_of_the_feature_does()
    {
        var day = Duration.FromDays(1);
        var subscription = Sub("x", Limit(1)).With(s => s with
        {
            CurrentBillingPeriodEnd = Now + 20 * day,
            CancellationDate = Now + 5 * day,
            EndDate = Now + 9 * day,
        });
        var starting = Sub("next", Limit(9)).With(s => s with
        {
            Status = SubscriptionStatus.NotStarted,
            StartDate = Now + 2 * day,
        });
        var elsewhere = On(Plan("q")).Named("q").With(s => s with { EndDate = Now + day });

        var set = EffectiveEntitlements.Compute(Inputs(Metered(), subscription, starting, elsewhere));
        Assert.Equal(
            [
                (Now + 2 * day, EntitlementChangeKind.SubscriptionStart),
                (Now + 5 * day, EntitlementChangeKind.Cancellation),
                (Now + 9 * day, EntitlementChangeKind.SubscriptionEnd),
                (Now + 20 * day, EntitlementChangeKind.BillingPeriodEnd),
            ],
            set.Find(F)!.Changes.Select(change => (change.At, change.Kind)));
        Assert.Equal(Now + 2 * day, set.Find(F)!.ValidUntil);
        // The set as a whole also heeds the subscription that does not speak of the feature.
        Assert.Equal(Now + day, set.ValidUntil);
    }

    [Fact]
    public void Past_instants_and_ended_subscriptions_announce_no_change()
    {
        var past = Sub("x", Limit(1)).With(s => s with { TrialEndDate = Now, CurrentBillingPeriodEnd = Now });
        var ended = Sub("y", Limit(1)).With(s => s with
        {
            Status = SubscriptionStatus.Canceled,
            EndDate = Now + Duration.FromDays(1),
        });

        var pending = Sub("z", Limit(1)).With(s => s with
        {
            Status = SubscriptionStatus.PaymentPending,
            StartDate = Now + Duration.FromDays(1),
        });

        Assert.Null(EffectiveEntitlements.Compute(Inputs(Metered(), past, ended, pending)).ValidUntil);
    }

    [Fact]
    public void Features_are_listed_in_the_order_of_the_package_then_add_ons_then_by_id()
    {
        FeatureId[] ids = [new("a"), new("b"), new("c"), new("d"), new("e")];
        var plan = Plan("p", Row("c") with { Order = 1 }, Row("b") with { Order = 0 }, Row("a") with { Order = 1 });
        var content = On(plan, Addon("x", Row("d")), Addon("y", Row("e")));
        var inputs = new EntitlementInputs
        {
            Features = ids.ToDictionary(id => id, id => Boolean(id.Value)),
            Subscriptions = [content],
            Now = Now,
        };

        Assert.Equal(
            ["b", "a", "c", "d", "e"],
            EffectiveEntitlements.Compute(inputs).Entitlements.Select(each => each.FeatureId.Value));
    }

    private static string? Winner(params SubscriptionContent[] subscriptions) =>
        Effective(Metered(), subscriptions)!.Winner.SubscriptionId?.Value;

    private static SubscriptionContent Sub(string id, PackageEntitlement row) => On(Plan("p-" + id, row)).Named(id);
}
