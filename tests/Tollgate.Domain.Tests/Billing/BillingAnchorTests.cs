using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Billing;

/// <summary>Periods that begin on the first of a month (spec subscriptions 3.4).</summary>
public sealed class BillingAnchorTests
{
    private static readonly PackageVersion[] Plans =
    [
        Given.Plan("june", PricingType.Paid, Bills.Base(30), Bills.Base(365, BillingPeriod.Annually)),
        Given.Plan("more", PricingType.Paid, Bills.Base(60)),
        Given.Plan("calls", PricingType.Paid, Bills.Base(30), Bills.PerCall(1)),
        Given.FreePlan(),
    ];

    [Fact]
    public void Period_that_begins_on_the_first_is_whole()
    {
        var ledger = OnFirst();

        var subscription = ledger.Provision("june");

        Assert.Equal([30m], ledger.Totals);
        Assert.Equal((Bills.Jun1, Bills.Jul1), (subscription.CurrentBillingPeriodStart, subscription.CurrentBillingPeriodEnd));
    }

    [Fact]
    public void First_period_is_the_rest_of_the_month()
    {
        var ledger = OnFirst();
        ledger.AdvanceTo(Bills.Jun16);

        var subscription = ledger.Provision("june");
        ledger.AdvanceTo(Bills.Jul1);

        // 15 of 30 days, then July.
        Assert.Equal([15m, 30], ledger.Totals);
        Assert.Equal((Bills.Jun16, Bills.Jul1, Bills.Jul1), (
            subscription.CurrentBillingPeriodStart, subscription.CurrentBillingPeriodEnd, subscription.BillingCycleAnchor));
        var line = Assert.Single(ledger.Invoices[0].Totals.Lines);
        Assert.Equal((Bills.Jun16, Bills.Jul1, false), (line.PeriodStart, line.PeriodEnd, line.IsProration));
    }

    [Fact]
    public void Change_within_the_first_part_is_at_the_price_of_a_whole_month()
    {
        var ledger = OnFirst();
        ledger.AdvanceTo(Bills.Jun16);
        ledger.Provision("june");
        ledger.AdvanceTo(Bills.Jun16 + Duration.FromDays(5));

        ledger.Provision("more");
        ledger.Cancel();

        // 15 of 30 days at 30. 10 days are left: 10 of 30 back, 20 of 60 to pay; then those 20 back.
        Assert.Equal([15m, 10, -20], ledger.Totals);
    }

    [Fact]
    public void A_restart_stays_in_the_month_and_costs_nothing()
    {
        var ledger = OnFirst();
        ledger.AdvanceTo(Bills.Jun16);
        ledger.Provision("june");
        ledger.AdvanceTo(Bills.Jun16 + Duration.FromDays(5));

        ledger.Update(new() { RestartsCycle = true });

        Assert.Equal([15m], ledger.Totals);
        Assert.Equal(Bills.Jul1, ledger.Live.CurrentBillingPeriodEnd);
    }

    [Fact]
    public void Year_begins_with_the_next_month()
    {
        var ledger = OnFirst();
        ledger.AdvanceTo(Bills.Jun16);

        ledger.Provision("june", r => r with { BillingPeriod = BillingPeriod.Annually });
        ledger.AdvanceTo(Bills.Jul1);

        // July 1 2025 to July 1 2026 are 365 days, of which 15 are left.
        Assert.Equal([15m, 365], ledger.Totals);
        Assert.Equal(Instant.FromUtc(2027, 7, 1, 0, 0), ledger.Live.CurrentBillingPeriodEnd);
    }

    [Fact]
    public void Usage_before_the_start_is_not_of_the_first_part()
    {
        var ledger = OnFirst();
        ledger.Provision("free");
        ledger.Report(Bills.Calls, 100);
        ledger.AdvanceTo(Bills.Jun16);
        ledger.Provision("calls");
        ledger.Report(Bills.Calls, 7);
        ledger.AdvanceTo(Bills.Jul1);

        Assert.Equal([15m, 37], ledger.Totals);
    }

    [Fact]
    public void End_at_the_boundary_bills_the_usage_of_the_first_part()
    {
        var ledger = OnFirst();
        ledger.AdvanceTo(Bills.Jun16);
        ledger.Provision("calls");
        ledger.Report(Bills.Calls, 7);
        ledger.Cancel(new() { Time = CancellationTime.EndOfBillingPeriod });
        ledger.AdvanceTo(Bills.Jul1);

        Assert.Equal([15m, 7], ledger.Totals);
    }

    [Fact]
    public void Start_in_the_last_hour_is_not_announced_before_it_happened()
    {
        var ledger = OnFirst();
        ledger.AdvanceTo(Bills.Jul1 - Duration.FromMinutes(30));

        var subscription = ledger.Provision("june");

        Assert.Equal(Bills.Jul1, Due.Next(subscription)!.Value.At);
    }

    private static Ledger OnFirst() => new(Plans) { Anchor = BillingAnchor.StartOfTheMonth };
}
