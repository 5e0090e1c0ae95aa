using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>What pools are told about overdrawn credits that are on bills (spec credits 11).</summary>
internal static class OverdraftBills
{
    /// <summary>Those of one changed record, at what they cost net of the discount of their bill.</summary>
    public static IEnumerable<BilledOverdraft> Of(RecordBill bill, IReadOnlyList<BillDraft> drafts, Instant at)
    {
        var settled = bill.Overdrawn.Where(overdrawn => overdrawn.Credits > 0).ToList();
        if (settled.Count == 0)
            yield break;
        var before = bill.Change.Before!.Subscription;
        // What is not collected is kept as if it had been billed.
        var draft = drafts.FirstOrDefault(made => made.Draft.Lines.Any(line => ReferenceEquals(line, settled[0].Line)));
        var lines = draft?.Draft.Lines ?? bill.Lines;
        var net = Discounts.Apply(lines, draft?.Draft.Discounts ?? bill.Change.Discounts, bill.Change.Currency);
        foreach (var (line, need, credits) in settled)
        {
            var priced = net[lines.Index().First(each => ReferenceEquals(each.Item, line)).Index];
            yield return new(bill.Record.Uid, line, new(new(before.CustomerId, before.ResourceId, need.CurrencyId))
            {
                SubscriptionId = before.Id,
                PackageId = line.PackageId!.Value,
                Amount = credits,
                Cost = new Money(priced.Amount - priced.Discount, bill.Change.Currency),
                Overage = new(before.Uid, need.Window.Start, need.Window.End),
                ExpireAt = BillingPeriods.MonthContaining(before.BillingCycleAnchor!.Value, at).End,
            });
        }
    }

    /// <summary>Those of a change that waited for its payment and is paid now.</summary>
    public static IEnumerable<BilledOverdraft> Paid(BilledChange change) => change.Change switch
    {
        { Reason: ChangeReason.PaymentSettled, Before.UnpaidChange: { } waited } =>
            waited.Settlements.Select(settled => new BilledOverdraft(change.Change.After.Uid, null, settled)),
        _ => [],
    };
}
