using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Billing;

/// <summary>Spec subscriptions 10, the table of cases, and what begins, renews and ends around it.</summary>
public sealed class BillDecisionTests
{
    private static readonly PackageVersion Free = Given.FreePlan();
    private static readonly PackageVersion Basic = Plan("basic", Bills.Base(30), Bills.Base(300, BillingPeriod.Annually));
    private static readonly PackageVersion Pro = Plan("pro", Bills.Base(90));
    private static readonly PackageVersion Team = Plan("team", Bills.PerSeat(12));
    private static readonly PackageVersion Metered = Plan("metered", Bills.Base(20), Bills.PerCall(0.01m));

    private static Ledger OnJune1(string plan, params PackageVersion[] packages)
    {
        var ledger = new Ledger(packages.Length > 0 ? packages : [Free, Basic, Pro, Team, Metered]);
        ledger.Provision(plan);
        return ledger;
    }

    private static PackageVersion Plan(string id, params Charge[] charges) =>
        Given.Plan(id, PricingType.Paid, charges);

    [Fact]
    public void Creation_bills_the_first_period_and_each_roll_the_next_one()
    {
        var ledger = OnJune1("basic");

        ledger.AdvanceTo(Instant.FromUtc(2026, 8, 2, 0, 0));

        Assert.Equal([30m, 30, 30], ledger.Totals);
        Assert.Equal(
            [BillingReason.SubscriptionCreation, BillingReason.BillingCycle, BillingReason.BillingCycle],
            ledger.Invoices.Select(i => i.Bill.Draft.Reason));
        Assert.Equal([Bills.Jun1, Bills.Jul1, Instant.FromUtc(2026, 8, 1, 0, 0)], ledger.Invoices.Select(i => i.At));
    }

    [Fact]
    public void Upgrade_at_half_the_period_charges_half_the_difference_at_once()
    {
        var ledger = OnJune1("basic");
        ledger.AdvanceTo(Bills.Jun16);

        ledger.Provision("pro");
        ledger.AdvanceTo(Bills.Jul1);

        // Case 1: f 0.5: -15 + 45 = 30; then a full 90.
        Assert.Equal([-15m, 45], ledger.Invoices[1].Amounts);
        Assert.Equal([30m, 30, 90], ledger.Totals);
        Assert.Equal(BillingReason.SubscriptionUpdate, ledger.Invoices[1].Bill.Draft.Reason);
    }

    [Fact]
    public void More_seats_are_charged_as_a_whole_charge_again()
    {
        var ledger = new Ledger(Team);
        ledger.Provision("team", r => r with { Quantities = [new(Bills.Seats, 5)] });
        ledger.AdvanceTo(Instant.FromUtc(2026, 6, 21, 0, 0));

        ledger.Seats(8);
        ledger.AdvanceTo(Bills.Jul1);

        // Case 2: f = 10/30: -60/3 = -20, 96/3 = 32: 12 now, then 96.
        Assert.Equal([-20m, 32], ledger.Invoices[1].Amounts);
        Assert.Equal([60m, 12, 96], ledger.Totals);
    }

    [Fact]
    public void Immediate_downgrade_leaves_its_credit_for_the_next_invoice()
    {
        var ledger = OnJune1("pro");
        ledger.AdvanceTo(Bills.Jun16);

        ledger.Provision("basic");
        var credit = ledger.Balance;
        ledger.AdvanceTo(Bills.Jul1);

        // Case 3: -45 + 15 = -30; July: 30 - 30 = 0.
        Assert.Equal([-45m, 15], ledger.Invoices[1].Amounts);
        Assert.Equal(30, credit);
        Assert.Equal([90m, 0, 0], ledger.Invoices.Select(i => i.Due));
    }

    [Fact]
    public void Downgrade_to_free_gives_the_unused_time_back_and_bills_nothing_more()
    {
        var ledger = OnJune1("pro");
        ledger.AdvanceTo(Instant.FromUtc(2026, 6, 19, 0, 0));

        var free = ledger.Provision("free");
        ledger.AdvanceTo(Instant.FromUtc(2026, 9, 1, 0, 0));

        // Case 4: f = 12/30 = 0.4 of 90 = 36.
        Assert.Equal([90m, -36], ledger.Totals);
        Assert.Equal(36, ledger.Balance);
        Assert.Empty(free.RunningCharges);
    }

