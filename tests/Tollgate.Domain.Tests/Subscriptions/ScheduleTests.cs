using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

/// <summary>What waits for the end of a period (spec subscriptions 6.3, 6.4 and 7). The period runs from January 31 to
/// February 28, 10:13; the calls are made on February 14 at 10:13.</summary>
public sealed class ScheduleTests
{
    private static readonly Instant Later = Given.Now + Duration.FromDays(14);
    private static readonly Instant PeriodEnd = Instant.FromUtc(2026, 2, 28, 10, 13);
    private static readonly PackageVersion Support = Given.Support();
    private static readonly PackageVersion Pro = Given.ProPlan("pro", 20, 200) with { CompatibleAddonIds = [Support.Id] };
    private static readonly PackageVersion Basic = Given.ProPlan("basic");
    private static readonly PackageVersion[] Catalog = [Pro, Basic, Support, Given.FreePlan()];
    private static readonly Product DowngradesLater = Given.Product(new() { DowngradeAtEndOfBillingPeriod = true });

    private static Subscription Seats(int count, BillingPeriod period = BillingPeriod.Monthly) =>
        Given.Live(Pro, period) with { Quantities = new Dictionary<FeatureId, decimal> { [Given.Seats] = count } };

    private static Result<SubscriptionDecision> Update(
        Subscription subscription, UpdateRequest request, Product? product = null, IdSource? ids = null) =>
        UpdateSubscription.Decide(
            request,
            new(Given.Held(subscription, Pro, Support), Given.Journey(product ?? DowngradesLater),
                Given.Features(Given.Feature(Given.Seats)), [subscription])
            {
                Addons = Given.Addons(Support),
            },
            Later, ids ?? Given.Ids(7000));

    private static Subscription Ask(Subscription subscription, int seats, IdSource? ids = null) =>
        Update(subscription, new() { Quantities = [new(Given.Seats, seats)] }, ids: ids).Value.Subject;

    private static Result<SubscriptionDecision> Provision(
        Subscription subscription, ProvisionRequest request, Product? product = null) =>
        ProvisionSubscription.Decide(
            request,
            Given.Provision(Catalog.Single(p => p.Id == request.PlanId), Given.Held(subscription, Pro, Support)) with
            {
                Journey = Given.Journey(product ?? DowngradesLater),
                Addons = Given.Addons(Support),
            },
            Later, Given.Ids(8000));

    private static ProvisionRequest To(PackageVersion plan) =>
        new(Given.CustomerId, plan.Id) { BillingPeriod = BillingPeriod.Monthly };

    private static (ScheduleType Type, decimal? Quantity, Instant At)[] Waiting(Subscription subscription) =>
    [
        .. subscription.FutureUpdates.Where(u => u.IsScheduled)
            .Select(u => (u.Type, u.Quantity ?? u.AddonQuantity, u.ExecuteAt)),
    ];

    private static IReadOnlyList<AdvanceStep> Run(Subscription subscription, Instant until, params PackageVersion[] catalog) =>
        Timeline.Run([subscription], _ => Given.Journey(DowngradesLater), until, Given.Ids(9000),
            catalog.Length > 0 ? catalog : Catalog);

    /// <summary>Spec 7, rule 4: seats 5, scheduled 3; ask 4, ask 5, ask 7.</summary>
    [Fact]
    public void Seats_asked_for_while_fewer_are_scheduled()
    {
        var scheduled = Ask(Seats(5), 3);
        Assert.Equal([(ScheduleType.UnitAmount, 3m, PeriodEnd)], Waiting(scheduled));
        Assert.Equal(5m, scheduled.Quantities[Given.Seats]);

        var four = Ask(scheduled, 4);
        Assert.Equal([(ScheduleType.UnitAmount, 4m, PeriodEnd)], Waiting(four));
        Assert.Equal(scheduled.FutureUpdates[0].Uid, Assert.Single(four.FutureUpdates).Uid);
        var five = Ask(scheduled, 5);
        Assert.Empty(Waiting(five));
        Assert.Equal(ScheduleStatus.Canceled, Assert.Single(five.FutureUpdates).Status);
        var seven = Ask(scheduled, 7);
        Assert.Empty(Waiting(seven));
        Assert.Equal(7m, seven.Quantities[Given.Seats]);
    }

