using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

public sealed class UpdateSubscriptionTests
{
    private static readonly PackageVersion Pro = Given.ProPlan();
    private static readonly Instant Later = Given.Now + Duration.FromDays(10);
    private static readonly Instant TrialEnd = Given.Now + Duration.FromDays(14);

    private static Result<SubscriptionDecision> Update(Subscription subscription, UpdateRequest request) =>
        UpdateSubscription.Decide(request,
            new(Given.Held(subscription, Pro), Given.Journey(), Given.Features(Given.Feature(Given.Seats)),
                [subscription]),
            Later, Given.Ids());

    [Fact]
    public void Nothing_changed_is_nothing_logged()
    {
        var held = Given.Live(Pro);

        Assert.True(Update(held, new()).Value.IsNoChange);
        Assert.True(Update(held, new() { BillingPeriod = BillingPeriod.Monthly, Quantities = [new(Given.Seats, 1)] })
            .Value.IsNoChange);
    }

    [Fact]
    public void Named_quantities_change_within_their_range()
    {
        Assert.Equal(9m, Update(Given.Live(Pro), new() { Quantities = [new(Given.Seats, 9)] })
            .Value.Subject.Quantities[Given.Seats]);
        Assert.Equal(ErrorCode.InvalidQuantity,
            Given.Code(Update(Given.Live(Pro), new() { Quantities = [new(Given.Seats, 0)] })));
    }

    [Fact]
    public void Another_period_starts_a_full_new_one_and_resets_usage()
    {
        var decision = Update(Given.Live(Pro), new() { BillingPeriod = BillingPeriod.Annually }).Value;

        Assert.Equal(Later, decision.Subject.BillingCycleAnchor);
        Assert.Equal(Later, decision.Subject.CurrentBillingPeriodStart);
        Assert.Equal(Instant.FromUtc(2027, 2, 10, 10, 13), decision.Subject.CurrentBillingPeriodEnd);
        Assert.Equal(Later, Assert.Single(decision.UsageCutoffs).At);
        Assert.Equal(EventType.SubscriptionUpdated, Assert.Single(decision.Events).Type);
    }

    [Fact]
    public void Restarting_the_cycle_keeps_the_period_and_moves_the_windows()
    {
        var decision = Update(Given.Live(Pro), new() { RestartsCycle = true }).Value;

        Assert.Equal(Later, decision.Subject.BillingCycleAnchor);
        Assert.Equal(Later, decision.Subject.UsageAnchor);
        Assert.Empty(decision.UsageCutoffs);
    }

    [Fact]
    public void A_list_of_overrides_replaces_all_and_metadata_is_replaced_or_cleared()
    {
        var held = Given.Live(Pro) with
        {
            Overrides = [new(new("old")) { UsageLimit = 1 }],
            Metadata = new Dictionary<string, string> { ["a"] = "1" },
        };

        var decision = Update(held, new()
        {
            Overrides = [new(Given.Seats) { UsageLimit = 3 }],
            Metadata = new(null)
        }).Value;

        Assert.Equal(Given.Seats, Assert.Single(decision.Subject.Overrides).FeatureId);
        Assert.Empty(decision.Subject.Metadata);
    }

    [Fact]
    public void Null_removes_budget_minimum_spend_and_pending_cancellation()
    {
        var held = Given.Live(Pro) with
        {
            Budget = new(5, true),
            MinimumSpend = new(5, "usd"),
            CancellationDate = TrialEnd,
        };

        var after = Update(held, new()
        {
            Budget = new(null),
            MinimumSpend = new(null),
            CancellationDate = new(null),
        }).Value.Subject;

        Assert.Null(after.Budget);
        Assert.Null(after.MinimumSpend);
        Assert.Null(after.CancellationDate);
    }

    [Fact]
    public void Wrong_updates_are_refused()
    {
        var ended = SubscriptionLifecycle.Cancel(Given.Live(Pro), Given.Now, CancelReason.Immediate);
        var live = Given.Live(Pro);

        Assert.Equal(ErrorCode.SubscriptionAlreadyCanceledOrExpired, Given.Code(Update(ended, new())));
        Assert.Equal(ErrorCode.InvalidCancellationDate, Given.Code(Update(live,
            new() { CancellationDate = new(Later) })));
        Assert.Equal(ErrorCode.InvalidSubscriptionStatus, Given.Code(Update(live, new() { TrialEndDate = TrialEnd })));
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(Update(live, new()
        {
            Budget = new(new Budget(-1,
            true))
        })));
        Assert.Equal(ErrorCode.BillingPeriodMissingError, Given.Code(
            Update(Given.Live(Given.FreePlan()), new() { BillingPeriod = BillingPeriod.Monthly })));
    }

    [Fact]
    public void A_longer_trial_drops_its_planned_cancellation()
    {
        var trial = Given.Trial(Pro, TrialEnd) with { CancellationDate = TrialEnd };
        var longer = TrialEnd + Duration.FromDays(7);

        var after = Update(trial, new() { TrialEndDate = longer }).Value.Subject;

        Assert.Equal(longer, after.TrialEndDate);
        Assert.Equal(longer, after.CurrentBillingPeriodEnd);
        Assert.Null(after.CancellationDate);
    }

    [Fact]
    public void A_trial_end_in_the_past_ends_the_trial_now()
    {
        var expired = Update(Given.Trial(Pro, TrialEnd), new() { TrialEndDate = Given.Now }).Value;
        var converted = Update(
            Given.Trial(Pro, TrialEnd, TrialEndBehavior.ConvertToPaid), new() { TrialEndDate = Given.Now }).Value;

        Assert.Equal(SubscriptionStatus.Expired, expired.Subject.Status);
        Assert.Equal(CancelReason.TrialEnded, expired.Subject.CancelReason);
        Assert.Equal([EventType.SubscriptionTrialExpired], expired.Events.Select(e => e.Type));
        Assert.Equal(SubscriptionStatus.Active, converted.Subject.Status);
        Assert.Equal(Later, converted.Subject.BillingCycleAnchor);
    }
}
