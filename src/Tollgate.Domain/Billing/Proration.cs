using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>What a change in the middle of a period costs, and what the period's charges are from then on.</summary>
/// <param name="Lines">Credits and debits, net of discounts; a credit before the debit that takes its place.</param>
/// <param name="Running">To store on the subscription.</param>
public sealed record ProratedChange(IReadOnlyList<InvoiceLine> Lines, IReadOnlyList<RunningCharge> Running)
{
    /// <summary>What ran earlier in the period, to store on the subscription.</summary>
    public IReadOnlyList<RunningCharge> Earlier { get; init; } = [];

    /// <summary>What is given back, at most 0.</summary>
    public decimal Credit => Lines.Where(line => line.Amount < 0).Sum(line => line.Amount);

    /// <summary>What is charged for the rest of the period, at least 0.</summary>
    public decimal Debit => Lines.Where(line => line.Amount > 0).Sum(line => line.Amount);

    /// <summary>Negative = money back.</summary>
    public decimal NetAmount => Credit + Debit;
}

/// <summary>
/// Changes within a period (spec subscriptions 10): of every recurring in-advance charge whose amount changed, the
/// unused time is given back at what it cost and the remaining time is charged at what it costs now, both net of
/// discounts and each rounded once. Usage, overage, minimum spend, one-off charges and credits granted are never
/// prorated: charges that sell credits go by the parts their credits come in (<see cref="CreditSlice"/>).
/// </summary>
public static class Proration
{
    /// <summary>
    /// A change that keeps the running period. Charges are compared by their amounts before discounts, so a coupon that
    /// comes or goes alone changes nothing. A charge that did not change keeps what it cost.
    /// </summary>
    /// <param name="running">What the period's charges cost until now.</param>
    /// <param name="after">What is subscribed to from now on.</param>
    /// <param name="inForce">The coupons after the change (<see cref="Discounts.InForce"/>).</param>
    /// <param name="period">The running period.</param>
    /// <param name="at">The instant of the change, in the period.</param>
    /// <param name="earlier">
    /// What ran earlier in the period: shares of a discount depend on what else is on a bill, so a charge that comes back
    /// under the same coupon costs what it did.
    /// </param>
    public static ProratedChange Change(
        IReadOnlyList<RunningCharge> running, BilledContent after, IReadOnlyList<DiscountTerms> inForce,
        BillingWindow period, Instant at, IReadOnlyList<RunningCharge>? earlier = null)
    {
        var left = new RestOfPeriod(period, at, after.Currency, after.SubscriptionId, after.Anchor, after.Period);
        // The remaining time is a service period that starts now: that decides which coupon covers it.
        var target = RunningCharges.Of(
            Discounts.Apply(InAdvance.Lines(after, new(at, period.End)), inForce, after.Currency), inForce, after.Currency);
        var lines = new List<InvoiceLine>();
        var now = new List<RunningCharge>();
        foreach (var asked in target)
        {
            var before = running.FirstOrDefault(charge => charge.Key == asked.Key);
            var next = asked with
            {
                Net = (earlier ?? []).FirstOrDefault(known => IsSameCharge(known, asked))?.Net ?? asked.Net,
                PaidElsewhere = before?.PaidElsewhere
                    ?? earlier?.FirstOrDefault(known => known.Key == asked.Key)?.PaidElsewhere ?? 0,
            };
            if (next.Credits is not null)
            {
                now.Add(left.Sell(lines, before, next));
                continue;
            }

            if (before?.Gross == next.Gross)
            {
                now.Add(next with { Net = before.Net, Coupon = before.Coupon, PayerId = before.PayerId });
                continue;
            }

            now.Add(next);
            if (before is not null || next.PaidElsewhere > 0)
                left.GiveBack(lines, before ?? next with { Net = 0 }, next);
            left.Charge(lines, next);
        }

        foreach (var gone in running.Where(charge => target.All(next => next.Key != charge.Key)))
        {
            if (gone.Credits is { } sold)
                now.Add(left.Sell(lines, gone, gone with { Gross = 0, Net = 0, Credits = sold with { Amount = 0 } }));
            else
                left.GiveBack(lines, gone);
        }

        return new(lines, now)
        {
            Earlier =
            [
                .. earlier ?? [],
                .. running.Where(charge => !now.Contains(charge)
                    && !(earlier ?? []).Any(known => IsSameCharge(known, charge))),
            ],
        };
    }

    private static bool IsSameCharge(RunningCharge a, RunningCharge b) =>
        (a.Key, a.Gross, a.Coupon) == (b.Key, b.Gross, b.Coupon);

