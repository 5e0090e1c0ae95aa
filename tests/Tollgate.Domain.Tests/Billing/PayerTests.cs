using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Billing;

/// <summary>Who gets back what (spec subscriptions 10 and 14): whoever was charged, and only what was charged.</summary>
public sealed class PayerTests
{
    private static readonly CustomerId Parent = new("parent");
    private static readonly PackageVersion Basic = Plan("basic", Bills.Base(30));
    private static readonly PackageVersion Pro = Plan("pro", Bills.Base(90));
    private static readonly PackageVersion Metered = Plan("metered", Bills.Base(20), Bills.PerCall(1));
    private static readonly CancelRequest Now = new() { Time = CancellationTime.Immediate, Prorate = true };

    private static PackageVersion Plan(string id, params Charge[] charges) => Given.Plan(id, PricingType.Paid, charges);

    private static Ledger OnJune16(string plan, PaymentCollectionMethod? method = null)
    {
        var ledger = new Ledger(Basic, Pro, Metered);
        ledger.Provision(plan, r => r with { PaymentCollectionMethod = method });
        ledger.AdvanceTo(Bills.Jun16);
        return ledger;
    }

    private static IEnumerable<(CustomerId, decimal)> Bill(Ledger ledger, int from) =>
        ledger.Invoices.Skip(from).Select(bill => (bill.Bill.Draft.PayerId, bill.Total));

    [Fact]
    public void Cancellation_after_a_delegation_gives_the_unused_time_to_who_paid_it()
    {
        var ledger = OnJune16("basic");
        ledger.Delegate(Parent);

        ledger.Cancel(Now);

        // Half of June of 30.
        Assert.Equal([(Given.CustomerId, -15m)], Bill(ledger, 1));
    }

    [Fact]
    public void Upgrade_after_a_delegation_charges_the_new_payer_and_credits_the_old_one()
    {
        var ledger = OnJune16("basic");
        ledger.Delegate(Parent);

        ledger.Provision("pro");
        ledger.Cancel(Now);

        // The new payer pays half of 90 and gets it back; the old one gets half of 30 once.
        Assert.Equal([(Parent, 45m), (Given.CustomerId, -15m), (Parent, -45m)], Bill(ledger, 1));
    }

    [Fact]
    public void What_waits_for_the_next_bill_stays_with_the_payer_it_was_made_for()
    {
        var ledger = OnJune16("basic");
        ledger.Provision("pro", choices: new() { Proration = ProrationBehavior.CreateProrations });
        ledger.Delegate(Parent);

        ledger.AdvanceTo(Bills.Jul1);

        // -15 + 45 of June; July is the new payer's.
        Assert.Equal([(Parent, 90m), (Given.CustomerId, 30m)], Bill(ledger, 1));
    }

    [Fact]
    public void Payment_taken_back_gives_back_on_one_bill()
    {
        var ledger = OnJune16("basic");
        ledger.Delegate(Parent);
        ledger.Delegate(Given.CustomerId);

        ledger.Provision("pro");

        Assert.Equal([(Given.CustomerId, 30m)], Bill(ledger, 1));
    }

    [Fact]
    public void Time_that_nobody_was_billed_for_is_not_given_back()
    {
        var canceled = OnJune16("basic", PaymentCollectionMethod.None);
        canceled.Update(new() { PaymentCollectionMethod = PaymentCollectionMethod.Charge });
        canceled.Cancel(Now);
        var upgraded = OnJune16("basic", PaymentCollectionMethod.None);
        upgraded.Provision("pro", r => r with { PaymentCollectionMethod = PaymentCollectionMethod.Charge });

        Assert.Empty(canceled.Invoices);
        // Half of 90, nothing of the 30 that were never charged.
        Assert.Equal([45m], upgraded.Totals);
        Assert.Equal([45m], upgraded.Invoices[0].Amounts);
    }

    [Fact]
    public void Time_paid_elsewhere_counts_against_what_is_charged_and_is_never_money()
    {
        var canceled = Backdated("pro");
        canceled.Cancel(Now);
        var lowered = Backdated("pro");
        lowered.Provision("basic");
        lowered.Provision("pro");
        var raised = Backdated("basic");
        raised.Provision("pro");
        raised.Cancel(Now);

        Assert.Empty(canceled.Invoices);
        Assert.All(lowered.Totals, total => Assert.Equal(0, total));
        // 45 of pro less 15 paid elsewhere; of it 30 come back and the 15 do not.
        Assert.Equal([30m, -30], raised.Totals);

        static Ledger Backdated(string plan)
        {
            var ledger = new Ledger(Basic, Pro);
            ledger.AdvanceTo(Bills.Jun16);
            ledger.Provision(plan, r => r with { StartDate = Bills.Jun1 });
            return ledger;
        }
    }

    [Fact]
    public void End_planned_for_a_date_gives_back_only_when_it_was_asked_to()
    {
        var asked = OnJune16("basic");
        asked.Cancel(new() { Time = CancellationTime.SpecificDate, EndDate = Bills.Jun16 + Duration.FromDays(5), Prorate = true });
        asked.AdvanceTo(Bills.Jul1);
        var silent = OnJune16("basic");
        silent.Cancel(new() { Time = CancellationTime.SpecificDate, EndDate = Bills.Jun16 + Duration.FromDays(5) });
        silent.AdvanceTo(Bills.Jul1);

        // 10 of 30 days of 30.
        Assert.Equal([30m, -10], asked.Totals);
        Assert.Equal([30m], silent.Totals);
    }

    [Fact]
    public void Usage_before_a_move_is_billed_where_it_was_used_once_and_to_who_pays()
    {
        var ledger = OnJune16("metered");
        ledger.Report(Bills.Calls, 7);
        ledger.Charge(Bills.Jun16);
        ledger.AdvanceTo(Bills.Jun16 + Duration.FromDays(2));
        ledger.HandOver(new("manager"));
        ledger.Report(Bills.Calls, 2);
        ledger.AdvanceTo(Bills.Jul1);

        // 7 calls of the first customer and 2 of the next one at 1 beside July's 20; the 7 are reported on the 16th, after the charge.
        Assert.Equal([20m, 29], ledger.Totals);
        Assert.Equal([7m, 2], ledger.Invoices[1].Totals.Lines.Select(line => line.Usage).OfType<decimal>());
        Assert.Equal(Given.CustomerId, ledger.Invoices[1].Bill.Draft.PayerId);
        Assert.Empty(ledger.Live.PastContents);
    }
}
