using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using static Tollgate.Domain.Tests.Billing.Bills;

namespace Tollgate.Domain.Tests.Billing;

/// <summary>The table of spec subscriptions 10, by its row numbers, and its edges.</summary>
public sealed class ProrationTests
{
    private static readonly BilledContent Thirty = Content(
        Plan(Base(30)) with { Id = new("basic"), DisplayName = "Basic" });
    private static readonly BilledContent Ninety = Content(Base(90));

    private static ProratedChange Change(
        BilledContent from, BilledContent to, Instant? at = null, BillingWindow? period = null) =>
        Proration.Change(Running(from), to, [], period ?? June, at ?? Jun16);

    private static ProratedChange End(BilledContent from, Instant? at = null, BillingWindow? period = null) =>
        Proration.End(Running(from), period ?? June, at ?? Jun16, from.Currency, null);

    [Fact]
    public void Row_1_an_upgrade_at_half_the_period_pays_half_the_difference()
    {
        var change = Change(Thirty, Ninety);

        Assert.Equal([-15m, 45m], Amounts(change.Lines));
        Assert.Equal(["Unused time on Basic - base fee", "Remaining time on Pro - base fee"],
            change.Lines.Select(l => l.Description));
        Assert.Equal((-15m, 45m, 30m), (change.Credit, change.Debit, change.NetAmount));
        Assert.Equal(30m, Total(change.Lines).Amounts.AmountDue);
        Assert.All(change.Lines, l => Assert.Equal((Jun16, Jul1, 1m, true),
            (l.PeriodStart, l.PeriodEnd, l.Quantity, l.IsProration)));
        // On July 1 the full 90.
        Assert.Equal([90m], Amounts(InAdvance.Lines(Ninety, new(Jul1, Jul1 + Duration.FromDays(31)))));
        Assert.Equal(90m, Assert.Single(change.Running).Net);
    }

    [Fact]
    public void Row_2_added_seats_credit_and_debit_the_whole_charge()
    {
        var plan = Plan(PerSeat(12));
        var at = Jul1 - Duration.FromDays(10);

        // f = 10/30: 5 x 12 / 3 = 20, 8 x 12 / 3 = 32.
        var change = Change(Content(plan, 5), Content(plan, 8), at);

        Assert.Equal([-20m, 32m], Amounts(change.Lines));
        Assert.Equal(12m, change.NetAmount);
        Assert.Equal([96m], Amounts(InAdvance.Lines(Content(plan, 8), June)));
    }

    [Fact]
    public void Row_3_a_downgrade_leaves_the_rest_on_the_balance()
    {
        var now = Total(Change(Ninety, Thirty).Lines).Amounts;

        Assert.Equal((-30m, 0m, 30m), (now.Total, now.AmountDue, now.AddedToBalance));
        // July 1: 30 - 30 = 0.
        Assert.Equal(0m, Total(InAdvance.Lines(Thirty, June), balance: now.AddedToBalance).Amounts.AmountDue);
    }

    [Fact]
    public void Row_4_a_change_to_free_gives_the_rest_back()
    {
        // f = 12/30 = 0.4: 0.4 x 90 = 36.
        var end = End(Ninety, Jul1 - Duration.FromDays(12));

        Assert.Equal([-36m], Amounts(end.Lines));
        Assert.Equal(36m, Total(end.Lines).Amounts.AddedToBalance);
        Assert.Empty(end.Running);
    }

    [Fact]
    public void Row_5_a_change_at_the_end_of_the_period_costs_nothing()
    {
        Assert.Empty(Change(Ninety, Thirty, Jul1).Lines);
        Assert.Equal(30m, Total(InAdvance.Lines(Thirty, June)).Amounts.AmountDue);
    }

    [Fact]
    public void Row_6_monthly_to_annual_starts_a_new_period_at_full_price()
    {
        var annual = Content(Base(300, BillingPeriod.Annually)) with { Period = BillingPeriod.Annually };

        var lines = InvoiceLines.InOrder(
            [.. End(Thirty).Lines, .. InAdvance.Lines(annual, new(Jun16, BillingPeriods.AddMonths(Jun16, 12)))]);

        Assert.Equal([300m, -15m], Amounts(lines));
        Assert.Equal(285m, Total(lines).Amounts.AmountDue);
    }