    /// <summary>
    /// Gives back the unused time of everything: a cancellation with proration, a change to a plan without a billing
    /// period, or one that starts a new period at once, whose full price is then charged by
    /// <see cref="InAdvance.Lines"/>. Nothing runs afterwards.
    /// </summary>
    public static ProratedChange End(
        IReadOnlyList<RunningCharge> running, BillingWindow period, Instant at, string currency,
        SubscriptionId? subscription, Instant? anchor = null)
    {
        var left = new RestOfPeriod(period, at, currency, subscription, anchor, BillingPeriod.Annually);
        var lines = new List<InvoiceLine>();
        foreach (var charge in running)
        {
            if (charge.Credits is not null)
                left.GiveBackCredits(lines, charge);
            else
                left.GiveBack(lines, charge);
        }

        return new(lines, []);
    }

    /// <summary>
    /// What runs after a change that is not charged for: the same, with the credits that are granted all the same.
    /// </summary>
    public static IReadOnlyList<RunningCharge> Uncharged(
        IReadOnlyList<RunningCharge> running, BilledContent after, BillingWindow period, Instant at)
    {
        if (running.All(charge => charge.Credits is null))
            return running;
        var left = new RestOfPeriod(period, at, after.Currency, after.SubscriptionId, after.Anchor, after.Period);
        var sold = InAdvance.Lines(after, new(at, period.End)).Where(line => line.Credits is not null)
            .ToDictionary(line => line.Key!.Value, line => line.Credits!);
        return
        [
            .. running.Select(charge => charge.Credits is not null && sold.TryGetValue(charge.Key, out var credits)
                ? left.GrantFreely(charge, credits)
                : charge),
        ];
    }

    /// <summary>
    /// The first lines of a subscription that starts within a period shared with others, such as the calendar month:
    /// each charge for the rest of the period, the minimum spend whole (spec subscriptions 3.4). They are no
    /// prorations: discounts apply to them. What runs is the whole period's price.
    /// </summary>
    /// <param name="content">What is subscribed to.</param>
    /// <param name="inForce">The coupons.</param>
    /// <param name="period">The shared period that contains <paramref name="at"/>.</param>
    /// <param name="at">The start.</param>
    public static ProratedChange Begin(
        BilledContent content, IReadOnlyList<DiscountTerms> inForce, BillingWindow period, Instant at)
    {
        var fraction = BillingFraction.Left(period, at);
        var full = InAdvance.Lines(content, new(at, period.End));
        var lines = full.Select(line =>
        {
            if (!RunningCharges.IsRunning(line) || at <= period.Start)
                return line;
            var exact = line.Quantity * line.UnitPrice;
            if (line.Credits is { } sold)
            {
                var slice = CreditSlice.At(content.Anchor ?? period.Start, content.Period, sold.Slices, at);
                var rest = slice.Money(exact, content.Currency) + slice.MoneyAfter(exact, content.Currency);
                return line with
                {
                    Amount = rest,
                    Quantity = 1,
                    UnitPrice = rest,
                    Inputs = RestOfPeriod.Explain(line.Inputs, $"{slice.Count - slice.Index}/{slice.Count}", exact),
                };
            }

            var amount = fraction.Of(exact, content.Currency);
            return line with
            {
                Amount = amount,
                Quantity = 1,
                UnitPrice = amount,
                Inputs = RestOfPeriod.Explain(line.Inputs, fraction.ToString(), exact),
            };
        });
        return new([.. lines], RunningCharges.Of(
            Discounts.Apply(full, inForce, content.Currency), inForce, content.Currency));
    }

