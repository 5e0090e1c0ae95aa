using Tollgate.Domain.Billing;
using Tollgate.Domain.Subscriptions;
using static Tollgate.Domain.Tests.Billing.Bills;

namespace Tollgate.Domain.Tests.Billing;

/// <summary>Spec catalog 9.12 and 12.</summary>
public sealed class InvoiceTotalsTests
{
    [Fact]
    public void The_example_of_the_spec_comes_out()
    {
        // 49 + 10.01 = 59.01; 15 % = 8.8515 -> 8.85, of which 8.85 x 49 / 59.01 = 7.3487.. -> 7.35 and 1.50;
        // 8.25 % of 50.16 = 4.1382 -> 4.14; 50.16 + 4.14 = 54.30.
        var lines = InAdvance.Lines(Content(Plan(Base(49), PerSeat(3.335m)), seats: 3), June);

        var invoice = Total(lines, Percent(15), tax: 8.25m);

        Assert.Equal([7.35m, 1.50m], invoice.Lines.Select(l => l.Discount));
        Assert.Equal(
            new InvoiceAmounts(59.01m, 8.85m, 4.14m, 54.30m, 0, 54.30m) { TaxPercentage = 8.25m }, invoice.Amounts);
    }

    [Fact]
    public void Coupon_examples_of_the_spec_come_out()
    {
        // 20 % of 49 + 50 = 19.80 -> 79.20; 9 off of 45 = 36.
        Assert.Equal(79.20m, Total([Line(49), Line(50)], Percent(20)).Amounts.Total);
        var terms = Fixed(10) with { AmountsOff = [new(10, "usd"), new(9, "eur")] };
        Assert.Equal(36m, Total([Line(45)], terms, currency: "eur").Amounts.Total);
    }

    [Fact]
    public void A_fixed_discount_is_worth_no_more_than_the_lines()
    {
        var invoice = Total([Line(4), Line(3)], Fixed(10), tax: 10);

        Assert.Equal((7m, 7m, 0m, 0m), (invoice.Amounts.SubTotal, invoice.Amounts.Discount, invoice.Amounts.Tax,
            invoice.Amounts.Total));
        Assert.Equal([4m, 3m], invoice.Lines.Select(l => l.Discount));
    }

    [Fact]
    public void A_fixed_discount_without_the_currency_takes_nothing_off()
    {
        Assert.Equal(0m, Total([Line(100)], Fixed(10, "eur")).Amounts.Discount);
    }

    [Fact]
    public void Cents_that_do_not_divide_go_to_the_largest_remainders_the_earlier_line_first()
    {
        // 0.10 over three equal lines: 3.33 cents each, one cent left for the first.
        Assert.Equal([0.04m, 0.03m, 0.03m],
            Total([Line(1), Line(1), Line(1)], Fixed(0.10m)).Lines.Select(l => l.Discount));
        // 1.00 over 1, 1 and 4: 16.67, 16.67, 66.67 cents; two cents left for the first two.
        Assert.Equal([0.17m, 0.17m, 0.66m],
            Total([Line(1), Line(1), Line(4)], Fixed(1)).Lines.Select(l => l.Discount));
        // Yen have no smaller unit: 10 over three.
        Assert.Equal([4m, 3m, 3m],
            Total([Line(100), Line(100), Line(100)], Fixed(10, "jpy"), currency: "jpy").Lines.Select(l => l.Discount));
    }

    [Fact]
    public void The_part_a_minimum_spend_pays_is_not_discounted()
    {
        // Usage 130 less 100 paid in advance: 20 % of 30 = 6, 26 of it on the usage and -20 on the adjustment.
        var invoice = Total([Line(130), Line(-100)], Percent(20));

        Assert.Equal(24m, invoice.Amounts.Total);
        Assert.Equal([26m, -20m], invoice.Lines.Select(l => l.Discount));
    }

    [Fact]
    public void Prorations_are_net_already()
    {
        var proration = Line(24) with { IsProration = true };

        var invoice = Total([proration, Line(100)], Percent(20), tax: 10);

        // 20 % of 100 only; tax on 24 + 100 - 20 = 104.
        Assert.Equal((20m, 10.40m, 114.40m), (invoice.Amounts.Discount, invoice.Amounts.Tax, invoice.Amounts.Total));
        Assert.Equal(0m, invoice.Lines[0].Discount);
    }

    [Fact]
    public void Halves_are_rounded_away_from_zero()
    {
        // 10 % tax on 1.25 = 0.125 -> 0.13; on -1.25 it is -0.13.
        Assert.Equal(0.13m, Total([Line(1.25m)], tax: 10).Amounts.Tax);
        Assert.Equal(-0.13m, Total([Line(-1.25m)], tax: 10).Amounts.Tax);
    }