    [Fact]
    public void A_scheduled_decrease_is_done_before_the_period_rolls_and_only_then_counts()
    {
        var steps = Run(Ask(Seats(5), 3), PeriodEnd);

        Assert.Equal([DueKind.MonthEndsSoon, DueKind.ScheduledUpdate, DueKind.PeriodRoll], steps.Select(s => s.Due.Kind));
        var done = steps[1].Decision;
        Assert.Equal(3m, done.Subject.Quantities[Given.Seats]);
        Assert.Equal(ScheduleStatus.Done, Assert.Single(done.Subject.FutureUpdates).Status);
        Assert.Equal([EventType.SubscriptionUpdated], done.Events.Select(e => e.Type));
        Assert.True(((Subscription)done.Events[0].Before!).FutureUpdates[0].IsScheduled);
        Assert.Equal(5m, done.Changes[0].Before!.Quantities[Given.Seats]);
    }

    [Fact]
    public void Of_a_mixed_request_more_is_now_and_less_waits()
    {
        var held = Seats(5) with { Addons = [new(Support.Id, 2, 1, 1)] };

        var decision = Update(held, new()
        {
            Quantities = [new(Given.Seats, 8)],
            Addons = [new(Support.Id)],
            Metadata = new(new Dictionary<string, string> { ["a"] = "1" }),
            Budget = new(new Budget(100, false)),
        }).Value;

        Assert.Equal([(ScheduleType.Addon, 1m, PeriodEnd)], Waiting(decision.Subject));
        Assert.Equal(8m, decision.Subject.Quantities[Given.Seats]);
        Assert.Equal(2, decision.Subject.Addons[0].Quantity);
        Assert.Equal("1", decision.Subject.Metadata["a"]);
        Assert.Equal(100m, decision.Subject.Budget?.Limit);
        Assert.Single(decision.Events);
        var done = Run(decision.Subject, PeriodEnd)[1].Decision.Subject;
        Assert.Equal((8m, 1), (done.Quantities[Given.Seats], done.Addons[0].Quantity));
    }

    [Fact]
    public void A_removed_addon_stays_until_then_with_its_agreed_price()
    {
        var held = Update(Seats(5), new()
        {
            Addons = [new(Support.Id)],
            PriceOverrides = [new() { AddonId = Support.Id, Amount = 3 }],
        }).Value.Subject;

        var waiting = Update(held, new() { Addons = [] }).Value.Subject;
        Assert.Equal([(ScheduleType.Addon, 0m, PeriodEnd)], Waiting(waiting));
        Assert.Single(waiting.Addons);
        Assert.Single(waiting.PriceOverrides);
        Assert.Empty(Waiting(Update(waiting, new() { Addons = [new(Support.Id)] }).Value.Subject));
        var gone = Run(waiting, PeriodEnd)[1].Decision.Subject;
        Assert.Empty(gone.Addons);
        Assert.Empty(gone.PriceOverrides);
    }

    [Fact]
    public void The_calls_strategy_beats_the_setting_both_ways()
    {
        var now = Update(Seats(5), new()
        {
            Quantities = [new(Given.Seats, 3)],
            ScheduleStrategy = ScheduleStrategy.Immediate,
        }).Value.Subject;
        Assert.Equal(3m, now.Quantities[Given.Seats]);
        Assert.Empty(now.FutureUpdates);

        var later = Update(Seats(5), new()
        {
            Quantities = [new(Given.Seats, 9)],
            Addons = [new(Support.Id, 2)],
            PriceOverrides = [new() { FeatureId = Given.Seats, Amount = 18 }],
            ScheduleStrategy = ScheduleStrategy.EndOfBillingPeriod,
        }, Given.Product()).Value.Subject;
        Assert.Equal(
            [
                (ScheduleType.UnitAmount, 9m, PeriodEnd),
                (ScheduleType.Addon, 2m, PeriodEnd),
                (ScheduleType.PriceOverride, null, PeriodEnd),
            ],
            Waiting(later));
        Assert.Equal((5m, 0, 0), (later.Quantities[Given.Seats], later.Addons.Count, later.PriceOverrides.Count));
        var steps = Run(later, PeriodEnd);
        Assert.Single(steps, s => s.Due.Kind == DueKind.ScheduledUpdate);
        var done = steps[1].Decision.Subject;
        Assert.Equal((9m, 2, 1), (done.Quantities[Given.Seats], done.Addons[0].Quantity, done.PriceOverrides.Count));
    }

