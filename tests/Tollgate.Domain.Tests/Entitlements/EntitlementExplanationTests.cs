using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Subscriptions;
using Tollgate.Domain.Usage;
using static Tollgate.Domain.Tests.Entitlements.Given;

namespace Tollgate.Domain.Tests.Entitlements;

public sealed class EntitlementExplanationTests
{
    [Fact]
    public void It_names_every_term_the_winner_the_usage_and_what_comes_next()
    {
        var trialEnd = Instant.FromUtc(2026, 3, 15, 0, 0);
        var paid = On(Plan("starter", Limit(1000, reset: Monthly)), Addon("extra", Limit(100), 2)).Named("paid");
        var trial = On(Plan("pro", Limit(10_000, reset: Monthly))).Named("trial")
            .With(s => s with { Status = SubscriptionStatus.InTrial, TrialEndDate = trialEnd });
        var old = On(Plan("free", Limit(10))).Named("old").With(s => s with { Status = SubscriptionStatus.Canceled });
        var set = EffectiveEntitlements.Compute(Inputs(Metered(), paid, trial, old));

        var explanation = EntitlementExplanation.Of(set, Metered(), rawUsage: 1500, Now);

        Assert.True(explanation.IsGranted);
        Assert.Equal(
            [
                "Subscription 'old' (free v3) is Canceled and gives no access.",
                "Subscription 'trial' (pro v3): plan 'pro' v3 gives 10000 hard, resets every MONTH.",
                "Subscription 'trial' (pro v3) gives 10000 hard, resets every MONTH.",
                "Subscription 'paid' (starter v3): plan 'starter' v3 gives 1000 hard, resets every MONTH.",
                "Subscription 'paid' (starter v3): add-on 'extra' v3 x2 (Increment) gives 100 hard, never resets.",
                "Subscription 'paid' (starter v3) gives 1200 hard, resets every MONTH.",
                "Subscription 'trial' (pro v3) wins over Subscription 'paid' (starter v3): its limit is larger.",
                "Usage is 1500 of 10000; 8500 may still be used.",
            ],
            explanation.Decisions);
        Assert.Equal(
            new UsageWindow(Instant.FromUtc(2026, 3, 1, 0, 0), Instant.FromUtc(2026, 4, 1, 0, 0)), explanation.Window);
        Assert.Equal(1500, explanation.CurrentUsage);
        Assert.Equal(
            [
                (trialEnd, EntitlementChangeKind.TrialEnd),
                (Instant.FromUtc(2026, 4, 1, 0, 0), EntitlementChangeKind.WindowReset),
            ],
            explanation.NextChanges.Select(change => (change.At, change.Kind!.Value)));
        Assert.Equal(
            "At 2026-03-15T00:00:00Z the trial of subscription 'trial' ends.", explanation.NextChanges[0].Sentence);
    }

    [Fact]
    public void It_says_when_usage_is_beyond_a_hard_limit()
    {
        var set = EffectiveEntitlements.Compute(Inputs(Metered(), On(Plan("p", Limit(10)))));

        var explanation = EntitlementExplanation.Of(set, Metered(), rawUsage: 12, Now);

        Assert.False(explanation.IsGranted);
        Assert.Equal(AccessDeniedReason.RequestedUsageExceedingLimit, explanation.DeniedReason);
        Assert.Equal("Usage 12 is beyond the hard limit of 10, so access is denied.", explanation.Decisions[^1]);
        Assert.True(explanation.Window!.Value.IsLifetime);
    }

    [Fact]
    public void It_says_what_replaced_and_what_revoked()
    {
        var replaced = EffectiveEntitlements.Compute(
            Inputs(Metered(), On(Plan("p", Limit(10)), Addon("a", Limit(4).Replacing()))));
        Assert.Contains(
            "Subscription 's' (p v3): plan 'p' v3 gives 10 hard, never resets, which an Override add-on replaces.",
            EntitlementExplanation.Of(replaced, Metered(), 0, Now).Decisions);

        var revoked = EffectiveEntitlements.Compute(Inputs(Metered(), On(Plan("p", Limit(10)), Addon("a", Revoke()))));
        var explanation = EntitlementExplanation.Of(revoked, Metered(), 0, Now);
        Assert.Equal(
            [
                "Subscription 's' (p v3): plan 'p' v3 gives 10 hard, never resets, "
                    + "which an add-on that revokes the feature removes.",
                "Subscription 's' (p v3): add-on 'a' v3 x1 (Increment) revokes the feature.",
                "Subscription 's' (p v3) revokes the feature.",
                "Nothing else grants 'f', so it is denied: Revoked.",
            ],
            explanation.Decisions);
        Assert.Null(explanation.Window);
    }

    [Fact]
    public void It_says_that_nothing_grants_the_feature_and_when_that_may_change()
    {
        var starting = On(Plan("p", Limit(10))).With(s => s with
        {
            Status = SubscriptionStatus.NotStarted,
            StartDate = Instant.FromUtc(2026, 4, 1, 0, 0),
        });
        var set = EffectiveEntitlements.Compute(Inputs(Metered(), starting));

        var explanation = EntitlementExplanation.Of(set, Metered(), 0, Now);

        Assert.Equal(AccessDeniedReason.NoActiveSubscription, explanation.DeniedReason);
        Assert.Equal("No subscription is live and no promotion grants 'f'.", explanation.Decisions[^1]);
        Assert.Equal(Instant.FromUtc(2026, 4, 1, 0, 0), Assert.Single(explanation.NextChanges).At);
    }
}
