using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Domain.Tests.Subscriptions;
using static Tollgate.Domain.Tests.Billing.Bills;

namespace Tollgate.Domain.Tests.Billing;

/// <summary>Spec catalog 9.2, 9.3, 9.9 and the lines of subscriptions 11.</summary>
public sealed class InAdvanceTests
{
    private static readonly CurrencyId Tokens = new("tokens");

    private static IReadOnlyList<InvoiceLine> Lines(BilledContent content) => InAdvance.Lines(content, June);

    [Fact]
    public void A_base_fee_and_ten_seats_are_two_lines()
    {
        var lines = Lines(Content(Plan(Base(49), PerSeat(10)), seats: 10));

        Assert.Equal(["Pro - base fee", "Pro - Seats"], lines.Select(l => l.Description));
        Assert.Equal([49m, 100m], Amounts(lines));
        Assert.Equal([(1m, 49m), (10m, 10m)], lines.Select(l => (l.Quantity, l.UnitPrice)));
        Assert.Equal(
            [InvoiceLineType.BaseCharge, InvoiceLineType.InAdvanceCommitmentCharge], lines.Select(l => l.Type));
        Assert.All(lines, l => Assert.Equal((Jun1, Jul1), (l.PeriodStart, l.PeriodEnd)));
    }

    [Fact]
    public void The_worked_preview_of_the_spec_comes_out()
    {
        // 49 + 10 x 10 = 149; 20 % off = 29.80; 119.20 to pay.
        var amounts = Total(Lines(Content(Plan(Base(49), PerSeat(10)), seats: 10)), Percent(20)).Amounts;

        Assert.Equal((149m, 29.80m, 119.20m), (amounts.SubTotal, amounts.Discount, amounts.Total));
    }

    [Fact]
    public void Lines_come_in_the_order_base_fee_units_addons_credits_minimum_spend()
    {
        var credits = Given.Charge(BillingModel.PerUnit, 2) with { TopUpCurrencyId = Tokens };
        var content = Content(Plan(credits, PerSeat(10), Base(49))) with
        {
            Addons = [new(Addon("support", Base(5)), 1), new(Addon("backup", Base(3)), 2)],
            CreditQuantities = new Dictionary<CurrencyId, decimal> { [Tokens] = 100 },
            CurrencyNames = new Dictionary<CurrencyId, string> { [Tokens] = "Tokens" },
            MinimumSpend = new(100, "usd"),
        };

        var lines = Lines(content);

        Assert.Equal(
            [
                "Pro - base fee", "Pro - Seats", "support - base fee", "backup - base fee", "Pro - Tokens",
                "Pro - minimum spend",
            ],
            lines.Select(l => l.Description));
        // 2 x 3 = 6 for the add-on; 100 credits at 2 = 200.
        Assert.Equal([49m, 10m, 5m, 6m, 200m, 100m], Amounts(lines));
        Assert.Equal(InvoiceLineType.MinimumSpendCharge, lines[^1].Type);
    }

    [Fact]
    public void Blocks_are_counted_as_blocks()
    {
        // 2 500 calls in blocks of 1 000 = 3 blocks at 5.
        var line = Lines(Content(Plan(PerSeat(5) with { BlockSize = 1000 }), seats: 2500))[0];

        Assert.Equal((3m, 5m, 15m), (line.Quantity, line.UnitPrice, line.Amount));
    }

    [Fact]
    public void Pure_volume_shows_units_at_the_price_of_their_tier()
    {
        var charge = Tiered(PerSeat(0), TiersMode.Volume, Tier(5, 20), Tier(10, 15), Tier(null, 10));

        var line = Lines(Content(Plan(charge), seats: 7))[0];

        Assert.Equal((7m, 15m, 105m), (line.Quantity, line.UnitPrice, line.Amount));
    }

