using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Domain.Tests.Subscriptions;
using static Tollgate.Domain.Tests.Billing.Bills;

namespace Tollgate.Domain.Tests.Billing;

/// <summary>Spec catalog 9.6, 9.7, 9.8 and chapter 15; subscriptions 3.5.</summary>
public sealed class UsageRatingTests
{
    private static readonly Instant Aug1 = Instant.FromUtc(2026, 8, 1, 0, 0);
    private static readonly ResetRule Monthly = ResetRule.Of(ResetPeriod.Month);
    private static readonly ArrearsDue JuneDue = new() { Month = June, Term = June };

    private static ContentSpan Span(BilledContent content, Instant? from = null, Instant? until = null) =>
        new(from ?? Jun1, until ?? Jul1, content) { UsageAnchor = Jun1 };

    private static ContentSpan WithOverage(
        Charge overage, decimal? included, ResetRule? reset, BilledContent? of = null)
    {
        var content = of ?? Content(Base(49));
        return Span(content with { Plan = content.Plan with { OverageCharges = [overage] } }) with
        {
            Terms = new Dictionary<FeatureId, UsageTerms> { [Calls] = new(included, reset, Jun1) },
        };
    }

    /// <summary>Rates with the same measurement for every need.</summary>
    private static IReadOnlyList<InvoiceLine> Rate(ContentSpan span, MeasuredUsage measured, ArrearsDue? due = null) =>
        Rate([span], _ => measured, due);

    private static IReadOnlyList<InvoiceLine> Rate(
        IReadOnlyList<ContentSpan> spans, Func<UsageNeed, MeasuredUsage> measure, ArrearsDue? due = null)
    {
        var windows = due ?? JuneDue;
        return UsageRating.Lines(spans, windows, UsageRating.Needs(spans, windows).ToDictionary(need => need, measure));
    }

    private static Charge OverageCall(decimal price, decimal? block = null) =>
        PerCall(price) with { BlockSize = block };

    [Fact]
    public void Example_A_usage_beyond_the_minimum_spend_is_billed_in_arrears()
    {
        var plan = Content(Base(49), PerSeat(10), PerCall(0.001m)) with
        {
            Quantities = new Dictionary<FeatureId, decimal> { [Seats] = 5 },
            MinimumSpend = new(100, "usd"),
        };
        // 49 + 50 + 100 = 199 in advance.
        Assert.Equal([49m, 50m, 100m], Amounts(InAdvance.Lines(plan, June)));

        // 200 000 calls cost 200: 100 are drawn from the minimum, 100 are left to pay. 60 000 cost 60, nothing to pay.
        Assert.Equal([200m, -100m], Amounts(WithMinimum(200_000)));
        Assert.Equal([60m, -60m], Amounts(WithMinimum(60_000)));

        IReadOnlyList<InvoiceLine> WithMinimum(decimal calls)
        {
            var usage = Rate(Span(plan), MeasuredUsage.Of(calls));
            return [.. usage, MinimumSpendDraw.Draw(plan, usage, new(100, "usd"), June).Adjustment!];
        }
    }

    [Fact]
    public void Example_B_commitment_with_overage()
    {
        var committed = Given.Charge(BillingModel.PerUnit, 1) with { FeatureId = Calls, BlockSize = 1000 };
        var content = Content(committed) with
        {
            Quantities = new Dictionary<FeatureId, decimal> { [Calls] = 10_000 },
        };
        // 10 blocks at 1.00; 12 345 - 10 000 = 2 345 at 0.002 = 4.69.
        Assert.Equal([10m], Amounts(InAdvance.Lines(content, June)));
        var line = Assert.Single(
            Rate(WithOverage(OverageCall(0.002m), 10_000, Monthly, content), MeasuredUsage.Of(12_345)));

        Assert.Equal((4.69m, 2345m, 0.002m, InvoiceLineType.OverageCharge),
            (line.Amount, line.Quantity, line.UnitPrice, line.Type));
    }

