using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using static Tollgate.Domain.Tests.Entitlements.Given;

namespace Tollgate.Domain.Tests.Entitlements;

/// <summary>The order of spec entitlements-and-usage 4: each step, and that it goes before the next one.</summary>
public sealed class EntitlementCheckTests
{
    private static readonly CheckFacts Everything = new()
    {
        IsCustomerUnknown = true,
        IsCustomerArchived = true,
        IsResourceUnknown = true,
        IsFeatureUnknown = true,
        HasNoLiveSubscription = true,
        IsBudgetExhausted = true,
        AreCreditsInsufficient = true,
    };

    [Fact]
    public void Steps_1_to_8_are_decided_in_their_order()
    {
        var facts = Everything;
        Assert.Equal(AccessDeniedReason.CustomerNotFound, Reason(facts, null));
        facts = facts with { IsCustomerUnknown = false };
        Assert.Equal(AccessDeniedReason.CustomerIsArchived, Reason(facts, null));
        facts = facts with { IsCustomerArchived = false };
        Assert.Equal(AccessDeniedReason.CustomerResourceNotFound, Reason(facts, null));
        facts = facts with { IsResourceUnknown = false };
        Assert.Equal(AccessDeniedReason.FeatureNotFound, Reason(facts, null));
        facts = facts with { IsFeatureUnknown = false };
        Assert.Equal(AccessDeniedReason.NoActiveSubscription, Reason(facts, null));
        facts = facts with { HasNoLiveSubscription = false };
        Assert.Equal(AccessDeniedReason.NoFeatureEntitlementInSubscription, Reason(facts, null));
    }

    [Fact]
    public void A_missing_customer_goes_before_an_entitlement_that_would_grant() =>
        Assert.Equal(AccessDeniedReason.CustomerNotFound, Reason(new() { IsCustomerUnknown = true }, Held(Limit(10))));

    [Fact]
    public void Step_6_a_promotion_alone_lets_its_own_feature_pass()
    {
        var set = EffectiveEntitlements.Compute(Inputs(Metered()) with { Promotions = [Promotion(3)] });

        Assert.False(set.HasLiveSubscription);
        Assert.Null(Reason(new() { HasNoLiveSubscription = true }, set.Find(F), usage: 2, requested: 1));
    }

    [Fact]
    public void Step_7_revoked_goes_before_budget_and_type() =>
        Assert.Equal(AccessDeniedReason.Revoked, Reason(
            new() { IsBudgetExhausted = true }, Effective(Boolean(), On(Plan("p", Revoke()))), requested: 1));

    [Fact]
    public void Step_9_an_exhausted_budget_denies_only_what_is_paid_by_usage()
    {
        var broke = new CheckFacts { IsBudgetExhausted = true };

        Assert.Equal(AccessDeniedReason.BudgetExceeded, Reason(broke, Charged(BillingModel.UsageBased, Limit(10))));
        Assert.Null(Reason(broke, Held(Limit(10))));
    }

    [Fact]
    public void Step_9_budget_goes_before_type_and_limit() =>
        Assert.Equal(AccessDeniedReason.BudgetExceeded, Reason(
            new() { IsBudgetExhausted = true }, Charged(BillingModel.UsageBased, Limit(10)), usage: 50, values: "eu"));

    [Fact]
    public void Step_10_a_question_of_another_type_is_a_mismatch()
    {
        var flag = Effective(Boolean(), On(Plan("p", Row())));
        var list = Effective(Enum(), On(Plan("p", Values("eu"))));

        Assert.Equal(AccessDeniedReason.FeatureTypeMismatch, Reason(new(), flag, requested: 1));
        Assert.Equal(AccessDeniedReason.FeatureTypeMismatch, Reason(new(), flag, values: "eu"));
        Assert.Equal(AccessDeniedReason.FeatureTypeMismatch, Reason(new(), list, requested: 1));
        Assert.Equal(AccessDeniedReason.FeatureTypeMismatch, Reason(new(), Held(Limit(10)), values: "eu"));
        Assert.Null(Reason(new(), flag, requested: 0));
    }

    [Fact]
    public void Step_10_a_mismatch_goes_before_enum_values_and_limits()
    {
        var list = Effective(Enum(), On(Plan("p", Values("eu"))));

        Assert.Equal(AccessDeniedReason.FeatureTypeMismatch, Reason(new(), list, requested: 1, values: "us"));
        Assert.Equal(AccessDeniedReason.FeatureTypeMismatch, Reason(new(), Held(Limit(10)), usage: 99, values: "eu"));
    }

    [Fact]
    public void Steps_11_and_12_booleans_and_configuration_numbers_are_granted()
    {
        Assert.Null(Reason(new(), Effective(Boolean(), On(Plan("p", Row())))));
        // A configuration has no usage to compare: asking for more than its number is granted.
        Assert.Null(Reason(new(), Effective(Number(), On(Plan("p", Limit(5)))), usage: 9, requested: 9));
    }

