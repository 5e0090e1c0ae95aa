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
/// prorated.
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
        var left = new RestOfPeriod(period, at, after.Currency, after.SubscriptionId);
        // The remaining time is a service period that starts now: that decides which coupon covers it.
        var target = RunningCharges.Of(
            Discounts.Apply(InAdvance.Lines(after, new(at, period.End)), inForce, after.Currency), inForce, after.Currency);
        var lines = new List<InvoiceLine>();
        var now = new List<RunningCharge>();
        foreach (var asked in target)
        {
            var next = (earlier ?? []).FirstOrDefault(known => IsSameCharge(known, asked)) is { } known
                ? asked with { Net = known.Net }
                : asked;
            var before = running.FirstOrDefault(charge => charge.Key == next.Key);
            if (before?.Gross == next.Gross)
            {
                now.Add(next with { Net = before.Net, Coupon = before.Coupon });
                continue;
            }

            now.Add(next);
            if (before is not null)
                left.GiveBack(lines, before);
            left.Charge(lines, next);
        }

        foreach (var gone in running.Where(charge => target.All(next => next.Key != charge.Key)))
            left.GiveBack(lines, gone);
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
        SubscriptionId? subscription)
    {
        var left = new RestOfPeriod(period, at, currency, subscription);
        var lines = new List<InvoiceLine>();
        foreach (var charge in running)
            left.GiveBack(lines, charge);
        return new(lines, []);
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
            var amount = fraction.Of(exact, content.Currency);
            return line with
            {
                Amount = amount,
                Quantity = 1,
                UnitPrice = amount,
                Inputs = RestOfPeriod.Explain(line.Inputs, fraction, exact),
            };
        });
        return new([.. lines], RunningCharges.Of(
            Discounts.Apply(full, inForce, content.Currency), inForce, content.Currency));
    }

    /// <summary>Where the lines of one change come from.</summary>
    private sealed class RestOfPeriod(
        BillingWindow period, Instant at, string currency, SubscriptionId? subscription)
    {
        private readonly BillingFraction _fraction = BillingFraction.Left(period, at);

        public static Dictionary<string, string> Explain(
            IEnumerable<KeyValuePair<string, string>> inputs, BillingFraction fraction, decimal full) =>
            new(inputs) { ["factor"] = fraction.ToString(), ["full period"] = LineInputs.Number(full) };

        public void GiveBack(List<InvoiceLine> lines, RunningCharge charge) =>
            Add(lines, charge, "Unused time on ", -_fraction.Of(charge.Net, currency));

        public void Charge(List<InvoiceLine> lines, RunningCharge charge) =>
            Add(lines, charge, "Remaining time on ", _fraction.Of(charge.Net, currency));

        private void Add(List<InvoiceLine> lines, RunningCharge charge, string prefix, decimal amount)
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
                PackageId = charge.PackageId ?? charge.Key.AddonId,
                Key = charge.Key,
                Inputs = Explain([], _fraction, charge.Net),
            });
        }
    }
}