    [Theory]
    [InlineData(1_000, 1_300, 0.01, null, 3.00)]
    [InlineData(500, 800, 2.00, 100, 6.00)]
    [InlineData(1_000, 1_350, 0.01, null, 3.50)]
    [InlineData(1_000, 1_350, 1.00, 100, 4.00)]
    [InlineData(1_000, 1_000, 1.00, 100, 0.00)]
    public void Overage_examples_of_the_spec(int included, int used, double price, int? block, double due)
    {
        var lines = Rate(
            WithOverage(OverageCall((decimal)price, block), included, Monthly), MeasuredUsage.Of(used));

        Assert.Equal([(decimal)due], Amounts(lines));
    }

    [Fact]
    public void Usage_is_billed_in_whole_units_rounded_up_once()
    {
        Assert.Equal([13m], Amounts(Rate(Span(Content(PerCall(1))), MeasuredUsage.Of(12.3m))));
        // Two usage windows of 0.4 beyond the included 1 each are 0.8 together: one unit.
        Assert.Equal([1m], Amounts(Rate(
            WithOverage(OverageCall(1), 1, ResetRule.Of(ResetPeriod.Week)), new([new(0, 1.4m), new(0, 1.4m)]))));
    }

    [Fact]
    public void Bytes_are_sold_as_gigabytes_begun()
    {
        // 2 340 000 000 bytes = 3 GB at 0.10, shown rounded down as 2; 20 MB are 1 GB.
        var features = Given.Features(Given.Feature(Calls) with
        {
            UnitTransformation = new(1_000_000_000, RoundingDirection.Down, "GB", "GB"),
        });
        var content = Content(PerCall(0.10m)) with { Features = features };

        Assert.Equal([0.30m], Amounts(Rate(Span(content), MeasuredUsage.Of(2_340_000_000))));
        Assert.Equal([0.10m], Amounts(Rate(Span(content), MeasuredUsage.Of(20_000_000))));
        // 2 GB included: 2.34 - 2 = 0.34 -> 1.
        var overage = WithOverage(OverageCall(5), 2, Monthly, Content(Base(9)) with { Features = features });
        Assert.Equal([5m], Amounts(Rate(overage, MeasuredUsage.Of(2_340_000_000))));
    }

    [Fact]
    public void Pay_as_you_go_has_tiers_and_no_flat_fee_for_no_usage()
    {
        var graduated = Tiered(PerCall(0), TiersMode.Graduated, Tier(5, 20, 10), Tier(10, 15, 8), Tier(null, 10, 5));
        var volume = Tiered(PerCall(0), TiersMode.Volume, Tier(5, 20, 3), Tier(null, 10));

        // (10 + 100) + (8 + 75) + (5 + 100) = 298.
        Assert.Equal([298m], Amounts(Rate(Span(Content(graduated)), MeasuredUsage.Of(20))));
        Assert.Equal([60m], Amounts(Rate(Span(Content(volume)), MeasuredUsage.Of(6))));
        var nothing = Assert.Single(Rate(Span(Content(volume)), MeasuredUsage.Nothing));
        Assert.Equal((0m, 0m), (nothing.Amount, nothing.Quantity));
    }

    [Fact]
    public void A_charge_without_reset_asks_for_the_level_and_one_with_reset_for_what_was_added()
    {
        var seats = PerCall(8) with { FeatureId = Seats, Reset = null };

        var needs = UsageRating.Needs([Span(Content(seats, PerCall(1)))], JuneDue);

        Assert.Equal(
            [
                new UsageNeed(Seats, June, UsageMeasure.Level, null, Jun1),
                new UsageNeed(Calls, June, UsageMeasure.Accumulated, Monthly, Jun1),
            ],
            needs.ToArray());
    }

    [Fact]
    public void Event_meters_add_up_whatever_the_charge_says()
    {
        var feature = Given.Feature(Calls) with { Meter = new(new(AggregationFunction.Count, null), []) };
        var content = Content(PerCall(1) with { Reset = null }) with { Features = Given.Features(feature) };

        Assert.Equal(UsageMeasure.Accumulated, Assert.Single(UsageRating.Needs([Span(content)], JuneDue)).Measure);
    }

