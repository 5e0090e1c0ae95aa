using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions.Bills;

/// <summary>
/// Puts what late usage changed about earlier bills on the next one of the subscription, or beside it on one to who paid them if
/// another pays by now; what is late of one that has ended, on the next bill of its customer to the same payer in the same currency. The decision is <see cref="LateUsage"/>.
/// </summary>
internal sealed class LateUsageBiller(BilledChangeReader reader, IUsageForBilling usage)
{
    private readonly BilledUsage _bills = new();
    private readonly SubscriptionStore _subscriptions = new();

    /// <summary>The change with the late lines among those that wait for its bill.</summary>
    /// <param name="work">The transaction of the bill.</param>
    /// <param name="change">With its facts.</param>
    /// <param name="at">The instant of the bill.</param>
    /// <param name="found">Receives the adjustments; those of other changes of the decision are in it already.</param>
    public async Task<BilledChange> AddAsync(
        Work work, BilledChange change, Instant at, List<LateAdjustment> found)
    {
        var (session, environment) = (work.Session, work.Scope.EnvironmentId);
        if (change.Before is null || !Takes(change, at)
            || (await FeaturesAsync(session, environment)).Count == 0)
        {
            return change;
        }

        var customer = change.Before.Subscription.CustomerId;
        var marks = await _bills.MarksAsync(session, environment, customer);
        if (marks.Count == 0)
            return change;
        var open = (await _subscriptions.ListLockedAsync(session, environment, customer))
            .Where(row => !row.Value.IsEnded).Select(row => row.Value.Uid).ToHashSet();
        var subject = change.Before.Subscription;
        foreach (var ofOne in (await _bills.ListAsync(session, environment, customer)).GroupBy(bill => bill.Subscription.Uid))
        {
            if (ofOne.Key != subject.Uid && open.Contains(ofOne.Key))
                continue;
            var bills = ofOne.Where(bill => (bill.PayerId == change.Payer || ofOne.Key == subject.Uid) && bill.Currency == change.Currency
                && !found.Exists(known => known.Bill.Uid == bill.Uid)).ToList();
            var (adjustments, left) = await AdjustAsync(session, environment, bills, marks);
            found.AddRange(adjustments);
            subject = subject with
            {
                PendingLines = [.. subject.PendingLines, .. adjustments.SelectMany(adjustment => adjustment.Lines)],
                // What late usage drew from the minimum of the running term is gone for the rest of it.
                MinimumSpendLeft = ofOne.Key == subject.Uid && left is not null
                    && bills[^1].Subscription.CurrentBillingPeriodStart == subject.CurrentBillingPeriodStart
                    ? left : subject.MinimumSpendLeft,
            };
        }

        return change with { Before = change.Before with { Subscription = subject } };
    }

    /// <summary>Keeps what is billed by now: the bills about usage that were made, and those that were adjusted.</summary>
    /// <param name="work">The transaction of the bills.</param>
    /// <param name="bill">The books of the decision.</param>
    /// <param name="issued">Its drafts with their invoices.</param>
    public async Task KeepAsync(Work work, DecisionBill bill, IReadOnlyList<(BillDraft Draft, Invoice Invoice)> issued)
    {
        var (session, environment) = (work.Session, work.Scope.EnvironmentId);
        foreach (var adjustment in bill.Late)
        {
            if (adjustment.Lines.Count == 0 || InvoiceOf(adjustment.Lines[0]) is not null)
                await _bills.SettleAsync(session, environment, adjustment.Bill);
        }

        if (bill.Usage.Count == 0)
            return;
        var features = await FeaturesAsync(session, environment);
        foreach (var billed in bill.Usage.Where(billed => billed.Features.Any(features.Contains)))
        {
            await _bills.InsertAsync(session, environment, billed with
            {
                Uid = Guid.CreateVersion7(),
                InvoiceUid = billed.Arrears.Count == 0 ? null : InvoiceOf(billed.Arrears[0]),
            });
        }

        Guid? InvoiceOf(InvoiceLine line)
        {
            foreach (var (draft, invoice) in issued)
            {
                if (draft.Draft.Lines.Contains(line, ReferenceEqualityComparer.Instance))
                    return invoice.Uid;
            }

            return null;
        }
    }

    /// <summary>One after the other, because what an earlier bill of a term draws from its minimum a later one does not find.</summary>
    private async Task<(IReadOnlyList<LateAdjustment> Adjustments, Money? Left)> AdjustAsync(
        Session session, EnvironmentId environment, IReadOnlyList<UsageBill> bills, ILookup<Guid, FeatureId> marks)
    {
        var adjustments = new List<LateAdjustment>();
        Money? left = null;
        Instant? term = null;
        foreach (var bill in bills)
        {
            if (bill.Subscription.CurrentBillingPeriodStart != term)
                left = null;
            term = bill.Subscription.CurrentBillingPeriodStart;
            if (!marks.Contains(bill.Uid) && (left is null || left == bill.Subscription.MinimumSpendLeft))
            {
                left = null;
                continue;
            }

            var record = await reader.RecordAsync(session, environment, bill.Subscription, bill.At)
                ?? throw new InvalidOperationException($"The bill {bill.Uid} is about no paid subscription.");
            var past = await reader.PastAsync(session, environment, bill.Subscription, bill.At);
            var needs = LateUsage.Needs(bill, record, past, marks[bill.Uid].ToHashSet());
            var measured = await usage.MeasureAsync(session, environment, bill.Subscription, needs);
            var adjustment = LateUsage.Adjust(bill, record, past, measured, left);
            adjustments.Add(adjustment);
            left = adjustment.MinimumLeft;
        }

        return (adjustments, left);
    }

    /// <summary>
    /// Whether the bill of the change is made whatever becomes of its payment: a change that waits for its payment may never
    /// be billed.
    /// </summary>
    private static bool Takes(BilledChange change, Instant at) => change.Step switch
    {
        BillingStep.Renewal or BillingStep.Usage or BillingStep.End => true,
        BillingStep.Restart => change.Change.Before!.CurrentBillingPeriodEnd == at,
        _ => false,
    };

    /// <summary>The features that bill late usage, read once a transaction.</summary>
    private async ValueTask<IReadOnlySet<FeatureId>> FeaturesAsync(Session session, EnvironmentId environment)
    {
        var key = new FeaturesKey(environment);
        if (session.Notes.TryGetValue(key, out var known))
            return (IReadOnlySet<FeatureId>)known!;
        var features = await usage.LateFeaturesAsync(session, environment);
        session.Notes[key] = features;
        return features;
    }

    private sealed record FeaturesKey(EnvironmentId Environment);
}