    [Fact]
    public void Row_7_without_proration_what_was_paid_goes_on_running()
    {
        // Nothing is billed for the change to 90 and the running charges stay, so nothing of the 90 is ever given back:
        // a change to 30 later finds what was paid, and a cancellation gives half of 30 back.
        var running = Running(Thirty);

        Assert.Empty(Proration.Change(running, Thirty, [], June, Jun16).Lines);
        Assert.Equal([-15m], Amounts(Proration.End(running, June, Jun16, "usd", null).Lines));
        // On July 1 the full 90.
        Assert.Equal(90m, Total(InAdvance.Lines(Ninety, June)).Amounts.AmountDue);
    }

    [Fact]
    public void Row_8_prorations_may_wait_for_the_next_invoice()
    {
        var next = InvoiceLines.InOrder(
            [.. Change(Thirty, Ninety).Lines, .. InAdvance.Lines(Ninety, new(Jul1, Jul1 + Duration.FromDays(31)))]);

        Assert.Equal([90m, -15m, 45m], Amounts(next));
        Assert.Equal(120m, Total(next).Amounts.AmountDue);
    }

    [Fact]
    public void Row_9_a_new_anchor_gives_back_the_rest_and_charges_a_full_period()
    {
        var lines = InvoiceLines.InOrder(
            [.. End(Thirty).Lines, .. InAdvance.Lines(Ninety, BillingPeriods.Nth(Jun16, BillingPeriod.Monthly, 0))]);

        Assert.Equal([90m, -15m], Amounts(lines));
        Assert.Equal(75m, Total(lines).Amounts.AmountDue);
        Assert.Equal(Instant.FromUtc(2026, 7, 16, 0, 0), lines[0].PeriodEnd);
    }

    [Fact]
    public void Row_10_a_coupon_held_before_and_after_is_in_both_and_tax_is_on_the_net()
    {
        var coupon = Percent(20);
        // o = 30 - 6 = 24, n = 90 - 18 = 72; half of them -12 and 36.
        var change = Proration.Change(Running(Thirty, coupon), Ninety, [coupon], June, Jun16);
        var amounts = Total(change.Lines, coupon, tax: 10).Amounts;

        Assert.Equal([-12m, 36m], Amounts(change.Lines));
        Assert.Equal((24m, 0m, 2.40m, 26.40m),
            (amounts.SubTotal, amounts.Discount, amounts.Tax, amounts.AmountDue));
    }

    [Fact]
    public void Row_10b_a_coupon_that_comes_with_the_change_is_in_the_debit_alone()
    {
        var change = Proration.Change(Running(Thirty), Ninety, [Percent(20, Jun16)], June, Jun16);

        Assert.Equal([-15m, 36m], Amounts(change.Lines));
        Assert.Equal(21m, Total(change.Lines).Amounts.AmountDue);
    }

    [Fact]
    public void Row_11_a_true_up_waits_for_the_end_of_the_cycle()
    {
        var plan = Plan(PerSeat(10));

        // 5 -> 7 at half: -25 + 35 = 10, billed with the next invoice: 70 + 10.
        var change = Change(Content(plan, 5), Content(plan, 7));

        Assert.Equal(10m, change.NetAmount);
        Assert.Equal(80m, Total(InvoiceLines.InOrder(
            [.. InAdvance.Lines(Content(plan, 7), June), .. change.Lines])).Amounts.AmountDue);
    }

    [Fact]
    public void Only_charges_whose_amount_changed_have_lines()
    {
        var plan = Plan(Base(49), PerSeat(10));

        var change = Change(Content(plan, 3), Content(plan, 5));

        Assert.Equal(["Unused time on Pro - Seats", "Remaining time on Pro - Seats"],
            change.Lines.Select(l => l.Description));
        Assert.Equal([49m, 50m], change.Running.Select(r => r.Net));
    }

    [Fact]
    public void An_addon_that_comes_is_charged_and_one_that_goes_is_given_back()
    {
        var addon = Addon("support", Base(10));
        var with = Ninety with { Addons = [new(addon, 2)] };

        var comes = Change(Ninety, with);
        var goes = Change(with, Ninety);

        Assert.Equal(("Remaining time on support - base fee", 10m), Only(comes));
        Assert.Equal(("Unused time on support - base fee", -10m), Only(goes));
        Assert.Equal(new PackageId("support"), goes.Lines[0].PackageId);
        Assert.Equal(InvoiceLineType.AddonCharge, goes.Lines[0].Type);
        Assert.Single(goes.Running);

        static (string, decimal) Only(ProratedChange change)
        {
            var line = Assert.Single(change.Lines);
            return (line.Description, line.Amount);
        }
    }