    [Fact]
    public void A_change_of_price_rates_each_part_by_itself_and_a_level_once_at_the_end()
    {
        // 5 calls at 20, then (a change to graduated prices) 20 calls: 275. Seats: what is there at the end, at 9.
        var seats = PerCall(8) with { FeatureId = Seats, Reset = null };
        var graduated = Tiered(PerCall(0), TiersMode.Graduated, Tier(5, 20), Tier(10, 15), Tier(null, 10));
        ContentSpan[] spans =
        [
            Span(Content(PerCall(20), seats), until: Jun16),
            Span(Content(graduated, seats with { Price = new(9, "usd") }), from: Jun16),
        ];

        var lines = Rate(spans, need => MeasuredUsage.Of(
            need.FeatureId == Seats ? 3 : need.Window.Start == Jun1 ? 5 : 20));

        Assert.Equal(
            [("Pro - Calls", 100m, Jun1, Jun16), ("Pro - Calls", 275m, Jun16, Jul1), ("Pro - Seats", 27m, Jun16, Jul1)],
            lines.Select(l => (l.Description, l.Amount, l.PeriodStart, l.PeriodEnd)));
    }

    [Fact]
    public void A_change_that_keeps_the_price_does_not_split_the_tiers()
    {
        var graduated = Tiered(PerCall(0), TiersMode.Graduated, Tier(5, 20), Tier(null, 10));
        // The same price in another row, as a later version has it, and more seats.
        ContentSpan[] spans =
        [
            Span(Content(Plan(graduated, PerSeat(1)), 1), until: Jun16),
            Span(Content(Plan(graduated with { Uid = Guid.NewGuid() }, PerSeat(1)), 9), from: Jun16),
        ];

        var line = Assert.Single(Rate(spans, _ => MeasuredUsage.Of(8)));

        // 5 x 20 + 3 x 10.
        Assert.Equal((130m, Jun1, Jul1), (line.Amount, line.PeriodStart, line.PeriodEnd));
    }

    [Fact]
    public void An_annual_price_rates_each_month_of_the_term_and_the_other_periods_row_stands_in()
    {
        var annual = Content(Base(490, BillingPeriod.Annually), PerCall(1), PerCall(2, BillingPeriod.Annually)) with
        {
            Period = BillingPeriod.Annually,
        };
        var monthlyOnly = Content(Base(490, BillingPeriod.Annually), PerCall(3)) with
        {
            Period = BillingPeriod.Annually,
        };

        Assert.Equal([20m], Amounts(Rate(Span(annual), MeasuredUsage.Of(10))));
        Assert.Equal([30m], Amounts(Rate(Span(monthlyOnly), MeasuredUsage.Of(10))));
    }

    [Fact]
    public void Overage_on_an_annual_term_is_billed_monthly_or_at_the_renewal()
    {
        var span = WithOverage(OverageCall(1), 10, Monthly) with { Until = Aug1 };
        var july = new BillingWindow(Jul1, Aug1);
        var term = new BillingWindow(Jun1, Aug1);
        var monthly = span with
        {
            Content = span.Content with
            {
                Plan = span.Content.Plan with { OverageBillingPeriod = OverageBillingPeriod.Monthly },
            },
        };

        Assert.Empty(UsageRating.Needs([span], new() { Month = june() }));
        Assert.Equal(term, Assert.Single(UsageRating.Needs([span], new() { Month = july, Term = term })).Window);
        Assert.Equal(june(), Assert.Single(UsageRating.Needs([monthly], new() { Month = june() })).Window);
        Assert.Equal(july, Assert.Single(UsageRating.Needs([monthly], new() { Month = july, Term = term })).Window);

        static BillingWindow june() => June;
    }

