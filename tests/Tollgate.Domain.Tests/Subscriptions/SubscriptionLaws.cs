using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

/// <summary>What must hold after any sequence of calls and any passing of time.</summary>
public sealed class SubscriptionLaws
{
    private static readonly PackageVersion Support = Given.Support();

    private static readonly PackageVersion[] Plans =
    [
        Given.FreePlan(),
        Given.ProPlan() with
        {
            DefaultTrial = new(10, TrialUnits.Day, null, TrialEndBehavior.ConvertToPaid),
            CompatibleAddonIds = [Support.Id],
        },
        Given.ProPlan("team", monthly: 20, annually: 180) with
        {
            DefaultTrial = new(null, null, new(5, false), TrialEndBehavior.CancelSubscription),
            CompatibleAddonIds = [Support.Id],
        },
        Given.Plan("enterprise", PricingType.Custom),
    ];

    private static readonly PackageVersion[] Catalog = [.. Plans, Support];

    private static readonly Product Product = Given.Product(Given.DowngradingToFree().Settings with
    {
        DowngradeAtEndOfBillingPeriod = true,
    });

    private static HeldSubscription Held(Subscription s) => Given.Held(
        s, Plans.Single(p => p.Id == s.PlanId), [.. s.Addons.Select(_ => Support)]);

    private static IReadOnlyList<AdvanceStep> Run(IReadOnlyList<Subscription> scope, Instant until, IdSource ids) =>
        Timeline.Run(scope, _ => Given.Journey(Product), until, ids, Catalog);

    /// <summary>One customer's scope driven by a list of numbers: each is a call or a stretch of time.</summary>
    private sealed class World
    {
        private readonly IdSource _ids = Given.Ids();
        private readonly Dictionary<Guid, Subscription> _ended = [];
        public Instant Now { get; private set; } = Given.Now;
        public IReadOnlyList<Subscription> Scope { get; private set; } = [];

        public void Do(int action)
        {
            switch (action % 6)
            {
                case 0:
                    Now += Duration.FromHours(1 + (action % 900));
                    foreach (var step in Run(Scope, Now, _ids))
                        Take(step.Decision);
                    break;
                case 1 when Scope.Count > 0:
                    var time = (action / 16 % 2) == 0 ? CancellationTime.Immediate
                        : CancellationTime.EndOfBillingPeriod;
                    Take(CancelSubscription.Decide(
                        new() { Time = time }, new(Target(action), Given.Journey(Product), Scope), Now, _ids));
                    break;
                case 2 when Scope.Count > 0:
                    Take(Update(Target(action), UpdateOf(action), Scope, Now, _ids));
                    break;
                case 3 when Scope.Count > 0 && action % 5 == 0:
                    Take(CancelFutureUpdates.Decide(Target(action), ScheduleStatus.Scheduled, Given.Journey(Product), Now));
                    break;
                default:
                    Take(Provision(Request(action), Scope, Now, _ids));
                    break;
            }
        }

        public Subscription Target(int action) => Scope[action / 4 % Scope.Count];

        public ProvisionRequest Request(int action) => new(Given.CustomerId, Plans[action / 4 % 4].Id)
        {
            BillingPeriod = (action / 16 % 2) == 0 ? BillingPeriod.Monthly : BillingPeriod.Annually,
            SkipTrial = (action / 32 % 2) == 0,
            StartDate = (action / 64 % 3) == 0 ? Now + Duration.FromDays(1 + (action % 40)) : null,
            ScheduleStrategy = StrategyOf(action / 192),
        };

        public static UpdateRequest UpdateOf(int action) => new()
        {
            Quantities = (action / 16 % 2) == 0 ? [new(Given.Seats, 1 + (action / 32 % 9))] : null,
            Addons = (action / 300 % 3) switch
            {
                0 => null,
                1 => [],
                _ => [new(Support.Id, 1 + (action / 900 % 3))],
            },
            BillingPeriod = (action / 2700 % 5) switch
            {
                0 => BillingPeriod.Monthly,
                1 => BillingPeriod.Annually,
                _ => null,
            },
            ScheduleStrategy = StrategyOf(action / 13_500),
        };

