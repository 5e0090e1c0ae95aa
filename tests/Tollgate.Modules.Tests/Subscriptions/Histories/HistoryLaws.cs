using System.Globalization;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Modules.Tests.Subscriptions.Histories;

/// <summary>What holds of the books of one customer whatever happened; each law is reckoned without the product's rules.</summary>
internal static class HistoryLaws
{
    private const decimal Cent = 0.01m;

    public static void AssertAll(HistoryRun run, History history)
    {
        AssertSums(run, history);
        AssertCoverage(run, history);
        AssertMoney(run, history);
        AssertUsage(run, history);
        AssertMinimumSpend(run, history);
    }

    /// <summary>Every invoice adds up, and the balance is what credit notes gave less what invoices used.</summary>
    private static void AssertSums(HistoryRun run, History history)
    {
        var balance = 0m;
        foreach (var invoice in run.Invoices.Where(i => i.Status != InvoiceStatus.Void))
        {
            var (lines, amounts) = (invoice.Lines, invoice.Amounts);
            var subTotal = lines.Sum(l => l.Amount);
            var discount = lines.Sum(l => l.Discount);
            var tax = Round((subTotal - discount) * history.Setting.TaxPercentage / 100);
            var used = Math.Min(balance, Math.Max(subTotal - discount + tax, 0));
            balance += Math.Max(-(subTotal - discount + tax), 0) - used;
            Hold(
                (amounts.SubTotal, amounts.Discount, amounts.Tax, amounts.BalanceUsed, amounts.AmountDue)
                == (subTotal, discount, tax, used, Math.Max(subTotal - discount + tax, 0) - used),
                $"{invoice.Number} is {amounts}, but has {subTotal} - {discount} + {tax} and uses {used}", history);
            foreach (var line in lines)
            {
                Hold(line.Amount == Round(line.Quantity * line.UnitPrice),
                    $"{line.Description} is {line.Amount}, not {line.Quantity} x {line.UnitPrice}", history);
                Hold(!line.IsProration || line.Discount == 0, $"{line.Description} is discounted twice", history);
            }
        }
    }

    /// <summary>Over time every charge is paid for exactly once while it is held, and never otherwise.</summary>
    private static void AssertCoverage(HistoryRun run, History history)
    {
        foreach (var ofOne in InAdvance(run).GroupBy(l => (l.SubscriptionId, HistoryCatalog.NameOf(l.Key!.Value))))
        {
            var id = ofOne.Key.SubscriptionId!.Value;
            if (run.Unpaid.Contains(id))
                continue;
            var record = run.Records.Single(s => s.Id == id);
            var rate = ofOne.Where(l => l.Amount != 0)
                .Select(l => Math.Abs(l.Amount) / Seconds(l.PeriodStart, l.PeriodEnd)).DefaultIfEmpty(0).Max();
            var edges = ofOne.SelectMany(l => new[] { l.PeriodStart, l.PeriodEnd })
                .Concat(run.Spans.SelectMany(s => new[] { s.From, s.Until })).Distinct().Order().ToList();
            foreach (var (from, until) in edges.Zip(edges.Skip(1)))
            {
                if (Seconds(from, until) * rate < 2 * Cent)
                    continue;
                var covered = ofOne.Where(l => l.Amount != 0 && l.PeriodStart <= from && l.PeriodEnd >= until)
                    .Sum(l => Math.Sign(l.Amount));
                var (least, most) = Expected(run, record, ofOne.Key.Item2, from);
                Hold(covered >= least && covered <= most,
                    $"{ofOne.Key} is paid {covered} times in [{from}, {until}), not {least} to {most}", history);
            }
        }
    }

    private static (int Least, int Most) Expected(HistoryRun run, Subscription record, string charge, Instant at)
    {
        // Paid ahead: the rest of a period that is not over, or was not given back.
        if (run.Spans.FirstOrDefault(s => s.From <= at && at < s.Until) is not { } span)
            return (0, 1);
        if (span.Held?.Id != record.Id)
            return (0, record.IsEnded ? 1 : 0);
        var isHeld = HistoryCatalog.Prices(span.Held).GetValueOrDefault(charge) > 0;
        // A deferred proration is on the next bill, which an end without one never makes.
        return isHeld ? (1, 1) : (0, 0);
    }

    /// <summary>Without coupons: what was billed is the price of the time, within a cent a line.</summary>
    private static void AssertMoney(HistoryRun run, History history)
    {
        if (history.Steps.Any(s => s.Kind is StepKind.Coupon or StepKind.CustomerCoupon))
            return;
        foreach (var ofOne in InAdvance(run).GroupBy(l => l.SubscriptionId!.Value))
        {
            var record = run.Records.Single(s => s.Id == ofOne.Key);
            if (run.Unpaid.Contains(ofOne.Key) || record.Coupons.Count > 0 || !IsSettled(run, record))
                continue;
            var due = run.Spans.Where(s => s.Held?.Id == ofOne.Key).Sum(s => HistoryCatalog.Prices(s.Held!).Values.Sum()
                * Seconds(s.From, s.Until)
                / Seconds(s.Held!.CurrentBillingPeriodStart!.Value, s.Held!.CurrentBillingPeriodEnd!.Value));
            var billed = ofOne.Sum(l => l.Amount);
            Hold(Math.Abs(billed - due) <= Cent * (ofOne.Count() + 1),
                $"{ofOne.Key} was billed {billed} for time worth {due}", history);
        }
    }