    [Fact]
    public void Inclusive_tax_is_inside_the_price()
    {
        // 119 holds 119 x 19 / 119 = 19; 10 % on top is 11.90.
        var invoice = InvoiceTotals.Of([Line(119)], "eur", [], [new(19, IsInclusive: true), new(10)], 0);

        Assert.Equal((11.90m, 130.90m, 19m),
            (invoice.Amounts.Tax, invoice.Amounts.Total, invoice.Amounts.InclusiveTax));
        Assert.Equal([19m, 11.90m], invoice.Taxes.Select(t => t.Amount));
    }

    [Fact]
    public void The_balance_pays_first_and_no_more_than_is_there()
    {
        var (all, part) = (Total([Line(30)], balance: 30).Amounts, Total([Line(30)], balance: 12.5m).Amounts);

        Assert.Equal((30m, 30m, 0m), (all.Total, all.BalanceUsed, all.AmountDue));
        Assert.Equal((30m, 12.5m, 17.5m), (part.Total, part.BalanceUsed, part.AmountDue));
        Assert.Equal(0m, Total([Line(30)], balance: 40).Amounts.AmountDue);
        Assert.Equal(30m, Total([Line(30)], balance: 40).Amounts.BalanceUsed);
    }

    [Fact]
    public void A_negative_total_gives_its_tax_back_and_goes_to_the_balance()
    {
        var note = Total(
            [Line(-45) with { IsProration = true }, Line(15) with { IsProration = true }], tax: 10, balance: 7);

        Assert.Equal(new InvoiceAmounts(-30, 0, -3, -33, 0, 0) { TaxPercentage = 10 }, note.Amounts);
        Assert.Equal(33m, note.Amounts.AddedToBalance);
    }

    [Fact]
    public void An_empty_invoice_is_nothing_even_with_a_coupon()
    {
        Assert.Equal(new InvoiceAmounts(0, 0, 0, 0, 0, 0), Total([], Percent(50)).Amounts);
        Assert.Equal(0m, Total([Line(0)], Fixed(5)).Amounts.Discount);
    }

    [Fact]
    public void A_line_is_discounted_when_its_service_period_starts_in_the_coupons_months()
    {
        var terms = Percent(50, Jun1, months: 1);
        var usageOfMay = Line(10, Jun1 - NodaTime.Duration.FromMilliseconds(1));
        var lastInstant = Line(10, Jul1 - NodaTime.Duration.FromMilliseconds(1));

        Assert.Equal([0m, 5m, 5m, 0m],
            Total([usageOfMay, Line(10, Jun1), lastInstant, Line(10, Jul1)], terms).Lines.Select(l => l.Discount));
    }

    [Fact]
    public void An_annual_line_that_starts_in_the_coupons_month_is_discounted_whole()
    {
        var annual = Line(300, Jun16) with { PeriodEnd = BillingPeriods.AddMonths(Jun16, 12) };

        Assert.Equal(60m, Total([annual], Percent(20, Jun1, months: 1)).Amounts.Discount);
    }

    [Fact]
    public void The_subscriptions_coupon_replaces_the_customers_and_never_stacks()
    {
        var ofSubscription = new AppliedCoupon(Percent(20, Jun1, months: 1));
        var inForce = Discounts.InForce([ofSubscription], Percent(10));

        // Usage of June still has the subscription's 20 %, the lines from July on the customer's 10 %.
        Assert.Equal([20m, 10m],
            InvoiceTotals.Of([Line(100, Jun1), Line(100, Jul1)], "usd", inForce, [], 0).Lines.Select(l => l.Discount));
    }

    [Fact]
    public void A_removed_coupon_is_gone_and_the_customers_applies_again()
    {
        var removed = new AppliedCoupon(Percent(20)) { RemovedAt = Jun16 };
        var newer = new AppliedCoupon(Percent(30));

        Assert.Equal(["SAVE10"], Discounts.InForce([removed], Percent(10)).Select(t => t.Code));
        Assert.Equal(["SAVE30", "SAVE10"], Discounts.InForce([removed, newer], Percent(10)).Select(t => t.Code));
        Assert.Empty(Discounts.InForce([], null));
    }

    [Fact]
    public void Lines_are_ordered_by_what_they_are_for()
    {
        InvoiceLine Of(InvoiceLineType type, string name) => Line(1) with { Type = type, Description = name };
        var oneOff = Of(InvoiceLineType.AddonCharge, "one-off") with
        {
            Key = new(Domain.Catalog.BillingModel.FlatFee, Domain.Catalog.BillingCadence.OneOff, null, null, new("a")),
        };

        Assert.Equal(
            ["base", "minimum", "usage", "adjustment", "overage", "one-off", "proration"],
            InvoiceLines.InOrder(
            [
                Of(InvoiceLineType.BaseCharge, "proration") with { IsProration = true }, oneOff,
                Of(InvoiceLineType.OverageCharge, "overage"),
                Of(InvoiceLineType.MinimumSpendAdjustmentCharge, "adjustment"),
                Of(InvoiceLineType.PayAsYouGoCharge, "usage"), Of(InvoiceLineType.BaseCharge, "base"),
                Of(InvoiceLineType.MinimumSpendCharge, "minimum"),
            ]).Select(l => l.Description));
    }
}