    [Fact]
    public void A_coupon_that_comes_or_goes_alone_changes_nothing()
    {
        var coupon = Percent(20);

        var comes = Proration.Change(Running(Thirty), Thirty, [coupon], June, Jun16);
        var goes = Proration.Change(Running(Thirty, coupon), Thirty, [], June, Jun16);

        Assert.Empty(comes.Lines);
        Assert.Empty(goes.Lines);
        // What was paid stays what is given back later.
        Assert.Equal((30m, 24m), (comes.Running[0].Net, goes.Running[0].Net));
    }

    [Fact]
    public void A_coupon_that_ends_in_mid_period_is_in_the_credit_and_not_in_the_debit()
    {
        // A month from May 10 covers the period that starts on June 1, not a time that starts on June 16.
        var coupon = Percent(20, Instant.FromUtc(2026, 5, 10, 0, 0), months: 1);

        var change = Proration.Change(Running(Thirty, coupon), Ninety, [coupon], June, Jun16);

        Assert.Equal([-12m, 45m], Amounts(change.Lines));
    }

    [Fact]
    public void A_fixed_coupon_is_shared_with_the_charges_that_did_not_change()
    {
        var coupon = Fixed(14);
        var plan = Plan(Base(40), PerSeat(10));

        // Before: 14 over 40 and 30 = 8 and 6; after: over 40 and 100 = 4 and 10. Seats: half of 24 and of 90.
        var change = Proration.Change(Running(Content(plan, 3), coupon), Content(plan, 10), [coupon], June, Jun16);

        Assert.Equal([-12m, 45m], Amounts(change.Lines));
        Assert.Equal([32m, 90m], change.Running.Select(r => r.Net));
    }

    [Fact]
    public void Usage_minimum_spend_and_one_off_charges_are_never_prorated()
    {
        var setup = Base(99) with { Cadence = BillingCadence.OneOff };
        var before = Content(Base(30), PerCall(1), setup) with { MinimumSpend = new(100, "usd") };
        var after = Content(Base(90), PerCall(2), setup) with { MinimumSpend = new(500, "usd") };

        Assert.Equal([-15m, 45m], Amounts(Change(before, after).Lines));
        Assert.Equal([-15m], Amounts(End(before).Lines));
    }

    [Fact]
    public void A_change_at_the_start_costs_the_full_difference()
    {
        Assert.Equal([-30m, 90m], Amounts(Change(Thirty, Ninety, Jun1).Lines));
    }

    [Fact]
    public void The_last_second_costs_a_second()
    {
        // June has 2 592 000 seconds; one of 259 200 000 costs 100.
        var dear = Content(Base(259_200_000));

        Assert.Equal([-100m], Amounts(End(dear, Jul1 - Duration.FromSeconds(1)).Lines));
        // Instants are floored: half a second before the end is in the last second, too.
        Assert.Equal([-100m], Amounts(End(dear, Jul1 - Duration.FromMilliseconds(500)).Lines));
        // A cheap charge for a second rounds to nothing and has no line.
        Assert.Empty(End(Thirty, Jul1 - Duration.FromSeconds(1)).Lines);
    }

    [Fact]
    public void Two_changes_at_one_instant_are_as_good_as_the_last()
    {
        var plan = Plan(PerSeat(10));
        var first = Change(Content(plan, 5), Content(plan, 9));
        var second = Proration.Change(first.Running, Content(plan, 7), [], June, Jun16);

        Assert.Equal(Change(Content(plan, 5), Content(plan, 7)).NetAmount, first.NetAmount + second.NetAmount);
    }

    [Fact]
    public void Seats_up_and_down_within_a_period_pay_for_the_days_they_were_there()
    {
        var plan = Plan(PerSeat(12));
        var up = Change(Content(plan, 5), Content(plan, 8), Jun1 + Duration.FromDays(10));
        var down = Proration.Change(up.Running, Content(plan, 4), [], June, Jun1 + Duration.FromDays(20));

        // 20 of 30 days: -40 + 64; 10 of 30: -32 + 16. In all 60 + 24 - 16 = 68 = 12 x (5 + 8 + 4) / 3.
        Assert.Equal([-40m, 64m], Amounts(up.Lines));
        Assert.Equal([-32m, 16m], Amounts(down.Lines));
        Assert.Equal(68m, 60 + up.NetAmount + down.NetAmount);
    }