    /// <summary>Where the lines of one change come from.</summary>
    private sealed class RestOfPeriod(
        BillingWindow period, Instant at, string currency, SubscriptionId? subscription, Instant? anchor, BillingPeriod term)
    {
        private readonly BillingFraction _fraction = BillingFraction.Left(period, at);

        public static Dictionary<string, string> Explain(
            IEnumerable<KeyValuePair<string, string>> inputs, string factor, decimal full) =>
            new(inputs) { ["factor"] = factor, ["full period"] = LineInputs.Number(full) };

        /// <summary>The time until the end, and what was paid elsewhere of the charge that takes its place.</summary>
        public void GiveBack(List<InvoiceLine> lines, RunningCharge charge, RunningCharge? next = null)
        {
            var elsewhere = next is null
                ? 0
                : _fraction.Of(next.Net, currency) - _fraction.Of(next.Charged, currency);
            Add(lines, charge, "Unused time on ", -_fraction.Of(charge.Charged, currency) - elsewhere, _fraction.ToString());
        }

        public void Charge(List<InvoiceLine> lines, RunningCharge charge) =>
            Add(lines, charge, "Remaining time on ", _fraction.Of(charge.Net, currency), _fraction.ToString());

        /// <summary>
        /// Credits follow the money (record 19): credits of the running slice that were granted are neither taken back nor paid
        /// back, more of them cost what they cost more, and later slices are settled at what they cost then.
        /// </summary>
        /// <param name="lines">Where the lines go.</param>
        /// <param name="before">What ran until now; null for a charge that is new.</param>
        /// <param name="next">What runs from now on.</param>
        /// <returns>What runs from now on, with what the running slice has.</returns>
        public RunningCharge Sell(List<InvoiceLine> lines, RunningCharge? before, RunningCharge next)
        {
            if (at >= period.End)
                return next;
            var sold = next.Credits!;
            if (before?.Gross == next.Gross && before.Credits == sold)
                return next with
                {
                    Net = before.Net,
                    Coupon = before.Coupon,
                    PayerId = before.PayerId,
                    Granted = before.Granted,
                };
            if (before?.Credits is { } other && other.Slices != sold.Slices)
            {
                // Other slices are another sale: those that have not begun are given back.
                GiveBackCredits(lines, before);
                before = null;
            }

            var slice = SliceOf(sold);
            var had = before is null ? new(slice.End, 0, 0) : GrantedOf(before, slice);
            var isMore = slice.Credits(sold.Amount) > slice.Credits(had.Credits);
            var paid = isMore ? had.Paid : 0;
            var due = isMore ? decimal.Max(paid, slice.Money(next.Charged, currency)) : 0;
            var later = slice.MoneyAfter(next.Charged, currency);
            var laterBefore = slice.MoneyAfter(before?.Charged ?? 0, currency);
            if (due != paid || later != laterBefore)
            {
                if (before is not null)
                    Add(lines, before, "Already bought of ", -(paid + laterBefore), PartsOf(slice, isMore));
                Add(lines, next, "Credits of ", due + later, PartsOf(slice, isMore));
            }

            return With(next, slice, isMore ? new(slice.End, due, sold.Amount) : had);
        }

        /// <summary>What runs when other credits are granted and nothing is charged for them.</summary>
        public RunningCharge GrantFreely(RunningCharge before, CreditsSold sold)
        {
            if (at >= period.End || before.Credits?.Slices != sold.Slices)
                return before;
            var slice = SliceOf(sold);
            var had = GrantedOf(before, slice);
            return With(before with { Credits = sold }, slice, had with { Credits = decimal.Max(had.Credits, sold.Amount) });
        }

        /// <summary>Slices that have not begun will not be granted.</summary>
        public void GiveBackCredits(List<InvoiceLine> lines, RunningCharge charge)
        {
            if (at >= period.End)
                return;
            var slice = SliceOf(charge.Credits!);
            Add(lines, charge, "Unused time on ", -slice.MoneyAfter(charge.Charged, currency), PartsOf(slice, withRunning: false));
        }

        private GrantedSlice GrantedOf(RunningCharge charge, CreditSlice slice) =>
            charge.Granted is { } granted && granted.Until > at
                ? granted
                : new(slice.End, slice.Money(charge.Charged, currency), charge.Credits?.Amount ?? 0);

        private RunningCharge With(RunningCharge charge, CreditSlice slice, GrantedSlice granted) => charge with
        {
            Granted = (granted.Paid, granted.Credits) == (slice.Money(charge.Charged, currency), charge.Credits!.Amount)
                ? null
                : granted,
        };

        private CreditSlice SliceOf(CreditsSold sold) => CreditSlice.At(anchor ?? period.Start, term, sold.Slices, at);

        private static string PartsOf(CreditSlice slice, bool withRunning) =>
            $"{slice.Count - slice.Index - (withRunning ? 0 : 1)}/{slice.Count}";

        private void Add(List<InvoiceLine> lines, RunningCharge charge, string prefix, decimal amount, string factor)
        {
            if (amount == 0)
                return;
            lines.Add(new()
            {
                Type = InAdvance.TypeOf(charge.Key),
                Description = prefix + charge.Description,
                Amount = amount,
                UnitPrice = amount,
                PeriodStart = at,
                PeriodEnd = period.End,
                IsProration = true,
                SubscriptionId = subscription,
                PayerId = charge.PayerId,
                PackageId = charge.PackageId ?? charge.Key.AddonId,
                Key = charge.Key,
                Inputs = Explain([], factor, charge.Net),
            });
        }
    }
}
