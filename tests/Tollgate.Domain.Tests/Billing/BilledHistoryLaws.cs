using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Billing;

/// <summary>Whatever a customer does and when: every second is paid for once, at the price of what was held then.</summary>
public sealed class BilledHistoryLaws
{
    private static readonly PackageVersion[] Plans =
    [
        Given.FreePlan(),
        Plan("basic", Bills.Base(30), Bills.Base(300, BillingPeriod.Annually)),
        Plan("pro", Bills.Base(90), Bills.Base(950, BillingPeriod.Annually)),
        Plan("team", Bills.Base(5), Bills.Base(50, BillingPeriod.Annually), Bills.PerSeat(12),
            Bills.PerSeat(120, BillingPeriod.Annually)),
    ];

    private static Arbitrary<int[]> Histories() =>
        Gen.Choose(0, 1_000_000).ListOf().Select(actions => actions.Take(25).ToArray()).ToArbitrary();

    [Fact]
    public void No_second_of_any_charge_is_paid_twice_or_not_at_all() => Prop.ForAll(Histories(), actions =>
    {
        var world = new World(coupon: null);
        foreach (var action in actions)
        {
            world.Do(action);
            world.Check(share: 1);
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void No_second_is_paid_twice_when_periods_begin_with_the_month() => Prop.ForAll(Histories(), actions =>
    {
        var world = new World(coupon: null, BillingAnchor.StartOfTheMonth);
        foreach (var action in actions)
        {
            world.Do(action);
            world.Check(share: 1);
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Coupon_takes_its_part_of_every_second() => Prop.ForAll(Histories(), actions =>
    {
        var world = new World(Bills.Percent(20));
        foreach (var action in actions)
        {
            world.Do(action);
            world.Check(share: 0.8m);
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Change_and_change_back_at_one_instant_costs_nothing() => Prop.ForAll(Histories(), actions =>
    {
        var world = new World(coupon: null);
        foreach (var action in actions)
            world.Do(action);
        world.Ledger.Provision("team", r => r with { SkipTrial = true, Quantities = [new(Bills.Seats, 3)] });
        var before = world.Ledger.Totals.Sum();
        world.Ledger.Seats(7);
        world.Ledger.Provision("pro", r => r with { SkipTrial = true, BillingPeriod = world.Ledger.Live.BillingPeriod });
        world.Ledger.Provision("team", r => r with
        {
            SkipTrial = true,
            BillingPeriod = world.Ledger.Live.BillingPeriod,
            Quantities = [new(Bills.Seats, 3)],
        });

        Assert.Equal(before, world.Ledger.Totals.Sum());
    }).QuickCheckThrowOnFailure();

    private static PackageVersion Plan(string id, params Charge[] charges) => Given.Plan(id, PricingType.Paid, charges);

    /// <summary>A ledger driven by numbers, beside the exact price of the time that went by.</summary>
    private sealed class World
    {
        private decimal _used;

        public World(DiscountTerms? coupon, BillingAnchor anchor = BillingAnchor.SubscriptionStart) =>
            Ledger = new(Plans) { CustomerCoupon = coupon, Product = Given.Product(), Anchor = anchor };

        public Ledger Ledger { get; }

        private Subscription? Paid => Ledger.Records.SingleOrDefault(s =>
            s is { Status: SubscriptionStatus.Active, PricingType: PricingType.Paid });

        public void Do(int action)
        {
            switch (action % 8)
            {
                case 0 or 1 or 2:
                    AdvanceTo(Ledger.Now + Duration.FromMinutes(1 + (action % 70_000)));
                    break;
                case 3 when Paid is not null:
                    Ledger.Update(new() { RestartsCycle = true });
                    break;
                case 4 when Paid is { PlanId.Value: "team" }:
                    Ledger.Seats(1 + (action / 8 % 9));
                    break;
                case 5 when Paid is not null && action % 3 == 0:
                    Ledger.Cancel();
                    break;
                case 6:
                    Provision(action / 8, Ledger.Now + Duration.FromDays(1 + (action % 45)));
                    break;
                default:
                    Provision(action / 8, null);
                    break;
            }
        }

        /// <summary>Billed so far = time used at its price + the rest of the running period, within the rounding.</summary>
        public void Check(decimal share)
        {
            var ahead = Paid is { } paid ? Price(paid) * Part(paid, Ledger.Now, paid.CurrentBillingPeriodEnd!.Value) : 0;
            var lines = Ledger.Invoices.Sum(invoice => invoice.Totals.Lines.Count);
            Assert.InRange(Ledger.Totals.Sum() - (share * (_used + ahead)), -0.01m * (lines + 1), 0.01m * (lines + 1));
        }

        private void Provision(int choice, Instant? start)
        {
            var plan = Plans[choice % Plans.Length];
            Ledger.Provision(plan.Id.Value, request => request with
            {
                BillingPeriod = plan.PricingType != PricingType.Paid ? null
                    : choice / 4 % 2 == 0 ? BillingPeriod.Monthly : BillingPeriod.Annually,
                Quantities = plan.Id.Value == "team" ? [new(Bills.Seats, 1 + (choice / 8 % 9))] : null,
                StartDate = start,
                Id = choice / 16 % 5 == 0 ? new($"own-{choice}-{Ledger.Now.ToUnixTimeSeconds()}-{Ledger.Records.Count}") : null,
            });
        }

        private void AdvanceTo(Instant until)
        {
            while (Due.NextOf(Ledger.Records, until) is var (_, due))
            {
                Use(due.At);
                Ledger.AdvanceTo(due.At);
            }

            Use(until);
            Ledger.AdvanceTo(until);
        }

        private void Use(Instant until)
        {
            if (Paid is { } paid)
                _used += Price(paid) * Part(paid, Ledger.Now, until);
        }

        private static decimal Part(Subscription paid, Instant from, Instant until)
        {
            // The price is that of a whole period, also while only the rest of one runs.
            var whole = BillingPeriods.Containing(paid.BillingCycleAnchor!.Value, paid.BillingPeriod!.Value, from);
            return (decimal)(until - from).TotalSeconds / (decimal)(whole.End - whole.Start).TotalSeconds;
        }

        private static decimal Price(Subscription paid) => (paid.PlanId.Value, paid.BillingPeriod) switch
        {
            ("basic", BillingPeriod.Monthly) => 30,
            ("basic", _) => 300,
            ("pro", BillingPeriod.Monthly) => 90,
            ("pro", _) => 950,
            ("team", BillingPeriod.Monthly) => 5 + (12 * paid.Quantities[Bills.Seats]),
            _ => 50 + (120 * paid.Quantities[Bills.Seats]),
        };
    }
}