    [Fact]
    public void Annual_to_monthly_and_back_gives_back_what_is_left_of_each()
    {
        var annual = Content(Base(365, BillingPeriod.Annually)) with { Period = BillingPeriod.Annually };
        var year = new BillingWindow(Jun1, BillingPeriods.AddMonths(Jun1, 12));

        // After 30 of 365 days 335 are left; the month paid then is given back by half after 15 of its 30 days (July 1
        // starts a month of 31 days, so count 15.5).
        Assert.Equal([-335m], Amounts(Proration.End(Running(annual), year, Jul1, "usd", null).Lines));
        var july = BillingPeriods.Nth(Jul1, BillingPeriod.Monthly, 0);
        var middle = Jul1 + Duration.FromHours(372);
        Assert.Equal([-15m], Amounts(End(Thirty, middle, july).Lines));
    }

    [Fact]
    public void A_period_from_january_31_to_february_28_is_28_days()
    {
        var anchor = Instant.FromUtc(2026, 1, 31, 0, 0);
        var first = BillingPeriods.Nth(anchor, BillingPeriod.Monthly, 0);
        var second = BillingPeriods.Nth(anchor, BillingPeriod.Monthly, 1);

        // 7 of 28 days and 31 of 31 (Feb 28 - Mar 31).
        Assert.Equal([-7m], Amounts(End(Content(Base(28)), Instant.FromUtc(2026, 2, 21, 0, 0), first).Lines));
        Assert.Equal([-31m], Amounts(End(Content(Base(31)), Instant.FromUtc(2026, 2, 28, 0, 0), second).Lines));
    }

    [Fact]
    public void A_leap_day_is_a_day_like_any_other()
    {
        var february = BillingPeriods.Nth(Instant.FromUtc(2028, 2, 1, 0, 0), BillingPeriod.Monthly, 0);
        var year = BillingPeriods.Nth(Instant.FromUtc(2028, 2, 29, 0, 0), BillingPeriod.Annually, 0);

        Assert.Equal([-1m], Amounts(End(Content(Base(29)), Instant.FromUtc(2028, 2, 29, 0, 0), february).Lines));
        // Feb 29 2028 to Feb 28 2029 has 365 days.
        Assert.Equal([-364m], Amounts(End(Content(Base(365)), Instant.FromUtc(2028, 3, 1, 0, 0), year).Lines));
    }

    [Fact]
    public void Yen_are_whole()
    {
        var before = Content(Base(1001, currency: "jpy")) with { Currency = "jpy" };
        var after = Content(Base(2001, currency: "jpy")) with { Currency = "jpy" };

        // Halves away from zero: -500.5 -> -501 and 1000.5 -> 1001.
        Assert.Equal([-501m, 1001m], Amounts(Change(before, after).Lines));
    }

    [Fact]
    public void The_exact_amount_is_prorated_not_the_rounded_one()
    {
        // 3 x 3.335 = 10.005 is invoiced as 10.01; half of the exact amount is 5.0025 -> 5.00, of the rounded one 5.01.
        Assert.Equal([-5.00m], Amounts(End(Content(Plan(PerSeat(3.335m)), seats: 3)).Lines));
    }

    [Fact]
    public void A_start_within_the_calendar_month_pays_to_its_end()
    {
        var content = Content(Base(30), PerSeat(10)) with { MinimumSpend = new(100, "usd") };

        var begin = Proration.Begin(content, [Percent(20)], June, Jun16);

        // Half of 30 and 10; the minimum whole. The coupon comes with the invoice: 20 % of 120.
        Assert.Equal([15m, 5m, 100m], Amounts(begin.Lines));
        Assert.Equal(24m, Total(begin.Lines, Percent(20)).Amounts.Discount);
        // What runs is the price of all of June, so that a later change in June is prorated as in any other month.
        Assert.Equal([24m, 8m], begin.Running.Select(r => r.Net));
    }

    [Fact]
    public void A_cancellation_gives_each_charge_back_and_says_for_which_time()
    {
        var end = End(Content(Plan(Base(49), PerSeat(10)), seats: 10));

        Assert.Equal([-24.5m, -50m], Amounts(end.Lines));
        Assert.Equal(
            ["Unused time on Pro - base fee", "Unused time on Pro - Seats"], end.Lines.Select(l => l.Description));
        Assert.Equal("1296000/2592000", end.Lines[0].Inputs["factor"]);
    }
}
