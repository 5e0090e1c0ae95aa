using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

/// <summary>What must hold after any sequence of calls and any passing of time.</summary>
public sealed class SubscriptionLaws
{
    private static readonly PackageVersion[] Plans =
    [
        Given.FreePlan(),
        Given.ProPlan() with { DefaultTrial = new(10, TrialUnits.Day, null, TrialEndBehavior.ConvertToPaid) },
        Given.ProPlan("team", monthly: 20, annually: 180),
        Given.Plan("enterprise", PricingType.Custom),
    ];

    private static readonly Product Product = Given.DowngradingToFree();

    /// <summary>One customer's scope driven by a list of numbers: each is a call or a stretch of time.</summary>
    private sealed class World
    {
        private readonly IdSource _ids = Given.Ids();
        public Instant Now { get; private set; } = Given.Now;
        public IReadOnlyList<Subscription> Scope { get; private set; } = [];

        public void Do(int action)
        {
            switch (action % 4)
            {
                case 0:
                    Now += Duration.FromHours(1 + (action % 900));
                    foreach (var step in AdvanceSubscription.Run(Scope, _ => Given.Journey(Product), Now, _ids))
                        Scope = step.Decision.Apply(Scope);
                    break;
                case 1 when Scope.Count > 0:
                    var target = Scope[action / 4 % Scope.Count];
                    var time = (action / 16 % 2) == 0 ? CancellationTime.Immediate
                        : CancellationTime.EndOfBillingPeriod;
                    if (CancelSubscription.Decide(new() { Time = time }, new(target, Given.Journey(Product), Scope),
                        Now, _ids)
                        .TryGet(out var canceled, out _))
                    {
                        Scope = canceled.Apply(Scope);
                    }

                    break;
                default:
                    Scope = Provision(Request(action)).Apply(Scope);
                    break;
            }
        }

        public ProvisionRequest Request(int action) => new(Given.CustomerId, Plans[action / 4 % 4].Id)
        {
            BillingPeriod = (action / 16 % 2) == 0 ? BillingPeriod.Monthly : BillingPeriod.Annually,
            SkipTrial = (action / 32 % 2) == 0,
            StartDate = (action / 64 % 3) == 0 ? Now + Duration.FromDays(1 + (action % 40)) : null,
        };

        public SubscriptionDecision Provision(ProvisionRequest request)
        {
            var plan = Plans.Single(p => p.Id == request.PlanId);
            var held = Scope.Select(s => Given.Held(s, Plans.Single(p => p.Id == s.PlanId))).ToArray();
            return ProvisionSubscription.Decide(
                request, Given.Provision(plan, held) with { Journey = Given.Journey(Product) }, Now, _ids).Value;
        }
    }

    private static Arbitrary<int[]> Actions() => Gen.Choose(0, 100_000).ArrayOf().ToArbitrary();

    [Fact]
    public void A_scope_never_has_two_live_plans_or_two_live_trials() => Prop.ForAll(Actions(), (int[] actions) =>
    {
        var world = new World();
        foreach (var action in actions)
        {
            world.Do(action);
            Assert.True(world.Scope.Count(s => s.Status == SubscriptionStatus.Active) <= 1);
            Assert.True(world.Scope.Count(s => s.Status == SubscriptionStatus.InTrial) <= 1);
            Assert.True(world.Scope.Count(s => s.Status == SubscriptionStatus.NotStarted) <= 1);
            Assert.Equal(world.Scope.Count, world.Scope.Select(s => s.Uid).Distinct().Count());
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Provisioning_twice_is_provisioning_once() =>
        Prop.ForAll(Actions(), Gen.Choose(0, 100_000).ToArbitrary(), (int[] actions, int last) =>
        {
            var world = new World();
            foreach (var action in actions)
                world.Do(action);
            var request = world.Request(last);
            var held = world.Provision(request);
            // Play the decision by hand: the world's own step would repeat it.
            var replay = new ReplayedWorld(world, held.Apply(world.Scope));
            Assert.True(replay.Provision(request).IsNoChange);
        }).QuickCheckThrowOnFailure();

    /// <summary>The same instant, one decision later.</summary>
    private sealed class ReplayedWorld(World world, IReadOnlyList<Subscription> scope)
    {
        public SubscriptionDecision Provision(ProvisionRequest request)
        {
            var plan = Plans.Single(p => p.Id == request.PlanId);
            var held = scope.Select(s => Given.Held(s, Plans.Single(p => p.Id == s.PlanId))).ToArray();
            return ProvisionSubscription.Decide(
                request, Given.Provision(plan, held) with { Journey = Given.Journey(Product) }, world.Now,
                    Given.Ids(90_000))
                .Value;
        }
    }

    [Fact]
    public void Working_off_what_is_due_never_goes_back_in_time_and_comes_to_an_end() =>
        Prop.ForAll(Actions(), Gen.Choose(1, 500).ToArbitrary(), (int[] actions, int days) =>
        {
            var world = new World();
            foreach (var action in actions)
                world.Do(action);
            var until = world.Now + Duration.FromDays(days);
            var scope = world.Scope;
            var steps = AdvanceSubscription.Run(scope, _ => Given.Journey(Product), until, Given.Ids(50_000));
            foreach (var (step, next) in steps.Zip(steps.Skip(1)))
                Assert.True(step.Due.At <= next.Due.At);
            foreach (var step in steps)
                scope = step.Decision.Apply(scope);
            Assert.Null(Due.NextOf(scope, until));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_next_due_change_of_a_subscription_always_lies_after_the_one_before()
    {
        var minutes = Gen.Choose(0, 2_000_000).ToArbitrary();
        Prop.ForAll(minutes, (int offset) =>
        {
            var start = Given.Now + Duration.FromMinutes(offset);
            foreach (var period in Enum.GetValues<BillingPeriod>())
            {
                var subscription = Given.Live(Plans[2], period, start);
                var due = Due.Next(subscription)!.Value;
                for (var i = 0; i < 30; i++)
                {
                    subscription = AdvanceSubscription.Step(
                        subscription, due, new(Given.Journey(Product), [subscription]), Given.Ids()).Subject;
                    var next = Due.Next(subscription)!.Value;
                    Assert.True(next.At > due.At);
                    due = next;
                }
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Late_steps_give_the_same_state_as_steps_on_time() =>
        Prop.ForAll(Actions(), Gen.Choose(2, 400).ToArbitrary(), (int[] actions, int days) =>
        {
            var world = new World();
            foreach (var action in actions)
                world.Do(action);
            IReadOnlyList<Subscription> Advance(IReadOnlyList<Subscription> scope, Instant until, IdSource ids) =>
                AdvanceSubscription.Run(scope, _ => Given.Journey(Product), until, ids)
                    .Aggregate(scope, (now, step) => step.Decision.Apply(now));
            var end = world.Now + Duration.FromDays(days);
            var atOnce = Advance(world.Scope, end, Given.Ids(50_000));
            var ids = Given.Ids(50_000);
            var daily = Enumerable.Range(1, days).Aggregate(world.Scope,
                (scope, day) => Advance(scope, world.Now + Duration.FromDays(day), ids));
            Assert.Equal(atOnce.Select(s => (s.Uid, s.Status, s.CurrentBillingPeriodEnd)),
                daily.Select(s => (s.Uid, s.Status, s.CurrentBillingPeriodEnd)));
        }).QuickCheckThrowOnFailure();
}