    [Fact]
    public void An_annual_term_can_wait_for_its_billing_month()
    {
        var decision = Update(Seats(5, BillingPeriod.Annually), new()
        {
            Quantities = [new(Given.Seats, 3)],
            ScheduleStrategy = ScheduleStrategy.EndOfBillingMonth,
        }).Value;

        Assert.Equal([(ScheduleType.UnitAmount, 3m, PeriodEnd)], Waiting(decision.Subject));
    }

    [Fact]
    public void To_monthly_is_a_downgrade_that_takes_its_whole_request_along()
    {
        var yearEnd = Instant.FromUtc(2027, 1, 31, 10, 13);
        var waiting = Update(Seats(5, BillingPeriod.Annually), new()
        {
            BillingPeriod = BillingPeriod.Monthly,
            Quantities = [new(Given.Seats, 9)],
            Metadata = new(new Dictionary<string, string> { ["a"] = "1" }),
        }).Value.Subject;

        Assert.Equal(
            [ScheduleType.BillingPeriod, ScheduleType.UnitAmount, ScheduleType.AdditionalMetaData],
            Waiting(waiting).Select(w => w.Type));
        Assert.Equal((5m, 0), (waiting.Quantities[Given.Seats], waiting.Metadata.Count));
        var done = Run(waiting, yearEnd).Single(s => s.Due.Kind == DueKind.ScheduledUpdate).Decision.Subject;
        Assert.Equal((BillingPeriod.Monthly, 9m, "1"), (done.BillingPeriod, done.Quantities[Given.Seats], done.Metadata["a"]));
        Assert.Equal(yearEnd, done.BillingCycleAnchor);
    }

    [Fact]
    public void To_annual_is_an_upgrade_at_once_and_replaces_what_waited_for_the_old_period()
    {
        var annual = Update(Ask(Seats(5), 3), new() { BillingPeriod = BillingPeriod.Annually }).Value.Subject;

        Assert.Equal(Later, annual.BillingCycleAnchor);
        Assert.Empty(Waiting(annual));
        Assert.Equal(5m, annual.Quantities[Given.Seats]);
    }

