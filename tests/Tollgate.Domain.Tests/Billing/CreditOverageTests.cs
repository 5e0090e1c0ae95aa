using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Billing;

/// <summary>Spec credits 11: what overdrawn credits cost, and what the pool is told of it.</summary>
public sealed class CreditOverageTests
{
    private static readonly PackageVersion Pro = Plan("pro", 0.02m);
    private static readonly PackageVersion Basic = Plan("basic", 0.03m);

    private static PackageVersion Plan(string id, decimal price, params Charge[] charges) =>
        Given.Plan(id, PricingType.Paid, [Bills.Base(10), .. charges]) with
        {
            OverageCharges = [Bills.PerCredit(price)],
            OverageBillingPeriod = OverageBillingPeriod.Monthly,
        };

    private static Instant June(int day) => Bills.Jun1 + Duration.FromDays(day - 1);

    private static Ledger On(string plan, params PackageVersion[] packages)
    {
        var ledger = new Ledger(packages);
        ledger.Provision(plan);
        ledger.AdvanceTo(June(10));
        return ledger;
    }

    private static IEnumerable<(decimal Credits, decimal Cost)> Settled(Ledger ledger) =>
        ledger.Settled.Select(settled => (settled.Amount, settled.Cost.Amount));

    [Fact]
    public void Parts_of_a_credit_are_settled_exactly_and_billed_as_whole_ones()
    {
        var ledger = On("pro", Pro);
        ledger.Overdraw(150.25m);
        ledger.AdvanceTo(Bills.Jul1);

        // 150.25 are 151 x 0.02 = 3.02.
        var line = ledger.Invoices[^1].Totals.Lines[^1];
        Assert.Equal((InvoiceLineType.OverageCharge, 151m, 0.02m, 3.02m), (line.Type, line.Quantity, line.UnitPrice, line.Amount));
        Assert.Equal([(150.25m, 3.02m)], Settled(ledger));
        var settled = ledger.Settled[0];
        Assert.Equal((Bills.Jun1, Bills.Jul1), (settled.Overage.From, settled.Overage.Until));
        // It leaves the pool when the next month is billed.
        Assert.Equal(Instant.FromUtc(2026, 8, 1, 0, 0), settled.ExpireAt);
    }

    [Fact]
    public void Settlement_costs_what_is_paid_after_the_coupon()
    {
        var ledger = On("pro", Pro);
        ledger.CustomerCoupon = Bills.Percent(20);
        ledger.Overdraw(150);
        ledger.AdvanceTo(Bills.Jul1);

        // 20 % off 10.00 + 3.00 are 2.60, of which 0.60 fall on the overage.
        Assert.Equal(10.4m, ledger.Totals[^1]);
        Assert.Equal([(150m, 2.4m)], Settled(ledger));
    }

    [Fact]
    public void Repaid_credits_are_not_billed_and_the_oldest_are_repaid_first()
    {
        var ledger = On("basic", Basic, Pro);
        ledger.Overdraw(100);
        ledger.AdvanceTo(June(16));
        ledger.Provision("pro");
        ledger.Overdraw(40);
        ledger.Repay(70);
        ledger.AdvanceTo(Bills.Jul1);

        // 100 - 70 = 30 at the price of basic, 40 at that of pro.
        Assert.Equal([(30m, 0.9m), (40m, 0.8m)], Settled(ledger));
        Assert.Equal([10m, 0.9m, 0.8m], ledger.Invoices[^1].Amounts);
    }

    [Fact]
    public void Addon_that_prices_the_currency_takes_the_place_of_the_plan()
    {
        var addon = Bills.Addon("bulk", Bills.Base(1)) with
        {
            OverageCharges = [Bills.PerCredit(0.01m)],
            OverageBillingPeriod = OverageBillingPeriod.Monthly,
        };
        var ledger = new Ledger(Pro with { CompatibleAddonIds = [addon.Id] }, addon);
        ledger.Provision("pro", request => request with { Addons = [new(addon.Id, 1)] });
        ledger.AdvanceTo(June(10));
        ledger.Overdraw(150);
        ledger.AdvanceTo(Bills.Jul1);

        Assert.Equal([10m, 1, 1.5m], ledger.Invoices[^1].Amounts);
        Assert.Equal([(150m, 1.5m)], Settled(ledger));
    }

    [Fact]
    public void What_is_not_collected_is_settled_all_the_same()
    {
        var ledger = new Ledger(Pro);
        ledger.Provision("pro", request => request with { PaymentCollectionMethod = PaymentCollectionMethod.None });
        ledger.AdvanceTo(June(10));
        ledger.Overdraw(150);
        ledger.AdvanceTo(Bills.Jul1);

        Assert.Empty(ledger.Invoices);
        Assert.Equal([(150m, 3m)], Settled(ledger));
    }

    [Fact]
    public void End_bills_the_rest_and_a_minimum_spend_pays_nothing_of_it()
    {
        var ledger = On("pro", Pro with { MinimumSpend = [new(BillingPeriod.Monthly, new(50, "usd"))] });
        ledger.Overdraw(150);
        ledger.AdvanceTo(June(16));
        ledger.Cancel(new() { Time = CancellationTime.Immediate, Prorate = false });

        Assert.Equal([60m, 3m], ledger.Totals);
        Assert.Equal([(150m, 3m)], Settled(ledger));
    }

    [Fact]
    public void Change_that_waits_for_its_payment_settles_when_it_is_paid()
    {
        var annual = Pro with
        {
            Charges = [Bills.Base(10), Bills.Base(100, BillingPeriod.Annually)],
            OverageCharges = [Bills.PerCredit(0.02m), Bills.PerCredit(0.02m, BillingPeriod.Annually)],
        };
        var ledger = On("pro", annual);
        ledger.Overdraw(150);
        ledger.Declines = true;
        ledger.AdvanceTo(June(16));
        ledger.Update(new() { BillingPeriod = BillingPeriod.Annually });

        // 100.00 for the year, 3.00 of overage, less half of June's 10.00.
        Assert.Equal(98m, ledger.Totals[^1]);
        Assert.Empty(ledger.Settled);
        ledger.Declines = false;
        ledger.AdvanceTo(June(18));
        ledger.PayWaiting();
        Assert.Equal([(150m, 3m)], Settled(ledger));

        // Nothing of it is on the next bills.
        ledger.AdvanceTo(Instant.FromUtc(2026, 9, 1, 0, 0));
        Assert.Equal([10m, 98m], ledger.Totals);
    }
}
