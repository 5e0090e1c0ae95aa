using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions.Bills;

/// <summary>
/// Puts what late usage changed about earlier bills on the next one of the subscription, or beside it on one to who paid them if
/// another pays by now; what is late of one that has ended, on the next bill of its customer to the same payer in the same currency.
/// A bill that is a DRAFT is made anew instead. The decision is <see cref="LateUsage"/>.
/// </summary>
internal sealed class LateUsageBiller(BilledChangeReader reader, IUsageForBilling usage, Invoicing invoicing)
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
            || (await FeaturesAsync(session, environment)).All.Count == 0)
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
            var bills = ofOne.Where(bill => (bill.PayerId == change.Payer || ofOne.Key == subject.Uid)
                && bill.Currency == change.Currency && !found.Exists(known => known.Bill.Uid == bill.Uid)).ToList();
            var (adjustments, left) = await AdjustAsync(session, environment, bills, marks, isRemake: false);
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

    /// <summary>
    /// Makes the DRAFTs of the customer anew whose usage is not what it was. What is late of issued bills, and of features that
    /// wait for the next bill, stays late.
    /// </summary>
    public async Task RemakeAsync(Work work, CustomerId customer)
    {
        var (session, environment) = (work.Session, work.Scope.EnvironmentId);
        var marks = await _bills.MarksAsync(session, environment, customer);
        if (marks.Count == 0)
            return;
        foreach (var bills in (await _bills.ListAsync(session, environment, customer)).GroupBy(bill => bill.Subscription.Uid))
        {
            if (bills.All(bill => bill.FinalizeAt is null))
                continue;
            var (remade, left) = await AdjustAsync(session, environment, [.. bills], marks, isRemake: true);
            foreach (var adjustment in remade)
                await KeepRemadeAsync(work, adjustment.Bill);
            var last = bills.Last().Subscription;
            if (left is null)
                continue;
            var row = await _subscriptions.FindByUidAsync(session, environment, last.Uid);
            if (row.Value is { IsEnded: false } running
                && running.CurrentBillingPeriodStart == last.CurrentBillingPeriodStart && running.MinimumSpendLeft != left)
            {
                await _subscriptions.UpdateAsync(session, environment, row, running with { MinimumSpendLeft = left });
            }
        }

        await BilledUsage.WaitAsync(session, environment, customer);
    }

    /// <summary>Keeps what is billed by now: the bills about usage that were made, and those that were adjusted.</summary>
    /// <param name="work">The transaction of the bills.</param>
    /// <param name="bill">The books of the decision.</param>
    /// <param name="made">Its drafts with their invoices.</param>
    public async Task KeepAsync(Work work, DecisionBill bill, IReadOnlyList<(BillDraft Draft, Invoice Invoice)> made)
    {
        var (session, environment) = (work.Session, work.Scope.EnvironmentId);
        foreach (var adjustment in bill.Late)
        {
            if (adjustment.Bill.FinalizeAt is not null)
                await KeepRemadeAsync(work, adjustment.Bill);
            else if (adjustment.Lines.Count == 0 || InvoiceOf(adjustment.Lines[0]) is not null)
                await _bills.SettleAsync(session, environment, adjustment.Bill);
        }

        if (bill.Usage.Count == 0)
            return;
        var features = await FeaturesAsync(session, environment);
        foreach (var billed in bill.Usage.Where(billed => billed.Features.Any(features.All.Contains)))
        {
            var draft = made.FirstOrDefault(
                one => one.Draft.Subject == billed.Subscription.Uid && one.Invoice.FinalizeAt is not null).Invoice;
            await _bills.InsertAsync(session, environment, billed with
            {
                Uid = Guid.CreateVersion7(),
                InvoiceUid = draft?.Uid ?? (billed.Arrears.Count == 0 ? null : InvoiceOf(billed.Arrears[0])),
                FinalizeAt = draft?.FinalizeAt,
            });
        }

        Guid? InvoiceOf(InvoiceLine line)
        {
            foreach (var (draft, invoice) in made)
            {
                if (draft.Draft.Lines.Contains(line, ReferenceEqualityComparer.Instance))
                    return invoice.Uid;
            }

            return null;
        }
    }

    /// <summary>The features that bill late usage, read once a transaction.</summary>
    public async ValueTask<LateFeatures> FeaturesAsync(Session session, EnvironmentId environment)
    {
        var key = new FeaturesKey(environment);
        if (session.Notes.TryGetValue(key, out var known))
            return (LateFeatures)known!;
        var features = await usage.LateFeaturesAsync(session, environment);
        session.Notes[key] = features;
        return features;
    }

    private async Task KeepRemadeAsync(Work work, UsageBill bill)
    {
        var (session, environment) = (work.Session, work.Scope.EnvironmentId);
        await _bills.SettleAsync(session, environment, bill, (await FeaturesAsync(session, environment)).Recomputed);
        await invoicing.RedraftAsync(work, bill.InvoiceUid!.Value, bill.LinesInOrder());
    }

    /// <summary>One after the other, because what an earlier bill of a term draws from its minimum a later one does not find.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="environment">Where.</param>
    /// <param name="bills">Of one subscription, oldest first.</param>
    /// <param name="marks">The features that are late, by bill.</param>
    /// <param name="isRemake">Only DRAFTs are made anew: there is no bill to put the lines of others on.</param>
    private async Task<(IReadOnlyList<LateAdjustment> Adjustments, Money? Left)> AdjustAsync(
        Session session, EnvironmentId environment, IReadOnlyList<UsageBill> bills, ILookup<Guid, FeatureId> marks, bool isRemake)
    {
        var recomputed = (await FeaturesAsync(session, environment)).Recomputed;
        var adjustments = new List<LateAdjustment>();
        Money? left = null;
        Instant? term = null;
        foreach (var bill in bills)
        {
            if (bill.Subscription.CurrentBillingPeriodStart != term)
                left = null;
            term = bill.Subscription.CurrentBillingPeriodStart;
            var isDraft = bill.FinalizeAt is not null;
            var findsOther = left is not null && left != bill.Subscription.MinimumSpendLeft;
            if (isRemake && !isDraft)
            {
                if (findsOther)
                    await _bills.FindOtherAsync(session, environment, bill, left!);
                left = null;
                continue;
            }

            // While a bill is a DRAFT, what is to go on the next one waits until it is issued.
            var late = marks[bill.Uid].Where(feature => !isDraft || recomputed.Contains(feature)).ToHashSet();
            if (late.Count == 0 && !findsOther)
            {
                left = null;
                continue;
            }

            var record = await reader.RecordAsync(session, environment, bill.Subscription, bill.At)
                ?? throw new InvalidOperationException($"The bill {bill.Uid} is about no paid subscription.");
            var past = await reader.PastAsync(session, environment, bill.Subscription, bill.At);
            var needs = LateUsage.Needs(bill, record, past, late);
            var measured = await usage.MeasureAsync(session, environment, bill.Subscription, needs);
            var adjustment = LateUsage.Adjust(bill, record, past, measured, left);
            adjustments.Add(isDraft ? adjustment with { Lines = [] } : adjustment);
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

    private sealed record FeaturesKey(EnvironmentId Environment);
}
