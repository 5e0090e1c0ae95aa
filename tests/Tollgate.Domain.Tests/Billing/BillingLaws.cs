using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Domain.Usage;
using static Tollgate.Domain.Tests.Billing.Bills;

namespace Tollgate.Domain.Tests.Billing;

/// <summary>What must hold of money whatever the numbers.</summary>
public sealed class BillingLaws
{
    private static readonly string[] CurrencyCodes = ["usd", "jpy"];

    private static Gen<decimal> Cents(int from, int to) => Gen.Choose(from, to).Select(cents => cents / 100m);

    /// <summary>Amounts of invoice lines, whole in every currency.</summary>
    private static Arbitrary<decimal[]> Lines(int from = 0) =>
        Gen.Choose(from, 100_000).Select(n => (decimal)n).NonEmptyListOf().Select(l => l.ToArray()).ToArbitrary();

    private static Arbitrary<DiscountTerms> AnyCoupon() => Gen.OneOf(
        Gen.Choose(1, 100).Select(p => Percent(p)),
        Cents(1, 20_000_000).Select(a => Fixed(a) with { AmountsOff = [new(a, "usd"), new(Math.Ceiling(a), "jpy")] }))
        .ToArbitrary();

    [Fact]
    public void Shares_sum_up_to_the_discount_and_are_fair_within_one_minor_unit() =>
        Prop.ForAll(Lines(), AnyCoupon(), (amounts, coupon) =>
        {
            foreach (var currency in CurrencyCodes)
            {
                var invoice = Total([.. amounts.Select(a => Line(a))], coupon, currency: currency);
                var (sum, discount) = (invoice.Amounts.SubTotal, invoice.Amounts.Discount);
                var unit = currency == "jpy" ? 1m : 0.01m;

                Assert.Equal(discount, invoice.Lines.Sum(l => l.Discount));
                Assert.InRange(discount, 0, sum);
                foreach (var line in invoice.Lines)
                {
                    Assert.Equal(0, line.Discount % unit);
                    Assert.InRange(line.Discount, 0, line.Amount);
                    if (sum > 0)
                        Assert.True(Math.Abs(line.Discount - (discount * line.Amount / sum)) < unit);
                }
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Shares_sum_up_also_when_a_line_gives_back() => Prop.ForAll(Lines(-100_000), AnyCoupon(),
        (amounts, coupon) =>
        {
            var invoice = Total([.. amounts.Select(a => Line(a))], coupon);
            Assert.Equal(invoice.Amounts.Discount, invoice.Lines.Sum(l => l.Discount));
            Assert.InRange(invoice.Amounts.Discount, 0, Math.Max(invoice.Amounts.SubTotal, 0));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Lines_sum_up_to_the_subtotal_and_the_subtotal_to_what_is_due() =>
        Prop.ForAll(Lines(-100_000), AnyCoupon(), Gen.Choose(0, 30_000).Zip(Gen.Choose(0, 100_000)).ToArbitrary(),
            (decimal[] amounts, DiscountTerms coupon, (int Tax, int Balance) money) =>
            {
                var totals = Total([.. amounts.Select(a => Line(a))], coupon, money.Tax / 1000m, money.Balance).Amounts;

                Assert.Equal(amounts.Sum(), totals.SubTotal);
                Assert.Equal(totals.SubTotal - totals.Discount + totals.Tax, totals.Total);
                Assert.Equal(totals.Total, totals.AmountDue + totals.BalanceUsed - totals.AddedToBalance);
                Assert.InRange(totals.BalanceUsed, 0, money.Balance);
                Assert.True(totals.AmountDue >= 0 && (totals.AmountDue == 0 || totals.BalanceUsed == money.Balance));
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_fraction_of_an_amount_is_rounded_half_away_from_zero_from_its_exact_value() =>
        Prop.ForAll(
            Gen.Choose(-2_000_000_000, 2_000_000_000).Zip(Gen.Choose(0, 7)).ToArbitrary(),
            Gen.Choose(1, 40_000_000).Zip(Gen.Choose(0, 40_000_000)).ToArbitrary(),
            ((int Units, int Decimals) amount, (int Whole, int Remaining) f) =>
            {
                var remaining = Math.Min(f.Remaining, f.Whole);
                var exact = new decimal(amount.Units) / (decimal)Math.Pow(10, amount.Decimals);
                foreach (var (currency, digits) in new[] { ("usd", 2), ("jpy", 0) })
                {
                    // The whole number nearest to |amount| x 10^digits x remaining / whole, the larger of two.
                    var numerator = BigInteger.Abs(amount.Units) * remaining * BigInteger.Pow(10, digits);
                    var denominator = new BigInteger(f.Whole) * BigInteger.Pow(10, amount.Decimals);
                    var nearest = (2 * numerator + denominator) / (2 * denominator);
                    var expected = Math.Sign(amount.Units) * (decimal)nearest / (digits == 2 ? 100 : 1);

                    Assert.Equal(expected, new BillingFraction(remaining, f.Whole).Of(exact, currency));
                }
            }).QuickCheckThrowOnFailure();

    /// <summary>Contents of a base fee, seats and an add-on that may be there.</summary>
    private static Gen<BilledContent> Contents() =>
        from fee in Cents(0, 50_000)
        from seat in Gen.Choose(0, 5_000_000).Select(n => n / 100_000m)
        from seats in Gen.Choose(0, 40)
        from addons in Gen.Choose(0, 3)
        select Content(Plan(Base(fee), PerSeat(seat)), seats) with
        {
            Addons = addons == 0 ? [] : [new(Addon("a", Base(fee + 1)), addons)],
        };

    private static Arbitrary<BilledContent> AnyContent() => Contents().ToArbitrary();

    private static Arbitrary<(BilledContent A, BilledContent B)> AnyChange() =>
        Contents().Zip(Contents()).ToArbitrary();

    private static Gen<Instant> Instants() => Gen.Choose(0, 2_592_000 - 1).Select(s => Jun1 + Duration.FromSeconds(s));

    [Fact]
    public void A_full_period_prorates_to_its_price() => Prop.ForAll(AnyContent(), content =>
    {
        var invoiced = InAdvance.Lines(content, June);
        var back = Proration.End(Running(content), June, Jun1, "usd", null);

        Assert.Equal(invoiced.Sum(l => l.Amount), -back.NetAmount);
        Assert.Empty(Proration.End(Running(content), June, Jul1, "usd", null).Lines);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void There_and_back_at_one_instant_nets_0_with_any_coupon_held_throughout() =>
        Prop.ForAll(AnyChange(), AnyCoupon(), Instants().ToArbitrary(), (change, coupon, at) =>
        {
            var start = Running(change.A, coupon);
            var there = Proration.Change(start, change.B, [coupon], June, at);
            var back = Proration.Change(there.Running, change.A, [coupon], June, at);

            // With a fixed coupon the shares of unchanged charges stay as invoiced; of changed ones they come back.
            Assert.Equal(0, there.NetAmount + back.NetAmount);
            Assert.Equal(start.OrderBy(r => r.Description), back.Running.OrderBy(r => r.Description));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Changes_at_one_instant_are_as_good_as_the_last() =>
        Prop.ForAll(Contents().ListOf().ToArbitrary(), AnyChange(), Instants().ToArbitrary(), (between, change, at) =>
        {
            var (running, paid) = (Running(change.A), 0m);
            foreach (var content in between.Append(change.B))
            {
                var step = Proration.Change(running, content, [], June, at);
                (running, paid) = (step.Running, paid + step.NetAmount);
            }

            Assert.Equal(Proration.Change(Running(change.A), change.B, [], June, at).NetAmount, paid);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Every_second_is_paid_for_once_at_the_price_in_force() =>
        Prop.ForAll(AnyContent(), Contents().Zip(Instants()).ListOf().ToArbitrary(), (first, changes) =>
        {
            // What was paid in all is the integral of the price over the seconds, but for one rounding a line.
            var (running, price) = (Running(first), PriceOf(first));
            var paid = InAdvance.Lines(first, June).Sum(l => l.Amount);
            var (lines, due, from) = (4, 0m, Jun1);
            foreach (var (content, at) in changes.OrderBy(c => c.Item2))
            {
                var step = Proration.Change(running, content, [], June, at);
                (running, paid, lines) = (step.Running, paid + step.NetAmount, lines + step.Lines.Count);
                due += price * (decimal)(at - from).TotalSeconds / 2_592_000;
                (price, from) = (PriceOf(content), at);
            }

            due += price * (decimal)(Jul1 - from).TotalSeconds / 2_592_000;
            Assert.True(Math.Abs(paid - due) <= lines * 0.0051m, $"paid {paid}, due {due} in {lines} lines");
        }).QuickCheckThrowOnFailure();

    private static decimal PriceOf(BilledContent content) =>
        InAdvance.Lines(content, June).Sum(l => l.Quantity * l.UnitPrice);

    [Fact]
    public void Waived_items_are_never_more_than_there_are_nor_cheaper_than_a_charged_one() =>
        Prop.ForAll(
            Gen.Choose(0, 5).Zip(Gen.Choose(1, 4)).ListOf().ToArbitrary(), Gen.Choose(0, 12).ToArbitrary(),
            (items, free) =>
            {
                var addons = items
                    .Select((item, i) => new BilledAddon(Addon($"a{i}", Base(item.Item1)), item.Item2)).ToList();
                var content = Content(Base(1)) with
                {
                    Addons = addons,
                    FreeItems = [new([.. addons.Select(a => a.Prices.Id)], free)],
                };
                var waived = FreeItemWaiver.Of(content).ToDictionary(w => w.AddonId, w => w.Quantity);
                decimal Price(BilledAddon addon) => addon.Prices.Charges[0].Price!.Amount;
                var charged = addons.Where(a => waived.GetValueOrDefault(a.Prices.Id) < a.Quantity).ToList();

                Assert.Equal(Math.Min(free, addons.Sum(a => a.Quantity)), waived.Values.Sum());
                Assert.All(addons, a => Assert.InRange(waived.GetValueOrDefault(a.Prices.Id), 0, a.Quantity));
                foreach (var addon in addons.Where(a => waived.ContainsKey(a.Prices.Id)))
                    Assert.All(charged, c => Assert.True(Price(addon) >= Price(c)));
            }).QuickCheckThrowOnFailure();

    /// <summary>Positive reports at seconds of a quarter, and instants at which somebody bills.</summary>
    private static Arbitrary<(List<(int Second, int Value)> Reports, List<int> Bills)> AnyQuarter() =>
        Gen.Choose(0, Quarter - 1).Zip(Gen.Choose(1, 50)).ListOf().Select(l => l.ToList())
            .Zip(Gen.Choose(1, Quarter - 1).ListOf().Select(l => l.ToList()))
            .ToArbitrary();

    private const int Quarter = 92 * 24 * 3600;

    [Fact]
    public void Overage_bills_no_unit_twice_and_none_never_whatever_the_billing_boundaries() =>
        Prop.ForAll(AnyQuarter(), Gen.Choose(0, 4).Zip(Gen.Choose(0, 120)).ToArbitrary(), (quarter, rule) =>
        {
            var measurements = quarter.Reports.Select((r, i) => new Measurement(
                Jun1 + Duration.FromSeconds(r.Second), i, UpdateBehavior.Delta, r.Value)).ToList();
            // Anchored off the billing anchor, so that windows straddle.
            var timeline = UsageTimeline.Of(
                Jun1, ResetRule.Of((ResetPeriod)rule.Item1), Jun1 - Duration.FromHours(100));
            decimal included = rule.Item2;
            var end = Jun1 + Duration.FromSeconds(Quarter);
            decimal Over(Instant from, Instant to) =>
                CalculatedUsage.Of(timeline, new(from, to), measurements).Beyond(included, isReset: true);
            var bounds = quarter.Bills.Distinct().Order().Select(s => Jun1 + Duration.FromSeconds(s))
                .Prepend(Jun1).Append(end).ToList();

            var billed = bounds.Zip(bounds.Skip(1), Over).Sum();

            // Counted independently: each window's usage beyond the included amount.
            var expected = measurements.GroupBy(m => timeline.CountedAt(m.At))
                .Sum(window => Math.Max(window.Sum(m => m.Value) - included, 0));
            Assert.Equal(expected, billed);
            Assert.Equal(expected, Over(Jun1, end));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void What_was_added_is_billed_once_whatever_the_billing_boundaries() =>
        Prop.ForAll(AnyQuarter(), quarter =>
        {
            var measurements = quarter.Reports.Select((r, i) => new Measurement(
                Jun1 + Duration.FromSeconds(r.Second), i, UpdateBehavior.Delta, r.Value)).ToList();
            var timeline = UsageTimeline.Of(Jun1, ResetRule.Of(ResetPeriod.Month), Jun1);
            var bounds = quarter.Bills.Distinct().Order().Append(Quarter).Select(s => Jun1 + Duration.FromSeconds(s))
                .Prepend(Jun1).ToList();

            Assert.Equal(
                measurements.Sum(m => m.Value),
                bounds.Zip(bounds.Skip(1), (from, to) =>
                    CalculatedUsage.Of(timeline, new(from, to), measurements).Accumulated).Sum());
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_minimum_spend_pays_its_amount_and_no_more() =>
        Prop.ForAll(Gen.Choose(0, 10_000).ListOf().ToArbitrary(), Gen.Choose(0, 30_000).ToArbitrary(),
            (months, minimum) =>
            {
                var content = Content(PerCall(1));
                var left = new Money(minimum, "usd");
                var drawn = 0m;
                foreach (var usage in months)
                {
                    var line = Line(usage) with { Type = InvoiceLineType.PayAsYouGoCharge };
                    var step = MinimumSpendDraw.Draw(content, [line], left, June);
                    drawn -= step.Adjustment?.Amount ?? 0;
                    left = step.Left;
                    Assert.InRange(drawn, 0, minimum);
                }

                Assert.Equal(Math.Min(minimum, months.Sum()), drawn);
                Assert.Equal(minimum - months.Sum(), left.Amount);
            }).QuickCheckThrowOnFailure();
}
