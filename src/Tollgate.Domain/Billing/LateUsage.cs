using System.Globalization;
using NodaTime;
using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Billing;

/// <summary>
/// Bills usage that was not known when its period was billed (spec entitlements-and-usage 8.2.6): exactly the difference between
/// the bill with it and the bill without it, at the prices, tiers, included amounts and coupons of that bill. Usage that went
/// (voided events) comes out negative.
/// </summary>
public static class LateUsage
{
    /// <summary>What to measure anew: the needs of these features, and those that were not measured then.</summary>
    public static IReadOnlyList<UsageNeed> Needs(
        UsageBill bill, BilledRecord record, IReadOnlyList<PastRecord> past, IReadOnlySet<FeatureId> features)
    {
        var known = bill.Measured.Select(measured => measured.Need).ToHashSet();
        return [.. UsageRating.Needs(BilledChange.SpansOf(record, past, bill.At), bill.Due)
            .Where(need => features.Contains(need.FeatureId) || !known.Contains(need))];
    }

    /// <summary>The adjustment that makes the bill what it would be if it were made now.</summary>
    /// <param name="bill">What has been billed.</param>
    /// <param name="record">The subscription of the bill with its prices.</param>
    /// <param name="past">What it held before in the term.</param>
    /// <param name="measured">Answers to <see cref="Needs"/>.</param>
    /// <param name="minimumLeft">
    /// What an earlier bill of the term left of the minimum spend by now; null = what the bill found.
    /// </param>
    public static LateAdjustment Adjust(
        UsageBill bill, BilledRecord record, IReadOnlyList<PastRecord> past,
        IReadOnlyDictionary<UsageNeed, MeasuredUsage> measured, Money? minimumLeft)
    {
        if (minimumLeft is not null)
        {
            bill = bill with { Subscription = bill.Subscription with { MinimumSpendLeft = minimumLeft } };
            record = record with { Subscription = record.Subscription with { MinimumSpendLeft = minimumLeft } };
        }

        var all = bill.Measured.ToDictionary(known => known.Need, known => known.Usage);
        foreach (var (need, usage) in measured)
            all[need] = usage;
        var (arrears, left) = RecordBill.Arrears(
            record, BilledChange.SpansOf(record, past, bill.At), bill.Due, all);
        var lines = Differences(bill, arrears);
        return new(
            bill with
            {
                Measured = [.. all.Select(pair => new MeasuredNeed(pair.Key, pair.Value))],
                Arrears = arrears,
            },
            lines,
            left);
    }

    private static List<InvoiceLine> Differences(UsageBill bill, IReadOnlyList<InvoiceLine> arrears)
    {
        var before = Net(bill, bill.Arrears);
        var after = Net(bill, arrears);
        var lines = new List<InvoiceLine>();
        foreach (var key in before.Keys.Concat(after.Keys).Distinct())
        {
            var (was, now) = (before.GetValueOrDefault(key), after.GetValueOrDefault(key));
            var amount = (now?.Net ?? 0) - (was?.Net ?? 0);
            if (amount != 0)
                lines.Add(Line(bill, (now ?? was)!.Line, amount, was, now));
        }

        return lines;
    }

    private static InvoiceLine Line(UsageBill bill, InvoiceLine of, decimal amount, NetLine? was, NetLine? now) => of with
    {
        Description = string.Create(CultureInfo.InvariantCulture,
            $"{of.Description} - late usage of {of.PeriodStart.InUtc().Date:yyyy-MM-dd} to {of.PeriodEnd.InUtc().Date:yyyy-MM-dd}"),
        Amount = amount,
        Quantity = 1,
        UnitPrice = amount,
        Usage = of.Usage is null ? null : (now?.Usage ?? 0) - (was?.Usage ?? 0),
        Discount = 0,
        // Net of the coupons of its own bill already, and on the account of who paid that.
        IsProration = true,
        PayerId = bill.PayerId,
        Inputs = new Dictionary<string, string>
        {
            ["billed before"] = LineInputs.Number(was?.Net ?? 0),
            ["with late usage"] = LineInputs.Number(now?.Net ?? 0),
            ["usage billed before"] = LineInputs.Number(was?.Usage ?? 0),
            ["usage known now"] = LineInputs.Number(now?.Usage ?? 0),
            ["bill of"] = bill.At.ToString(),
        },
    };

    /// <summary>What was to pay by charge and stretch of time, coupons taken off.</summary>
    private static Dictionary<LineKey, NetLine> Net(UsageBill bill, IReadOnlyList<InvoiceLine> arrears) =>
        Discounts.Apply([.. bill.Others, .. arrears], bill.Discounts, bill.Currency)
            .GroupBy(line => new LineKey(line.Type, line.Key, line.PeriodStart, line.PeriodEnd, line.IsProration))
            .ToDictionary(
                group => group.Key,
                group => new NetLine(
                    group.First(), group.Sum(line => line.Amount - line.Discount), group.Sum(line => line.Usage ?? 0)));

    private readonly record struct LineKey(
        InvoiceLineType Type, ChargeKey? Key, Instant Start, Instant End, bool IsProration);

    private sealed record NetLine(InvoiceLine Line, decimal Net, decimal Usage);
}

/// <summary>What late usage changes about one bill.</summary>
/// <param name="Bill">What will have been billed for the period once the lines are.</param>
/// <param name="Lines">To put on the next bill, net of coupons; empty when nothing changes.</param>
/// <param name="MinimumLeft">What is left of the minimum spend after it.</param>
public sealed record LateAdjustment(UsageBill Bill, IReadOnlyList<InvoiceLine> Lines, Money? MinimumLeft);
