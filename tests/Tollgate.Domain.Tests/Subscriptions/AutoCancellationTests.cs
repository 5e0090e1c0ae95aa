using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

/// <summary>A team plan takes its member plans along (spec subscriptions 9.2).</summary>
public sealed class AutoCancellationTests
{
    private static readonly PackageVersion Team = Given.ProPlan("team");
    private static readonly Instant Later = Given.Now + Duration.FromDays(10);

    private static readonly Product TeamProduct = Given.Product() with
    {
        AutoCancellationRules = [new(Team.Id, new("member"))],
    };

    private static Subscription Member(int n, string plan = "member") => Given.Live(Given.Plan(plan, PricingType.Free)) with
    {
        Uid = Given.Uid(500 + n),
        Id = new($"member-{n}"),
        ProductId = new("members"),
        ResourceId = new($"m{n}"),
        CreatedAt = Given.Now + Duration.FromMinutes(n),
    };

    private static JourneyFacts Journey(Product? membersProduct, params Subscription[] members) =>
        new(TeamProduct, null)
        {
            Linked = [.. members.Select(m => new LinkedSubscription(
                Team.Id, m, Given.Journey(membersProduct ?? Given.Product()), [m]))],
        };

    private static (string Id, EventType Type, CancelReason? Reason)[] Log(SubscriptionDecision decision) =>
    [
        .. decision.Events.Select(e => (e.EntityId, e.Type, ((Subscription)e.After!).CancelReason)),
    ];

    [Fact]
    public void Canceling_the_team_cancels_its_members_oldest_first()
    {
        var team = Given.Live(Team);

        var decision = CancelSubscription.Decide(new() { Time = CancellationTime.Immediate },
            new(team, Journey(null, Member(2), Member(1)), [team]), Later, Given.Ids()).Value;

        Assert.Equal(
            [
                (team.Id.Value, EventType.SubscriptionCanceled, CancelReason.Immediate),
                ("member-1", EventType.SubscriptionCanceled, CancelReason.AutoCancellationRule),
                ("member-2", EventType.SubscriptionCanceled, CancelReason.AutoCancellationRule),
            ],
            Log(decision));
        Assert.All(decision.Changed, s => Assert.Equal(Later, s.CancellationDate));
    }

    [Fact]
    public void Members_end_when_a_planned_end_comes_and_when_a_trial_of_the_team_expires()
    {
        var planned = Given.Live(Team) with { CancellationDate = Later };
        var trial = Given.Trial(Team, Later);

        var canceled = AdvanceSubscription.Step(planned, new(Later, DueKind.Cancellation),
            new(Journey(null, Member(1)), [planned]), Given.Ids());
        var expired = AdvanceSubscription.Step(trial, new(Later, DueKind.TrialEnd),
            new(Journey(null, Member(1)), [trial]), Given.Ids());

        Assert.Equal(CancelReason.AutoCancellationRule, canceled.Changed[1].CancelReason);
        Assert.Equal([EventType.SubscriptionTrialExpired, EventType.SubscriptionCanceled],
            expired.Events.Select(e => e.Type));
    }

    [Fact]
    public void A_team_that_moves_to_another_plan_or_has_not_started_or_is_still_held_keeps_its_members()
    {
        var team = Given.Live(Team);
        var other = Given.ProPlan("business");
        var journey = Journey(null, Member(1));
        var waiting = Given.Subscription("next", "team", SubscriptionStatus.NotStarted) with { StartDate = Later };
        var trial = Given.Trial(Team, Later) with { Uid = Given.Uid(9), Id = new("trial") };

        var moved = ProvisionSubscription.Decide(
            new(Given.CustomerId, other.Id) { BillingPeriod = BillingPeriod.Monthly },
            Given.Provision(other, Given.Held(team, Team)) with { Journey = journey }, Given.Now, Given.Ids()).Value;
        var dropped = CancelSubscription.Decide(new() { Time = CancellationTime.Immediate },
            new(waiting, journey, [waiting]), Given.Now, Given.Ids()).Value;
        var triedBeside = AdvanceSubscription.Step(
            trial, new(Later, DueKind.TrialEnd), new(journey, [team, trial]), Given.Ids());

        Assert.Single(moved.Changed);
        Assert.Single(dropped.Changed);
        Assert.Single(triedBeside.Changed);
    }

    [Fact]
    public void What_follows_the_end_of_a_member_is_the_journey_of_its_own_product()
    {
        var team = Given.Live(Team);
        var paid = Member(1) with { PlanId = new("seat") };

        var decision = CancelSubscription.Decide(new() { Time = CancellationTime.Immediate },
            new(team, Journey(Given.DowngradingToFree(), paid), [team]), Later, Given.Ids()).Value;

        var fallback = decision.Changed[^1];
        Assert.Equal((new PackageId("free"), paid.ResourceId, SubscriptionStatus.Active),
            (fallback.PlanId, fallback.ResourceId, fallback.Status));
    }
}
