using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Billing;

/// <summary>Usage costs the same whether and whenever it is charged on the way: nothing is billed twice, nothing is lost.</summary>
public sealed class ChargedUsageLaws
{
    private static readonly PackageVersion[] Plans =
    [
        Given.FreePlan(),
        Plan("calls", Bills.Base(30), Bills.PerCall(0.3m), Bills.Base(300, BillingPeriod.Annually),
            Bills.PerCall(0.2m, BillingPeriod.Annually)),
        Plan("blocks", Bills.Base(10), Bills.PerCall(7) with { BlockSize = 10 }),
        Plan("steps", Bills.Tiered(Bills.PerCall(0), TiersMode.Graduated, Bills.Tier(20, 0), Bills.Tier(null, 2))),
        Plan("volume", Bills.Tiered(Bills.PerCall(0), TiersMode.Volume, Bills.Tier(50, 2), Bills.Tier(null, 1))),
        Plan("level", Bills.Base(5), Bills.PerCall(3) with { Reset = null }),
        Plan("minimum", Bills.PerCall(1)) with
        {
            MinimumSpend = [new(BillingPeriod.Monthly, new(100, "usd"))],
        },
        Plan("credits", Bills.Base(5)) with
        {
            OverageCharges = [Bills.PerCredit(7) with { BlockSize = 10 }],
            OverageBillingPeriod = OverageBillingPeriod.Monthly,
        },
        Plan("cheaper", Bills.Base(5)) with
        {
            OverageCharges = [Bills.Tiered(Bills.PerCredit(0), TiersMode.Volume, Bills.Tier(20, 2), Bills.Tier(null, 1))],
            OverageBillingPeriod = OverageBillingPeriod.Monthly,
        },
        Plan("renewal", Bills.Base(5)) with { OverageCharges = [Bills.PerCredit(0.3m)] },
    ];

    [Fact]
    public void Charging_on_demand_changes_no_total() =>
        Prop.ForAll(Gen.Choose(0, 1_000_000).ListOf().Select(actions => actions.Take(30).ToArray()).ToArbitrary(), actions =>
        {
            var (charged, plain) = (new Ledger(Plans), new Ledger(Plans));
            foreach (var action in actions)
            {
                Do(charged, action);
                if (action % 3 == 0 && IsCharged(charged))
                    charged.Charge(action % 2 == 0 ? null : charged.Now - Duration.FromHours(action % 500));
                Do(plain, action);
            }

            End(charged);
            End(plain);
            // Every bill rounds each of its usage lines, on both sides from the same whole.
            Assert.Equal(plain.Totals.Sum(), charged.Totals.Sum());
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Charge_of_the_same_time_again_bills_nothing()
    {
        var ledger = new Ledger(Plans);
        ledger.Provision("calls");
        ledger.Report(Bills.Calls, 10);
        ledger.AdvanceTo(Bills.Jun16);

        ledger.Charge();
        ledger.Charge();
        ledger.Charge(Bills.Jun1);

        // 30 in advance, 10 x 0.30 once.
        Assert.Equal([30m, 3], ledger.Totals);
        Assert.Equal(Bills.Jun16, ledger.Live.UsageBilledUntil);
    }

    [Fact]
    public void Tiers_are_those_of_the_month_however_often_it_is_charged()
    {
        var ledger = new Ledger(Plans);
        ledger.Provision("steps");
        ledger.Report(Bills.Calls, 15);
        ledger.AdvanceTo(Bills.Jun1 + Duration.FromDays(5));
        ledger.Charge();
        ledger.Report(Bills.Calls, 15);
        ledger.AdvanceTo(Bills.Jun16);
        ledger.Charge();
        ledger.Report(Bills.Calls, 15);
        ledger.AdvanceTo(Bills.Jul1);

        // 20 are free. 15: nothing. 30: 10 x 2 = 20. 45: 25 x 2 = 50, of which 20 are paid.
        Assert.Equal([20m, 30], ledger.Totals);
        var line = ledger.Invoices[^1].Totals.Lines[^1];
        Assert.Equal((15m, Bills.Jun16, Bills.Jul1), (line.Usage!.Value, line.PeriodStart, line.PeriodEnd));
    }

    [Fact]
    public void Tier_that_makes_everything_cheaper_gives_back_to_the_minimum_what_it_drew()
    {
        var ledger = new Ledger(
            Plan("volume", Bills.Tiered(Bills.PerCall(0), TiersMode.Volume, Bills.Tier(50, 2), Bills.Tier(null, 1))) with
            {
                MinimumSpend = [new(BillingPeriod.Monthly, new(90, "usd"))],
            });
        ledger.Provision("volume");
        ledger.Report(Bills.Calls, 50);
        ledger.AdvanceTo(Bills.Jun16);
        ledger.Charge();
        ledger.Report(Bills.Calls, 10);
        ledger.AdvanceTo(Bills.Jul1);

        // 90 in advance. 50 x 2 = 100, 90 of it drawn: 10. All 60 cost 1 each: 60, so the minimum pays for all of it, and
        // the 10 come back: -40 of usage and 30 to the minimum, beside the next 90.
        Assert.Equal([90m, 10, 80], ledger.Totals);
        Assert.Equal([90m, -40, 30], ledger.Invoices[^1].Amounts);
    }

    private static PackageVersion Plan(string id, params Charge[] charges) => Given.Plan(id, PricingType.Paid, charges);

    private static bool IsCharged(Ledger ledger) => ledger.Records.Any(s =>
        s is { Status: SubscriptionStatus.Active, PricingType: PricingType.Paid });

    private static void Do(Ledger ledger, int action)
    {
        switch (action % 7)
        {
            case 0 or 1:
                ledger.AdvanceTo(ledger.Now + Duration.FromMinutes(1 + (action % 40_000)));
                break;
            case 2 or 3 or 4:
                ledger.Report(Bills.Calls, (action % 37) - 3);
                ledger.Overdraw((action % 41) / 7m);
                break;
            case 5 when action % 2 == 0 && IsCharged(ledger):
                ledger.Cancel();
                break;
            default:
                var plan = Plans[action / 7 % Plans.Length];
                ledger.Provision(plan.Id.Value, request => request with
                {
                    BillingPeriod = plan.PricingType != PricingType.Paid ? null
                        : plan.Id.Value == "calls" && action % 4 == 0 ? BillingPeriod.Annually : BillingPeriod.Monthly,
                });
                break;
        }
    }

    private static void End(Ledger ledger)
    {
        ledger.AdvanceTo(ledger.Now + Duration.FromDays(1));
        if (IsCharged(ledger))
            ledger.Cancel(new() { Time = CancellationTime.Immediate, Prorate = false });
    }
}