    [Fact]
    public void A_usage_window_that_straddles_bills_is_billed_once()
    {
        // 15 of 10 included by the first bill, 27 by the second: 5, then 12.
        var span = WithOverage(OverageCall(1), 10, Monthly);

        Assert.Equal([5m], Amounts(Rate(span, new([new(0, 15)]))));
        Assert.Equal([12m], Amounts(Rate(span, new([new(15, 27)]))));
        // What was below the included amount before is no overage: 8, then 12.
        Assert.Equal([2m], Amounts(Rate(span, new([new(8, 12)]))));
    }

    [Fact]
    public void Overage_without_reset_bills_the_level_each_time()
    {
        var span = WithOverage(OverageCall(2), 10, reset: null);

        Assert.Equal([6m], Amounts(Rate(span, new([new(13, 13)]))));
    }

    [Fact]
    public void Nothing_is_overage_of_an_unlimited_amount()
    {
        Assert.Equal([0m], Amounts(Rate(WithOverage(OverageCall(2), included: null, Monthly), MeasuredUsage.Of(500))));
    }

    [Fact]
    public void A_decrease_is_not_paid_back()
    {
        Assert.Equal([0m], Amounts(Rate(Span(Content(PerCall(2))), new([new(0, -5)]))));
        Assert.Equal([0m], Amounts(Rate(WithOverage(OverageCall(2), 10, Monthly), new([new(30, 20)]))));
    }

    [Fact]
    public void Usage_charged_on_demand_leaves_levels_to_the_end_of_the_month()
    {
        var seats = PerCall(8) with { FeatureId = Seats, Reset = null };
        var due = ArrearsDue.OnDemand(Jun1, BillingPeriod.Monthly, Jun1, Jun16, billedUntil: null);

        var need = Assert.Single(UsageRating.Needs([Span(Content(seats, PerCall(1)), until: Jun16)], due));

        Assert.Equal((Calls, new BillingWindow(Jun1, Jun16)), (need.FeatureId, need.Window));
    }

    [Fact]
    public void Windows_due_follow_the_anchor()
    {
        var anchor = Instant.FromUtc(2026, 1, 31, 10, 0);
        var march31 = Instant.FromUtc(2026, 3, 31, 10, 0);
        var february28 = Instant.FromUtc(2026, 2, 28, 10, 0);

        Assert.Equal(
            new ArrearsDue { Month = new(february28, march31), Term = new(february28, march31) },
            ArrearsDue.AtBoundary(anchor, BillingPeriod.Monthly, march31, null));
        Assert.Equal(
            new ArrearsDue { Month = new(february28, march31) },
            ArrearsDue.AtBoundary(anchor, BillingPeriod.Annually, march31, null));
        var renewal = Instant.FromUtc(2027, 1, 31, 10, 0);
        Assert.Equal(
            new BillingWindow(anchor, renewal),
            ArrearsDue.AtBoundary(anchor, BillingPeriod.Annually, renewal, null).Term);
        // Usage charged on the way is not charged again; a term cut short ends where it is cut.
        var until = Instant.FromUtc(2026, 3, 10, 0, 0);
        Assert.Equal(
            new ArrearsDue
            {
                Month = new(february28, march31),
                Term = new(february28, march31),
                BilledUntil = until,
            },
            ArrearsDue.AtBoundary(anchor, BillingPeriod.Monthly, march31, billedUntil: until));
        var cut = Instant.FromUtc(2026, 3, 20, 0, 0);
        Assert.Equal(
            new ArrearsDue { Month = new(february28, cut), Term = new(anchor, cut), BilledUntil = until },
            ArrearsDue.AtEnd(anchor, BillingPeriod.Annually, anchor, cut, billedUntil: until));
    }