    /// <summary>Every call that was made while calls were charged is on exactly one bill.</summary>
    private static void AssertUsage(HistoryRun run, History history)
    {
        var lines = run.Invoices.Where(i => i.Status != InvoiceStatus.Void).SelectMany(i => i.Lines)
            .Where(l => l.Type is InvoiceLineType.PayAsYouGoCharge or InvoiceLineType.OverageCharge).ToList();
        foreach (var ofOne in lines.GroupBy(l => (l.SubscriptionId, l.Key)))
        {
            var windows = ofOne.OrderBy(l => l.PeriodStart).ToList();
            foreach (var (first, second) in windows.Zip(windows.Skip(1)))
            {
                Hold(first.PeriodEnd <= second.PeriodStart,
                    $"{first.Description} is billed for [{first.PeriodStart}, {first.PeriodEnd}) and from "
                    + $"{second.PeriodStart}", history);
            }
        }

        var charged = run.Calls.Where(c => run.Spans.Any(s => s.From <= c.At && c.At < s.Until
            && s.Held is { } held && HistoryCatalog.ChargesCalls(held.PlanId.Value))).Sum(c => c.Quantity);
        var billed = lines.Where(l => l.Key!.Value.FeatureId?.Value == "calls")
            .Sum(l => decimal.Parse(l.Inputs["measured"], CultureInfo.InvariantCulture));
        if (run.Unpaid.Count == 0)
            Hold(charged == billed, $"{charged} calls were made and {billed} billed", history);
    }

    /// <summary>A minimum spend pays for usage up to its amount, and no further.</summary>
    private static void AssertMinimumSpend(HistoryRun run, History history)
    {
        var left = new Dictionary<SubscriptionId, decimal>();
        foreach (var invoice in run.Invoices.Where(i => i.Status != InvoiceStatus.Void))
        {
            foreach (var ofOne in invoice.Lines.GroupBy(l => l.SubscriptionId!.Value))
            {
                if (run.Unpaid.Contains(ofOne.Key))
                    continue;
                var usage = ofOne.Where(l => l.Type == InvoiceLineType.PayAsYouGoCharge).Sum(l => l.Amount);
                var drawn = -ofOne.Where(l => l.Type == InvoiceLineType.MinimumSpendAdjustmentCharge).Sum(l => l.Amount);
                var expected = Math.Min(usage, left.GetValueOrDefault(ofOne.Key));
                Hold(drawn == expected, $"{invoice.Number} draws {drawn} of the minimum, not {expected}", history);
                left[ofOne.Key] = left.GetValueOrDefault(ofOne.Key) - drawn;
                // A new period begins with this bill: what was left is lost.
                if (ofOne.Any(l => l.Type is InvoiceLineType.BaseCharge or InvoiceLineType.InAdvanceCommitmentCharge
                    && !l.IsProration && l.Key!.Value.Cadence == BillingCadence.Recurring))
                {
                    left[ofOne.Key] = ofOne.Where(l => l.Type == InvoiceLineType.MinimumSpendCharge).Sum(l => l.Amount);
                }
            }
        }
    }

    /// <summary>Nothing is paid ahead or owed any more: it ended by being canceled with what it gives back.</summary>
    private static bool IsSettled(HistoryRun run, Subscription record) => record.IsEnded
        && InAdvance(run).Where(l => l.SubscriptionId == record.Id).GroupBy(l => HistoryCatalog.NameOf(l.Key!.Value)).All(g =>
            g.Where(l => l.PeriodEnd > record.CancellationDate).Sum(l => Math.Sign(l.Amount)) == 0);

    private static IEnumerable<InvoiceLine> InAdvance(HistoryRun run) => run.Invoices
        .Where(i => i.Status != InvoiceStatus.Void).SelectMany(i => i.Lines)
        .Where(l => l.Key is { Cadence: BillingCadence.Recurring } && l.Type is InvoiceLineType.BaseCharge
            or InvoiceLineType.InAdvanceCommitmentCharge or InvoiceLineType.AddonCharge);

    private static decimal Seconds(Instant from, Instant until) => (decimal)(until - from).TotalSeconds;

    private static decimal Round(decimal amount) => Math.Round(amount, 2, MidpointRounding.AwayFromZero);

    private static void Hold(bool isTrue, string otherwise, History history) =>
        Assert.True(isTrue, $"{otherwise} in {history}");
}
