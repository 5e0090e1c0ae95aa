using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

/// <summary>
/// Several updates that fall due at one instant, and those given up by asking for what is held (spec subscriptions 3.4,
/// 6.4 and 7). The calls are made on February 14 at 10:13; the year ends on January 31.
/// </summary>
public sealed class ScheduledTogetherTests
{
    private static readonly Instant Later = Given.Now + Duration.FromDays(14);
    private static readonly Instant YearEnd = Instant.FromUtc(2027, 1, 31, 10, 13);
    private static readonly PackageVersion Support = Given.Support();
    private static readonly PackageVersion Pro = Given.ProPlan("pro", 20, 200) with { CompatibleAddonIds = [Support.Id] };
    private static readonly PackageVersion Basic = Given.ProPlan("basic") with { CompatibleAddonIds = [Support.Id] };
    private static readonly PackageVersion[] Catalog = [Pro, Basic, Support];
    private static readonly Product DowngradesLater = Given.Product(new() { DowngradeAtEndOfBillingPeriod = true });

    private static Subscription FiveSeats => Given.Live(Pro, BillingPeriod.Annually) with
    {
        Quantities = new Dictionary<FeatureId, decimal> { [Given.Seats] = 5 },
        Addons = [new(Support.Id, 2, 1, 1)],
    };

    private static readonly UpdateRequest ToMonthly = new() { BillingPeriod = BillingPeriod.Monthly };

    private static UpdateRequest Seats(decimal count) => new() { Quantities = [new(Given.Seats, count)] };

    private static Subscription Update(Subscription subscription, UpdateRequest request, int ids = 7000) =>
        UpdateSubscription.Decide(
            request,
            new(Given.Held(subscription, Pro, Support), Given.Journey(DowngradesLater),
                Given.Features(Given.Feature(Given.Seats)), [subscription])
            {
                Addons = Given.Addons(Support),
            },
            Later, Given.Ids(ids)).Value.Subject;

    private static Subscription Provision(Subscription subscription, PackageVersion plan, int ids = 8000) =>
        ProvisionSubscription.Decide(
            new(Given.CustomerId, plan.Id)
            {
                BillingPeriod = BillingPeriod.Annually,
                Quantities = plan == Basic ? [new(Given.Seats, 5)] : null,
                Addons = plan == Basic ? [new(Support.Id, 2)] : null,
            },
            Given.Provision(plan, Given.Held(subscription, Pro, Support)) with
            {
                Journey = Given.Journey(DowngradesLater),
                Addons = Given.Addons(Support),
            },
            Later, Given.Ids(ids)).Value.Subject;

    private static ScheduleType[] Waiting(Subscription subscription) =>
        [.. subscription.FutureUpdates.Where(u => u.IsScheduled).Select(u => u.Type)];

    /// <summary>The steps at the end of the year.</summary>
    private static List<AdvanceStep> AtYearEnd(Subscription subscription) =>
        [.. Timeline.Run([subscription], _ => Given.Journey(DowngradesLater), YearEnd, Given.Ids(9000), Catalog)
            .Where(step => step.Due.At == YearEnd)];

    [Fact]
    public void Fewer_seats_and_addons_asked_for_after_a_shorter_period_come_with_it_in_one_step()
    {
        var waiting = Update(Update(Update(FiveSeats, ToMonthly), Seats(3), 7100), new() { Addons = [] }, 7200);
        var steps = AtYearEnd(waiting);

        Assert.Equal([ScheduleType.BillingPeriod, ScheduleType.UnitAmount, ScheduleType.Addon], Waiting(waiting));
        Assert.Equal(DueKind.ScheduledUpdate, steps[0].Due.Kind);
        var done = steps[0].Decision.Subject;
        Assert.Equal((BillingPeriod.Monthly, 3m, 0), (done.BillingPeriod, done.Quantities[Given.Seats], done.Addons.Count));
        Assert.Equal(YearEnd, done.CurrentBillingPeriodStart);
        Assert.All(done.FutureUpdates, u => Assert.Equal(ScheduleStatus.Done, u.Status));
    }

    [Fact]
    public void Fewer_seats_and_addons_asked_for_after_a_smaller_plan_come_with_it()
    {
        var waiting = Update(Update(Provision(FiveSeats, Basic), Seats(3)), new() { Addons = [new(Support.Id)] }, 7100);
        var done = AtYearEnd(waiting)[0].Decision.Subject;

        Assert.Equal([ScheduleType.Downgrade, ScheduleType.UnitAmount, ScheduleType.Addon], Waiting(waiting));
        Assert.Equal((Basic.Id, 3m, 1), (done.PlanId, done.Quantities[Given.Seats], Assert.Single(done.Addons).Quantity));
        Assert.Empty(Waiting(done));
        Assert.DoesNotContain(done.FutureUpdates, u => u.Status == ScheduleStatus.Canceled);
    }

    [Fact]
    public void Seats_asked_for_again_and_seats_lost_at_once_are_what_the_smaller_plan_has()
    {
        var again = Update(Update(Provision(FiveSeats, Basic), Seats(3)), Seats(5), 7100);
        var lost = Update(
            Provision(FiveSeats, Basic), Seats(4) with { ScheduleStrategy = ScheduleStrategy.Immediate });

        Assert.Equal(5m, AtYearEnd(again)[0].Decision.Subject.Quantities[Given.Seats]);
        Assert.Equal(4m, AtYearEnd(lost)[0].Decision.Subject.Quantities[Given.Seats]);
    }

    [Fact]
    public void Asking_for_the_period_held_gives_up_the_shorter_one_and_what_came_with_it_alone()
    {
        var withSeats = Update(
            Update(FiveSeats, ToMonthly with { Quantities = [new(Given.Seats, 4)] }), new() { Addons = [] }, 7100);
        var patched = Update(withSeats, new() { BillingPeriod = BillingPeriod.Annually }, 7200);
        var provisioned = Provision(withSeats, Pro);

        Assert.Equal([ScheduleType.BillingPeriod, ScheduleType.UnitAmount, ScheduleType.Addon], Waiting(withSeats));
        Assert.Equal([ScheduleType.Addon], Waiting(patched));
        Assert.Equal([ScheduleType.Addon], Waiting(provisioned));
        Assert.Equal(BillingPeriod.Annually, AtYearEnd(patched)[^1].Decision.Subject.BillingPeriod);
    }

    [Fact]
    public void Asking_for_the_plan_held_gives_up_the_smaller_one_and_leaves_seats_asked_for_since()
    {
        var waiting = Update(Provision(FiveSeats, Basic), Seats(3));
        var kept = Provision(waiting, Pro, 8100);

        Assert.Equal([ScheduleType.UnitAmount], Waiting(kept));
        var then = AtYearEnd(kept)[^1].Decision.Subject;
        Assert.Equal((Pro.Id, 3m), (then.PlanId, then.Quantities[Given.Seats]));
        // The period alone does not speak of the plan.
        var period = Update(waiting, new() { BillingPeriod = BillingPeriod.Annually }, 7300);
        Assert.Contains(ScheduleType.Downgrade, Waiting(period));
    }
}