    [Fact]
    public void Longer_period_starts_now_with_the_unused_time_credited()
    {
        var ledger = OnJune1("basic");
        ledger.AdvanceTo(Bills.Jun16);

        ledger.Update(new() { BillingPeriod = BillingPeriod.Annually });

        // Case 6: -15 + 300 = 285, and the year starts now.
        Assert.Equal([300m, -15], ledger.Invoices[1].Amounts);
        Assert.Equal(285, ledger.Invoices[1].Due);
        Assert.Equal(Bills.Jun16, ledger.Live.CurrentBillingPeriodStart);
    }

    [Theory]
    [InlineData(ProrationBehavior.None, 90)]
    [InlineData(ProrationBehavior.CreateProrations, 120)]
    public void Proration_can_wait_or_be_left_out(ProrationBehavior behavior, int july)
    {
        var ledger = OnJune1("basic");
        ledger.AdvanceTo(Bills.Jun16);

        ledger.Provision("pro", choices: new() { Proration = behavior });
        Assert.Single(ledger.Invoices);
        ledger.AdvanceTo(Bills.Jul1);

        // Cases 7 and 8: July 90, or 90 + 30.
        Assert.Equal([30m, july], ledger.Totals);
        Assert.Empty(ledger.Live.PendingLines);
    }

    [Fact]
    public void Upgrade_with_a_new_anchor_charges_a_full_period()
    {
        var ledger = OnJune1("basic");
        ledger.AdvanceTo(Bills.Jun16);

        ledger.Provision("pro", r => r with { RestartsCycle = true });

        // Case 9: 90 - 15 = 75, June 16 to July 16.
        Assert.Equal([90m, -15], ledger.Invoices[1].Amounts);
        Assert.Equal(75, ledger.Invoices[1].Due);
        Assert.Equal(Instant.FromUtc(2026, 7, 16, 0, 0), ledger.Live.CurrentBillingPeriodEnd);
    }

    [Fact]
    public void Discounts_and_tax_are_on_prorations_too()
    {
        var ledger = new Ledger(Basic, Pro) { CustomerCoupon = Bills.Percent(20), TaxPercentage = 10 };
        ledger.Provision("basic");
        ledger.AdvanceTo(Bills.Jun16);

        ledger.Provision("pro");

        // Case 10: 24 / 2 = 12 back, 72 / 2 = 36: 24, tax 2.40.
        Assert.Equal([-12m, 36], ledger.Invoices[1].Amounts);
        Assert.Equal(26.40m, ledger.Invoices[1].Due);
    }

    [Fact]
    public void There_and_back_at_one_instant_costs_nothing()
    {
        var ledger = OnJune1("basic");
        ledger.AdvanceTo(Bills.Jun16);

        ledger.Provision("pro");
        ledger.Provision("basic");
        ledger.AdvanceTo(Bills.Jul1);

        Assert.Equal([30m, 30, -30, 30], ledger.Totals);
        Assert.Equal([30m, 30, 0, 0], ledger.Invoices.Select(i => i.Due));
    }

    [Theory]
    [InlineData(null, null, true)]
    [InlineData(null, false, false)]
    [InlineData(true, false, true)]
    [InlineData(false, null, false)]
    public void Immediate_cancellation_gives_back_what_the_call_or_the_product_says(
        bool? call, bool? product, bool givesBack)
    {
        var ledger = OnJune1("pro");
        ledger.Product = Given.Product(new() { ProrateAtEndOfBillingPeriod = product });
        ledger.AdvanceTo(Bills.Jun16);

        ledger.Cancel(new() { Time = CancellationTime.Immediate, Prorate = call });

        Assert.Equal(givesBack ? 45 : 0, ledger.Balance);
        Assert.Equal(givesBack ? 2 : 1, ledger.Invoices.Count);
    }