    [Fact]
    public void Graduated_stairs_and_flat_parts_show_one_amount()
    {
        var graduated = Tiered(PerSeat(0), TiersMode.Graduated, Tier(5, 20), Tier(10, 15), Tier(null, 10));
        var stairs = Tiered(
            PerSeat(0), TiersMode.Volume, Tier(10, null, 100), Tier(50, null, 400), Tier(null, null, 900));
        var flatPart = Tiered(PerSeat(0), TiersMode.Volume, Tier(5, 20, 3), Tier(null, 10));

        // 5 x 20 + 5 x 15 + 10 x 10 = 275.
        Assert.Equal((1m, 275m), One(graduated, 20));
        Assert.Equal((1m, 400m), One(stairs, 12));
        // 4 x 20 + 3 = 83; in the next tier, without a flat part, 6 x 10.
        Assert.Equal((1m, 83m), One(flatPart, 4));
        Assert.Equal((6m, 10m), One(flatPart, 6));

        static (decimal, decimal) One(Charge charge, decimal seats)
        {
            var line = Lines(Content(Plan(charge), seats))[0];
            return (line.Quantity, line.UnitPrice);
        }
    }

    [Fact]
    public void A_charge_without_a_quantity_has_its_minimum_or_one_and_nothing_committed_is_a_line_of_0()
    {
        Assert.Equal([10m], Amounts(Lines(Content(PerSeat(10)))));
        Assert.Equal([30m], Amounts(Lines(Content(PerSeat(10) with { MinUnitQuantity = 3 }))));
        Assert.Equal([0m], Amounts(Lines(Content(Plan(PerSeat(10) with { MinUnitQuantity = 0 }), seats: 0))));
    }

    [Fact]
    public void Usage_credit_mappings_one_off_and_other_periods_are_not_paid_in_advance()
    {
        var content = Content(
            Base(49), Base(490, BillingPeriod.Annually), PerCall(1), Base(99) with { Cadence = BillingCadence.OneOff },
            Given.Charge(BillingModel.CreditBased, 0) with { FeatureId = Calls, CreditRate = new(1, Tokens, null) });

        Assert.Equal([49m], Amounts(Lines(content)));
    }

    [Fact]
    public void The_prices_of_the_country_apply()
    {
        var plan = Plan(Base(20), Base(900, currency: "inr") with { CountryCode = "IN" });

        Assert.Equal([900m], Amounts(Lines(Content(plan) with { Country = "IN", Currency = "inr" })));
        Assert.Equal([20m], Amounts(Lines(Content(plan))));
    }

    [Fact]
    public void A_price_override_replaces_the_price_of_its_one_charge()
    {
        var plan = Plan(Base(49), PerSeat(10));
        var addon = Addon("support", Base(5));
        BilledContent With(Charge of, PackageId? on, PriceOverride agreed) => Content(plan, seats: 3) with
        {
            Addons = [new(addon, 2)],
            PriceOverrides = [agreed with { Key = ChargeKey.Of(of, on) }],
        };
        var forty = new PriceOverride(default(ChargeKey)) { Price = new(40, "usd") };

        Assert.Equal([40m, 30m, 10m], Amounts(Lines(With(plan.Charges[0], null, forty))));
        Assert.Equal([49m, 120m, 10m], Amounts(Lines(With(plan.Charges[1], null, forty))));
        Assert.Equal([49m, 30m, 80m], Amounts(Lines(With(addon.Charges[0], addon.Id, forty))));
        // Graduated for this subscription alone: 2 x 9 + 1 x 8.
        Assert.Equal([49m, 26m, 10m], Amounts(Lines(With(plan.Charges[1], null, new(default(ChargeKey))
        {
            TiersMode = TiersMode.Graduated,
            Tiers = [Tier(2, 9), Tier(null, 8)],
        }))));
    }

    [Fact]
    public void A_minimum_spend_in_another_currency_is_none()
    {
        Assert.Equal([49m], Amounts(Lines(Content(Base(49)) with { MinimumSpend = new(100, "eur") })));
    }

    [Fact]
    public void A_line_is_rounded_once_to_the_minor_unit_of_its_currency()
    {
        // 3 x 3.335 = 10.005 -> 10.01; in yen 3 x 333.5 = 1000.5 -> 1001.
        Assert.Equal([10.01m], Amounts(Lines(Content(Plan(PerSeat(3.335m)), seats: 3))));
        Assert.Equal([1001m], Amounts(Lines(
            Content(Plan(PerSeat(333.5m, currency: "jpy")), seats: 3) with { Currency = "jpy" })));
    }