    [Fact]
    public void Waiting_needs_a_period_and_no_cycle_that_starts_now()
    {
        var custom = Given.Live(Given.Plan("enterprise", PricingType.Custom), null);
        Result<SubscriptionDecision> Custom(UpdateRequest request) => UpdateSubscription.Decide(
            request,
            new(Given.Held(custom, Given.Plan("enterprise", PricingType.Custom)), Given.Journey(DowngradesLater),
                Given.Features(), [custom]),
            Later, Given.Ids());

        Assert.Equal(ErrorCode.SubscriptionDoesNotHaveBillingPeriod, Given.Code(Custom(new()
        {
            Metadata = new(null),
            ScheduleStrategy = ScheduleStrategy.EndOfBillingPeriod,
        })));
        Assert.Null(Given.Code(Custom(new() { Metadata = new(null) })));
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(Update(Seats(5), new()
        {
            RestartsCycle = true,
            ScheduleStrategy = ScheduleStrategy.EndOfBillingPeriod,
        })));
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(Provision(Seats(5), To(Basic) with { RestartsCycle = true })));
        Assert.Equal(ErrorCode.SubscriptionDoesNotHaveBillingPeriod, Given.Code(ProvisionSubscription.Decide(
            new(Given.CustomerId, new("free")) { ScheduleStrategy = ScheduleStrategy.EndOfBillingPeriod },
            Given.Provision(Given.FreePlan()), Later, Given.Ids())));
        Assert.Equal(ErrorCode.UnsupportedSubscriptionScheduleType, Given.Code(Provision(Seats(5), To(Basic) with
        {
            Id = new("fresh"),
            ScheduleStrategy = ScheduleStrategy.EndOfBillingPeriod,
        })));
    }

    [Fact]
    public void A_downgrade_of_the_plan_waits_on_its_record_and_lands_on_the_latest_version_then()
    {
        var decision = Provision(Seats(5), To(Basic) with { Quantities = [new(Given.Seats, 4)] }).Value;

        Assert.True(decision.IsScheduled);
        Assert.Equal(PlanDirection.Downgrade, decision.Direction);
        Assert.Equal(Pro.Id, decision.Subject.PlanId);
        Assert.Equal([(ScheduleType.Downgrade, null, PeriodEnd)], Waiting(decision.Subject));
        Assert.Equal(Basic.Id, decision.Subject.FutureUpdates[0].Target);
        Assert.Equal([EventType.SubscriptionUpdated], decision.Events.Select(e => e.Type));

        var third = Basic with { Version = 3 };
        var steps = Run(decision.Subject, PeriodEnd, Pro, third, Support);
        Assert.Equal([DueKind.MonthEndsSoon, DueKind.ScheduledUpdate, DueKind.PeriodRoll], steps.Select(s => s.Due.Kind));
        var moved = steps[1].Decision.Subject;
        Assert.Equal((Basic.Id, 3, 3, 4m), (moved.PlanId, moved.PlanVersion, moved.PriceVersion, moved.Quantities[Given.Seats]));
        Assert.Equal(decision.Subject.Id, moved.Id);
        Assert.Equal("true", steps[1].Decision.Events[0].Facts!["isDowngrade"]);
        Assert.Equal(ChangeReason.PlanChanged, steps[1].Decision.Changes[0].Reason);
    }

    [Fact]
    public void The_same_downgrade_again_changes_nothing_and_another_replaces_it()
    {
        var waiting = Provision(Seats(5), To(Basic)).Value.Subject;

        Assert.True(Provision(waiting, To(Basic)).Value.IsNoChange);
        var more = Provision(waiting, To(Basic) with { Quantities = [new(Given.Seats, 2)] }).Value.Subject;
        Assert.Equal(waiting.FutureUpdates[0].Uid, Assert.Single(more.FutureUpdates).Uid);
        var free = Provision(waiting, new(Given.CustomerId, new("free"))).Value.Subject;
        Assert.Equal([ScheduleStatus.Canceled, ScheduleStatus.Scheduled], free.FutureUpdates.Select(u => u.Status));
        Assert.Equal(new PackageId("free"), free.FutureUpdates[1].Target);
        var now = Provision(waiting, To(Basic) with { ScheduleStrategy = ScheduleStrategy.Immediate }).Value.Subject;
        Assert.Equal(Basic.Id, now.PlanId);
        Assert.Empty(Waiting(now));
    }

    /// <summary>Spec 7, rule 5.</summary>
    [Fact]
    public void Seats_bought_before_a_scheduled_downgrade_go_along()
    {
        var waiting = Provision(Seats(5), To(Basic) with { Quantities = [new(Given.Seats, 5)] }).Value.Subject;

        var bought = Ask(waiting, 8);
        Assert.Equal(8m, bought.Quantities[Given.Seats]);
        Assert.Equal(8m, bought.FutureUpdates[0].Plan!.Quantities[Given.Seats]);
        Assert.Equal(8m, Run(bought, PeriodEnd)[1].Decision.Subject.Quantities[Given.Seats]);
    }

    [Fact]
    public void A_coupon_and_texts_of_a_scheduled_plan_come_with_it()
    {
        var request = To(Basic) with
        {
            Metadata = new Dictionary<string, string> { ["a"] = "1" },
            Coupon = new(new CouponRequest { Discount = new() { PercentOff = 10 } }),
        };
        var waiting = Provision(Seats(5), request).Value.Subject;

        Assert.Equal([ScheduleType.Downgrade, ScheduleType.Coupon, ScheduleType.AdditionalMetaData],
            Waiting(waiting).Select(w => w.Type));
        Assert.Empty(waiting.Coupons);
        Assert.True(Provision(waiting, request).Value.IsNoChange);
        var done = Run(waiting, PeriodEnd)[1].Decision.Subject;
        Assert.Equal((10m, PeriodEnd, "1"), (done.Coupons[0].Terms.PercentOff, done.Coupons[0].Terms.Start, done.Metadata["a"]));
        Assert.All(done.FutureUpdates, u => Assert.Equal(ScheduleStatus.Done, u.Status));
    }

    [Fact]
    public void An_upgrade_waits_only_when_the_call_says_so()
    {
        var low = Given.Live(Basic);
        Result<SubscriptionDecision> Up(ScheduleStrategy? strategy) => ProvisionSubscription.Decide(
            To(Pro) with { ScheduleStrategy = strategy },
            Given.Provision(Pro, Given.Held(low, Basic)) with { Journey = Given.Journey(DowngradesLater) },
            Later, Given.Ids(8000));

        Assert.Equal(Pro.Id, Up(null).Value.Subject.PlanId);
        var waiting = Up(ScheduleStrategy.EndOfBillingPeriod).Value;
        Assert.Equal([(ScheduleType.Plan, null, PeriodEnd)], Waiting(waiting.Subject));
        Assert.Equal(PlanDirection.Upgrade, waiting.Direction);
    }

    [Fact]
    public void What_cannot_be_done_then_fails_leaves_the_subscription_as_it_was_and_says_so()
    {
        var waiting = Provision(Seats(5), To(Basic)).Value.Subject;
        var archived = Basic with { Status = PackageStatus.Archived };

        var failed = Run(waiting, PeriodEnd, Pro, archived, Support)[1].Decision;

        Assert.Equal(Pro.Id, failed.Subject.PlanId);
        Assert.Equal(ScheduleStatus.Failed, Assert.Single(failed.Subject.FutureUpdates).Status);
        Assert.Contains("archived", failed.Subject.FutureUpdates[0].Error, StringComparison.Ordinal);
        var told = Assert.Single(failed.Events);
        Assert.Equal(EventType.SyncFailed, told.Type);
        Assert.Equal("SUBSCRIPTION", told.Facts!["entityType"]);
        Assert.Equal(ChangeReason.Noticed, failed.Changes[0].Reason);
    }

    [Fact]
    public void Cancelling_drops_what_waits()
    {
        var waiting = Ask(Seats(5), 3);
        Subscription Cancel(CancellationTime time) => CancelSubscription.Decide(
            new() { Time = time }, new(waiting, Given.Journey(), [waiting]), Later, Given.Ids()).Value.Subject;

        Assert.Equal(ScheduleStatus.Canceled, Assert.Single(Cancel(CancellationTime.Immediate).FutureUpdates).Status);
        Assert.Equal(ScheduleStatus.Canceled, Assert.Single(Cancel(CancellationTime.EndOfBillingPeriod).FutureUpdates).Status);
        Assert.Empty(Waiting(Update(waiting, new() { CancellationDate = new(PeriodEnd) }).Value.Subject));
    }

    [Fact]
    public void What_waits_is_taken_back_by_its_status_and_nothing_waiting_is_no_fault()
    {
        var waiting = Ask(Seats(5), 3);
        SubscriptionDecision Cancel(Subscription s, ScheduleStatus status) =>
            CancelFutureUpdates.Decide(s, status, Given.Journey(), Later).Value;

        Assert.True(Cancel(waiting, ScheduleStatus.PendingPayment).IsNoChange);
        Assert.True(Cancel(Seats(5), ScheduleStatus.Scheduled).IsNoChange);
        var canceled = Cancel(waiting, ScheduleStatus.Scheduled);
        Assert.Equal(ScheduleStatus.Canceled, canceled.Subject.FutureUpdates[0].Status);
        Assert.Equal([EventType.SubscriptionUpdated], canceled.Events.Select(e => e.Type));
    }

    [Fact]
    public void A_trial_changes_at_once_whatever_the_setting_says()
    {
        var trial = Given.Trial(Pro, Later + Duration.FromDays(3)) with
        {
            Quantities = new Dictionary<FeatureId, decimal> { [Given.Seats] = 5 },
        };

        Assert.Equal(3m, Ask(trial, 3).Quantities[Given.Seats]);
    }

    [Fact]
    public void No_more_than_twenty_closed_updates_are_remembered()
    {
        var subscription = Seats(5);
        var ids = Given.Ids(7000);
        for (var i = 0; i < 30; i++)
            subscription = Ask(Ask(subscription, 3, ids), 5, ids);

        Assert.Equal(20, subscription.FutureUpdates.Count);
    }
}