    [Theory]
    [InlineData(100, 70, -70, 30)]
    [InlineData(100, 130, -100, -30)]
    [InlineData(100, 0, 0, 100)]
    [InlineData(0, 50, 0, -50)]
    public void Usage_draws_the_minimum_spend_down(int left, int usage, int adjustment, int rest)
    {
        var content = Content(PerCall(1));
        var lines = Rate(Span(content), MeasuredUsage.Of(usage));

        var drawn = MinimumSpendDraw.Draw(content, lines, new(left, "usd"), June);

        Assert.Equal(adjustment, drawn.Adjustment?.Amount ?? 0);
        Assert.Equal(rest, drawn.Left.Amount);
        if (drawn.Adjustment is { } line)
        {
            Assert.Equal(
                (InvoiceLineType.MinimumSpendAdjustmentCharge, "Pro - minimum spend"), (line.Type, line.Description));
        }
    }

    [Fact]
    public void An_annual_minimum_is_drawn_down_month_by_month_until_it_is_used_up()
    {
        var content = Content(PerCall(1));
        var left = new Money(100, "usd");
        var paid = new List<decimal>();
        foreach (var calls in new[] { 40, 50, 30, 20 })
        {
            var lines = Rate(Span(content), MeasuredUsage.Of(calls));
            var drawn = MinimumSpendDraw.Draw(content, lines, left, June);
            left = drawn.Left;
            paid.Add(lines[0].Amount + (drawn.Adjustment?.Amount ?? 0));
        }

        // 40 and 50 are covered, of 30 there are 10 left, then nothing.
        Assert.Equal([0m, 0m, 20m, 20m], paid);
    }

    [Fact]
    public void Coupons_apply_to_what_the_minimum_leaves()
    {
        // Minimum 100, 20 % off: 80 in advance. Usage 130 - 100 = 30 -> 24.
        var content = Content(PerCall(1)) with { MinimumSpend = new(100, "usd") };
        Assert.Equal(80m, Total(InAdvance.Lines(content, June), Percent(20)).Amounts.Total);
        var usage = Rate(Span(content), MeasuredUsage.Of(130));
        var drawn = MinimumSpendDraw.Draw(content, usage, new(100, "usd"), June);
        Assert.Equal(24m, Total([.. usage, drawn.Adjustment!], Percent(20)).Amounts.Total);
    }

    [Fact]
    public void Overage_credits_and_other_currencies_leave_the_minimum_alone()
    {
        var span = WithOverage(OverageCall(1), 10, Monthly);
        var overage = Rate(span, MeasuredUsage.Of(500));

        Assert.Null(MinimumSpendDraw.Draw(span.Content, overage, new(100, "usd"), June).Adjustment);
        var usage = Rate(Span(Content(PerCall(1))), MeasuredUsage.Of(50));
        Assert.Null(MinimumSpendDraw.Draw(Content(PerCall(1)), usage, new(100, "eur"), June).Adjustment);
    }

    [Fact]
    public void A_budget_counts_pay_as_you_go_alone()
    {
        var content = Content(Base(49), PerCall(0.5m)) with { MinimumSpend = new(100, "usd") };
        var span = WithOverage(OverageCall(1) with { FeatureId = Seats }, 0, Monthly, content) with
        {
            Terms = new Dictionary<FeatureId, UsageTerms> { [Seats] = new(0, Monthly, Jun1) },
        };

        var lines = Rate(span, MeasuredUsage.Of(90));

        Assert.Equal([45m, 90m], Amounts(lines));
        Assert.Equal(45m, UsageRating.Cost([.. InAdvance.Lines(content, June), .. lines]));
    }

    [Fact]
    public void An_override_prices_usage_too_and_addons_rate_their_own()
    {
        var addon = Addon("extra", PerCall(0.25m));
        var content = Content(PerCall(1)) with
        {
            Addons = [new(addon, 3)],
            PriceOverrides = [new(ChargeKey.Of(PerCall(1), null)) { Price = new(0.5m, "usd") }],
        };

        // 10 calls at 0.50 of the plan and at 0.25 of the add-on, of which there are three but the calls are the same.
        Assert.Equal([5m, 2.5m], Amounts(Rate(Span(content), MeasuredUsage.Of(10))));
    }
}