    [Fact]
    public void Cancellation_at_the_period_end_bills_the_last_usage_and_gives_nothing_back()
    {
        var ledger = OnJune1("metered");
        ledger.AdvanceTo(Bills.Jun16);
        ledger.Report(Bills.Calls, 600);
        ledger.Cancel(new() { Time = CancellationTime.EndOfBillingPeriod });

        ledger.AdvanceTo(Instant.FromUtc(2026, 8, 1, 0, 0));

        // 600 x 0.01.
        Assert.Equal([20m, 6], ledger.Totals);
        Assert.Equal(BillingReason.BillingCycle, ledger.Invoices[1].Bill.Draft.Reason);
    }

    [Fact]
    public void Usage_is_billed_with_the_period_after_it_and_none_twice()
    {
        var ledger = OnJune1("metered");
        ledger.AdvanceTo(Bills.Jun16);
        ledger.Report(Bills.Calls, 600);

        ledger.AdvanceTo(Instant.FromUtc(2026, 8, 1, 0, 0));

        Assert.Equal([20m, 6], ledger.Invoices[1].Amounts);
        Assert.Equal([20m, 26, 20], ledger.Totals);
    }

    [Fact]
    public void Usage_before_a_change_of_its_price_costs_the_old_one()
    {
        var dear = Plan("dear", Bills.Base(20), Bills.PerCall(0.05m));
        var ledger = OnJune1("metered", Metered, dear);
        ledger.AdvanceTo(Bills.Jun16);
        ledger.Report(Bills.Calls, 100);
        ledger.AdvanceTo(Bills.Jun16 + Duration.FromHours(1));
        ledger.Provision("dear");
        ledger.Report(Bills.Calls, 10);

        ledger.AdvanceTo(Bills.Jul1);

        // 100 x 0.01 = 1, 10 x 0.05 = 0.50; the base fee is the same, so the change itself costs nothing.
        Assert.Equal([20m, 1, 0.50m], ledger.Invoices[1].Amounts);
        Assert.Equal(2, ledger.Invoices.Count);
        Assert.Empty(ledger.Live.PastContents);
    }

    [Fact]
    public void Minimum_spend_is_paid_in_advance_and_drawn_down()
    {
        var plan = Metered with { MinimumSpend = [new(BillingPeriod.Monthly, new(100, "usd"))] };
        var ledger = OnJune1("metered", plan);
        ledger.Report(Bills.Calls, 7000);
        ledger.AdvanceTo(Bills.Jul1);
        ledger.Report(Bills.Calls, 13000);

        ledger.AdvanceTo(Instant.FromUtc(2026, 8, 1, 0, 0));

        // 20 + 100; then usage 70 - 70; then usage 130 - 100 = 30.
        Assert.Equal([120m, 120, 150], ledger.Totals);
        Assert.Equal([20m, 100, 70, -70], ledger.Invoices[1].Amounts);
        Assert.Equal([20m, 100, 130, -100], ledger.Invoices[2].Amounts);
    }

    [Fact]
    public void Backdated_subscription_is_charged_from_the_next_period_on()
    {
        var ledger = new Ledger(Basic, Pro);
        ledger.AdvanceTo(Bills.Jun16);

        ledger.Provision("basic", r => r with { StartDate = Bills.Jun1 });
        ledger.Provision("pro");
        ledger.AdvanceTo(Bills.Jul1);

        // The running month counts as paid: the upgrade costs the difference.
        Assert.Equal([30m, 90], ledger.Totals);
        Assert.Equal([-15m, 45], ledger.Invoices[0].Amounts);
    }

    [Fact]
    public void Future_start_is_charged_when_it_comes_and_credits_what_it_replaces()
    {
        var ledger = OnJune1("basic");
        ledger.Provision("pro", r => r with { StartDate = Bills.Jun16 });
        Assert.Single(ledger.Invoices);

        ledger.AdvanceTo(Bills.Jun16);

        // One bill: the new month 90, half of the old one back.
        Assert.Equal([90m, -15], ledger.Invoices[1].Amounts);
        Assert.Equal(75, ledger.Invoices[1].Due);
        Assert.Equal(90, Assert.Single(ledger.Live.RunningCharges).Net);
    }