        /// <summary>What is stored must be what the decision started from, and nothing that ended comes back.</summary>
        private void Take(Result<SubscriptionDecision> result)
        {
            if (!result.TryGet(out var decision, out _))
                return;
            foreach (var (before, after, _) in decision.Changes)
            {
                Assert.DoesNotContain(after.Uid, _ended.Keys);
                Assert.Equal(Scope.FirstOrDefault(s => s.Uid == after.Uid)?.Uid, before?.Uid);
                CheckUpdates(before, after);
                if (after.IsEnded)
                    _ended.Add(after.Uid, after);
            }

            Scope = decision.Apply(Scope);
        }

        /// <summary>Schedules are neither lost nor doubled, and what is closed stays closed.</summary>
        private static void CheckUpdates(Subscription? before, Subscription after)
        {
            foreach (var update in before?.FutureUpdates ?? [])
            {
                var now = after.FutureUpdates.FirstOrDefault(u => u.Uid == update.Uid);
                if (update.IsScheduled)
                    Assert.NotNull(now);
                else if (now is not null)
                    Assert.Equal(update.Status, now.Status);
            }

            var waiting = after.FutureUpdates.Where(u => u.IsScheduled).ToList();
            Assert.Equal(waiting.Count, waiting.DistinctBy(u => (u.Type, u.FeatureId, u.AddonId)).Count());
            Assert.Equal(after.FutureUpdates.Count, after.FutureUpdates.DistinctBy(u => u.Uid).Count());
            Assert.True(!after.IsEnded || waiting.Count == 0);
        }
    }

    private static ScheduleStrategy? StrategyOf(int number) => (number % 7) switch
    {
        0 => ScheduleStrategy.Immediate,
        1 => ScheduleStrategy.EndOfBillingPeriod,
        2 => ScheduleStrategy.EndOfBillingMonth,
        _ => null,
    };

    private static Result<SubscriptionDecision> Provision(
        ProvisionRequest request, IReadOnlyList<Subscription> scope, Instant now, IdSource ids) =>
        ProvisionSubscription.Decide(
            request,
            Given.Provision(Plans.Single(p => p.Id == request.PlanId), [.. scope.Select(Held)]) with
            {
                Journey = Given.Journey(Product),
            },
            now, ids);

    private static Result<SubscriptionDecision> Update(
        Subscription subscription, UpdateRequest request, IReadOnlyList<Subscription> scope, Instant now, IdSource ids) =>
        UpdateSubscription.Decide(
            request,
            new(Held(subscription), Given.Journey(Product), Given.Features(Given.Feature(Given.Seats)), scope)
            {
                Addons = Given.Addons(Support),
            },
            now, ids);

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
            var world = Played(actions);
            var request = world.Request(last);
            if (!Provision(request, world.Scope, world.Now, Given.Ids(80_000)).TryGet(out var first, out _))
                return;
            var again = Provision(request, first.Apply(world.Scope), world.Now, Given.Ids(90_000)).Value;
            Assert.True(again.IsNoChange);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Updating_twice_is_updating_once() =>
        Prop.ForAll(Actions(), Gen.Choose(0, 100_000).ToArbitrary(), (int[] actions, int last) =>
        {
            var world = Played(actions);
            if (world.Scope.Count == 0)
                return;
            var (target, request) = (world.Target(last), World.UpdateOf(last));
            if (!Update(target, request, world.Scope, world.Now, Given.Ids(80_000)).TryGet(out var first, out _))
                return;
            var scope = first.Apply(world.Scope);
            var now = scope.Single(s => s.Uid == target.Uid);
            Assert.True(Update(now, request, scope, world.Now, Given.Ids(90_000)).Value.IsNoChange);
        }).QuickCheckThrowOnFailure();

    private static World Played(int[] actions)
    {
        var world = new World();
        foreach (var action in actions)
            world.Do(action);
        return world;
    }

    [Fact]
    public void Working_off_what_is_due_never_goes_back_in_time_and_comes_to_an_end() =>
        Prop.ForAll(Actions(), Gen.Choose(1, 500).ToArbitrary(), (int[] actions, int days) =>
        {
            var world = Played(actions);
            var until = world.Now + Duration.FromDays(days);
            var scope = world.Scope;
            var steps = Run(scope, until, Given.Ids(50_000));
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
            var world = Played(actions);
            IReadOnlyList<Subscription> Advance(IReadOnlyList<Subscription> scope, Instant until, IdSource ids) =>
                Run(scope, until, ids)
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