    [Fact]
    public void One_off_charges_are_paid_when_bought_and_never_again()
    {
        var setup = Base(99) with { Cadence = BillingCadence.OneOff };
        var addon = Addon("training", setup);
        var content = Content(Base(49), setup) with { Addons = [new(addon, 2)] };

        var bought = InAdvance.OneOffLines(content, null, Jun1);

        Assert.Equal([99m, 198m], Amounts(bought));
        Assert.Equal([InvoiceLineType.Other, InvoiceLineType.AddonCharge], bought.Select(l => l.Type));
        Assert.Empty(InAdvance.OneOffLines(content, content, Jun16));
        // One more item of the add-on, at its full price; fewer give nothing back.
        Assert.Equal([99m], Amounts(InAdvance.OneOffLines(
            content with { Addons = [new(addon, 3)] }, content, Jun16)));
        Assert.Empty(InAdvance.OneOffLines(content with { Addons = [new(addon, 1)] }, content, Jun16));
        // Another plan is another purchase; the add-on is there already.
        var other = content with { Plan = Plan(Base(90), setup) with { Id = new("team") } };
        Assert.Equal([99m], Amounts(InAdvance.OneOffLines(other, content, Jun16)));
    }

    [Fact]
    public void Added_units_of_a_one_off_charge_are_paid_at_full_price()
    {
        var devices = PerSeat(20) with { Cadence = BillingCadence.OneOff };
        var plan = Plan(Base(49), devices);

        // 5 - 3 = 2 devices at 20.
        Assert.Equal([40m], Amounts(InAdvance.OneOffLines(Content(plan, 5), Content(plan, 3), Jun16)));
        Assert.Equal([60m], Amounts(InAdvance.OneOffLines(Content(plan, 3), null, Jun16)));
        Assert.Empty(InAdvance.OneOffLines(Content(plan, 2), Content(plan, 3), Jun16));
    }

    [Fact]
    public void The_dearest_items_of_a_group_are_free()
    {
        var (small, large, medium) = (Addon("small", Base(5)), Addon("large", Base(20)), Addon("medium", Base(10)));
        var content = Content(Base(49)) with
        {
            Addons = [new(small, 1), new(large, 2), new(medium, 3)],
            FreeItems = [new([small.Id, large.Id, medium.Id], 3)],
        };

        // Free: both large ones and one medium; 5 + 2 x 10 are charged, the large ones have no line.
        Assert.Equal([new FreeItem(large.Id, 2), new FreeItem(medium.Id, 1)], FreeItemWaiver.Of(content));
        Assert.Equal(
            [("Pro - base fee", 49m), ("small - base fee", 5m), ("medium - base fee", 20m)],
            Lines(content).Select(l => (l.Description, l.Amount)));
    }

    [Fact]
    public void Equally_dear_items_are_free_in_the_order_of_the_request_and_only_of_their_group()
    {
        var (a, b, other) = (Addon("a", Base(5)), Addon("b", Base(5)), Addon("other", Base(50)));
        var content = Content(Base(49)) with
        {
            Addons = [new(other, 1), new(b, 1), new(a, 1)],
            FreeItems = [new([a.Id, b.Id], 1)],
        };

        Assert.Equal([new FreeItem(b.Id, 1)], FreeItemWaiver.Of(content));
    }

    [Fact]
    public void An_item_is_waived_once_however_many_groups_it_is_in()
    {
        var a = Addon("a", Base(5));
        var content = Content(Base(49)) with
        {
            Addons = [new(a, 1)],
            FreeItems = [new([a.Id], 1), new([a.Id], 1)],
        };

        Assert.Equal([new FreeItem(a.Id, 1)], FreeItemWaiver.Of(content));
        Assert.Equal([49m], Amounts(Lines(content)));
    }

    [Fact]
    public void The_content_of_a_subscription_is_read_from_it()
    {
        var plan = Plan(Base(49), PerSeat(10), Base(900, currency: "inr") with { CountryCode = "IN" });
        var subscription = Given.Subscription() with
        {
            BillingPeriod = BillingPeriod.Monthly,
            BillingCountryCode = "IN",
            Quantities = new Dictionary<FeatureId, decimal> { [Seats] = 4 },
            MinimumSpend = new(100, "inr"),
        };

        var content = BilledContent.Of(subscription, plan, []);

        Assert.Equal("inr", content.Currency);
        Assert.Equal([900m, 100m], Amounts(Lines(content)));
        Assert.Throws<ArgumentException>(() => BilledContent.Of(Given.Subscription(), plan, []));
    }
}