    [Fact]
    public void Trial_costs_nothing_until_it_converts()
    {
        var ledger = new Ledger(Free, Basic);
        ledger.Provision("basic", r => r with
        {
            Trial = new(true, Bills.Jun16, TrialEndBehavior.ConvertToPaid),
        });
        Assert.Empty(ledger.Invoices);

        ledger.AdvanceTo(Bills.Jul1);

        Assert.Equal([30m], ledger.Totals);
        Assert.Equal(BillingReason.SubscriptionCreation, ledger.Invoices[0].Bill.Draft.Reason);
        Assert.Equal(Instant.FromUtc(2026, 7, 16, 0, 0), ledger.Live.CurrentBillingPeriodEnd);
    }

    [Fact]
    public void Annual_term_bills_its_usage_at_each_month_end()
    {
        var yearly = Plan("yearly", Bills.Base(200, BillingPeriod.Annually), Bills.PerCall(0.01m));
        var ledger = new Ledger(yearly);
        ledger.Provision("yearly", r => r with { BillingPeriod = BillingPeriod.Annually });
        ledger.Report(Bills.Calls, 600);
        ledger.AdvanceTo(Bills.Jul1);
        ledger.Report(Bills.Calls, 100);

        ledger.AdvanceTo(Instant.FromUtc(2027, 6, 2, 0, 0));

        // 600 and 100 x 0.01 at the end of their months, nothing for months without usage, then the next year.
        Assert.Equal([200m, 6, 1, 200], ledger.Totals);
        Assert.Equal(
            [Bills.Jun1, Bills.Jul1, Instant.FromUtc(2026, 8, 1, 0, 0), Instant.FromUtc(2027, 6, 1, 0, 0)],
            ledger.Invoices.Select(i => i.At));
    }

    [Fact]
    public void Method_none_bills_nothing()
    {
        var ledger = new Ledger(Basic, Pro);
        ledger.Provision("basic", r => r with { PaymentCollectionMethod = PaymentCollectionMethod.None });
        ledger.AdvanceTo(Bills.Jun16);
        ledger.Provision("pro");
        ledger.AdvanceTo(Bills.Jul1);
        ledger.Cancel();

        Assert.Empty(ledger.Invoices);
        Assert.Equal(0, ledger.Balance);
    }

    [Fact]
    public void Note_that_changes_no_content_bills_nothing()
    {
        var ledger = OnJune1("metered");
        ledger.AdvanceTo(Bills.Jun16);

        ledger.Update(new() { Metadata = new(new Dictionary<string, string> { ["a"] = "b" }) });

        Assert.Single(ledger.Invoices);
        Assert.Empty(ledger.Live.PastContents);
    }

    [Fact]
    public void Bill_that_was_paid_out_of_band_says_so_and_the_next_does_not()
    {
        var ledger = new Ledger(Basic);

        ledger.Provision("basic", choices: new() { IsInvoicePaid = true });
        ledger.AdvanceTo(Bills.Jul1);

        Assert.Equal([true, false], ledger.Invoices.Select(i => i.Bill.Draft.IsPaid));
    }

    [Fact]
    public void Period_from_before_there_was_billing_counts_as_paid()
    {
        var old = new BilledChange(new(
            Given.Subscription() with
            {
                BillingPeriod = BillingPeriod.Monthly,
                BillingCycleAnchor = Bills.Jun1,
                CurrentBillingPeriodStart = Bills.Jun1,
                CurrentBillingPeriodEnd = Bills.Jul1,
            },
            Given.Subscription() with
            {
                BillingPeriod = BillingPeriod.Monthly,
                BillingCycleAnchor = Bills.Jun1,
                PlanId = new("team"),
                CurrentBillingPeriodStart = Bills.Jun1,
                CurrentBillingPeriodEnd = Bills.Jul1,
            },
            ChangeReason.PlanChanged));
        var change = old with
        {
            Before = new(old.Change.Before!, BilledContent.Of(old.Change.Before!, Basic, [])),
            After = new(old.Change.After, BilledContent.Of(old.Change.After, Pro, [])),
        };

        var bill = BillDecision.Of([change], change.Change.After.Uid, Bills.Jun16, BillingChoices.Default);

        Assert.Equal([-15m, 45], Bills.Amounts(Assert.Single(bill.Drafts).Draft.Lines));
    }
}