    [Fact]
    public void Step_13_every_requested_value_must_be_held()
    {
        var held = Effective(Enum(), On(Plan("p", Values("eu", "us"))));

        Assert.Null(Reason(new(), held));
        Assert.Null(Reason(new(), held, 0, 0, "us", "eu"));
        Assert.Equal(AccessDeniedReason.RequestedValuesMismatch, Reason(new(), held, 0, 0, "us", "ap"));
    }

    [Theory]
    [InlineData(9, 1, true)]
    [InlineData(10, 0, true)]
    [InlineData(10, 1, false)]
    [InlineData(11, 0, false)]
    public void Step_14_a_hard_limit_denies_what_goes_beyond_it(int usage, int requested, bool granted) =>
        Assert.Equal(
            granted ? null : AccessDeniedReason.RequestedUsageExceedingLimit,
            Reason(new(), Held(Limit(10)), usage, requested));

    [Fact]
    public void Step_14_fractions_count_exactly()
    {
        Assert.Null(Reason(new(), Held(Limit(0.3m)), 0.1m, 0.2m));
        Assert.Equal(AccessDeniedReason.RequestedUsageExceedingLimit, Reason(new(), Held(Limit(0.3m)), 0.1m, 0.21m));
    }

    [Fact]
    public void Step_14_soft_and_unlimited_never_deny_and_a_missing_limit_is_zero()
    {
        Assert.Null(Reason(new(), Held(Limit(10, soft: true)), 500, 1));
        Assert.Null(Reason(new(), Held(Unlimited()), 500, 1));
        Assert.Null(Reason(new(), Held(Row()), 0, 0));
        Assert.Equal(AccessDeniedReason.RequestedUsageExceedingLimit, Reason(new(), Held(Row()), 0, 1));
    }

    [Fact]
    public void Step_15_the_limit_goes_before_the_credits()
    {
        var poor = new CheckFacts { AreCreditsInsufficient = true };
        var mapped = Charged(BillingModel.CreditBased, Limit(10));

        Assert.Equal(AccessDeniedReason.RequestedUsageExceedingLimit, Reason(poor, mapped, 10, 1));
        Assert.Equal(AccessDeniedReason.InsufficientCredits, Reason(poor, mapped, 9, 1));
        Assert.Null(Reason(poor, Held(Limit(10)), 9, 1));
        Assert.Null(Reason(new(), mapped, 9, 1));
    }

    [Fact]
    public void A_check_allocates_nothing()
    {
        var effective = Held(Limit(10, reset: Monthly))!;
        var outcome = EntitlementCheck.Evaluate(new(), effective, effective.ShownUsage(3), 1, []);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            outcome = EntitlementCheck.Evaluate(new(), effective, effective.ShownUsage(i % 10), 1, []);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(outcome.IsGranted);
    }

    // Spec 7.4 and catalog 1.6: 2.34 GB are shown as 3 or 2; the request is in sold units.
    [Theory]
    [InlineData(RoundingDirection.Up, 2_340_000_000, 3)]
    [InlineData(RoundingDirection.Down, 2_340_000_000, 2)]
    [InlineData(RoundingDirection.Up, 2_500_000_000, 3)]
    [InlineData(RoundingDirection.Down, 2_500_000_000, 2)]
    [InlineData(RoundingDirection.Up, 0, 0)]
    [InlineData(RoundingDirection.Up, 20_000_000, 1)]
    public void Usage_is_compared_in_whole_sold_units(RoundingDirection round, long raw, int shown)
    {
        var feature = Metered() with { Units = "byte", UnitTransformation = new(1_000_000_000, round, "GB", "GBs") };
        var effective = Effective(feature, On(Plan("p", Limit(3))))!;

        Assert.Equal(shown, effective.ShownUsage(raw));
        Assert.Equal("GB", effective.Units);
        var fits = shown + 1 <= 3;
        Assert.Equal(
            fits ? null : AccessDeniedReason.RequestedUsageExceedingLimit,
            Reason(new(), effective, effective.ShownUsage(raw), 1));
    }

    private static EffectiveEntitlement? Held(PackageEntitlement row) => Effective(Metered(), On(Plan("p", row)));

    private static EffectiveEntitlement? Charged(BillingModel model, PackageEntitlement row) =>
        Effective(Metered(), On(Plan("p", row) with
        {
            Charges = [ChargeOf(model) with { CreditRate = new(1, new("credits"), null) }],
        }));

    private static AccessDeniedReason? Reason(
        CheckFacts facts, EffectiveEntitlement? entitlement, decimal usage = 0, decimal requested = 0,
        params string[] values)
    {
        var outcome = EntitlementCheck.Evaluate(facts, entitlement, usage, requested, values);
        Assert.Equal(outcome.DeniedReason is null, outcome.IsGranted);
        return outcome.DeniedReason;
    }
}
