using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Customers;

namespace Tollgate.Modules.Subscriptions.Bills;

/// <summary>
/// Bills decisions about subscriptions in the transaction that makes them. What is due is decided by
/// <see cref="BillDecision"/>; here its facts are read, the bills issued, and what came of them noted on the records.
/// </summary>
public sealed class DecisionBiller
{
    private readonly Invoicing _invoicing;
    private readonly BilledChangeReader _reader;
    private readonly LateUsageBiller _late;
    private readonly SubscriptionStore _store = new();

    public DecisionBiller(
        CatalogReader catalog, CustomerReader customers, IUsageForBilling usage, ISubscriptionCredits credits,
        Invoicing invoicing)
    {
        _invoicing = invoicing;
        _reader = new(catalog, customers, usage, credits);
        _late = new(_reader, usage, invoicing);
    }

    /// <summary>What the decision does to the books; changes nothing.</summary>
    internal async Task<DecisionBill> PlanAsync(
        Work work, SubscriptionDecision decision, Instant at, BillingChoices choices)
    {
        var settings = await _invoicing.SettingsAsync(work.Session, work.Scope.EnvironmentId);
        var changes = new List<BilledChange>();
        var late = new List<LateAdjustment>();
        var overdrawn = new List<BilledDeficit>();
        foreach (var change in await AlignedAsync(work, decision, settings.Anchor, at))
        {
            var billed = await _reader.OfAsync(work.Session, work.Scope.EnvironmentId, change, at, overdrawn);
            changes.Add(await _late.AddAsync(work, billed, at, late));
        }

        var bill = BillDecision.Of(
            changes, decision.Subject.Uid, at, choices with { Proration = choices.Proration ?? settings.Proration });
        return late.Count == 0 ? bill : bill with { Late = late };
    }

    /// <summary>The changes with their periods where the environment wants them.</summary>
    private async Task<IReadOnlyList<SubscriptionChange>> AlignedAsync(
        Work work, SubscriptionDecision decision, BillingAnchor anchor, Instant at)
    {
        if (anchor == BillingAnchor.SubscriptionStart)
            return decision.Changes;
        IReadOnlyList<Subscription> others = anchor == BillingAnchor.SubscriptionsConsolidateBilling
            ? decision.Apply((await _store.ListOfCustomerAsync(
                work.Session, work.Scope.EnvironmentId, decision.Subject.CustomerId)).Select(row => row.Value))
            : [];
        return [.. decision.Changes.Select(change => BillingAnchors.Align(change, anchor, others, at))];
    }

    /// <summary>
    /// Issues the bills and collects them, or leaves that to due work; the decision with what billing keeps on its records.
    /// </summary>
    internal async Task<BilledDecision> IssueAsync(
        Work work, SubscriptionDecision decision, DecisionBill bill, Instant at, BillingChoices choices,
        CancellationToken cancellationToken)
    {
        foreach (var uid in bill.Voided)
            await _invoicing.VoidAsync(work, uid, at, cancellationToken);
        var records = bill.Records;
        var invoices = new List<Invoice>();
        var issued = new List<(BillDraft, Invoice)>();
        foreach (var draft in bill.Drafts)
        {
            if (await DraftedAsync(work, draft, bill) is { } open)
            {
                issued.Add((draft, open));
                records = [.. records.Select(record => record.Uid == draft.Subject ? Opened(record, open) : record)];
                continue;
            }

            var mayWait = Waits(decision, draft, at) && await HasOwnDueAsync(work, draft);
            var invoice = await _invoicing.IssueAsync(work, Collected(draft.Draft), cancellationToken);
            var waits = mayWait && IsUnpaid(invoice);
            if (waits && draft.SettlesPredecessor)
            {
                // What it would replace goes on, so its unused time is not given back yet.
                await _invoicing.VoidAsync(work, invoice.Uid, at, cancellationToken);
                invoice = await _invoicing.IssueAsync(work, Collected(draft.Own().Draft), cancellationToken);
            }

            invoices.Add(invoice);
            issued.Add((draft, invoice));
            if (waits)
            {
                var subject = records.Single(record => record.Uid == draft.Subject);
                // What a former payer gets back waits with the change that gives it back.
                subject = subject with
                {
                    PendingLines =
                    [
                        .. subject.PendingLines,
                        .. bill.Drafts.Where(other => other.Subject is null && other.Draft.SubscriptionId == subject.Id)
                            .SelectMany(other => other.Draft.Lines),
                    ],
                };
                var failed = Invoiced(subject, invoice);
                return new(
                    draft.Step == BillingStep.Start
                        ? PendingPayments.Hold(decision, failed, failed.PaymentCollection, at)
                        : UnpaidChanges.Hold(
                            decision, subject, invoice.Uid, failed.PaymentCollection, at, Guid.CreateVersion7,
                            bill.Overdrawn.Where(billed => billed.Subject == draft.Subject)
                                .Select(billed => billed.Settlement)),
                    invoices);
            }

            records = [.. records.Select(record => record.Uid == draft.Subject ? Invoiced(record, invoice) : record)];
        }

        foreach (var idle in bill.Idle)
        {
            if (await DraftedAsync(work, idle, bill) is { } open)
            {
                issued.Add((idle, open));
                records = [.. records.Select(record => record.Uid == idle.Subject ? Opened(record, open) : record)];
            }
        }

        await _late.KeepAsync(work, bill, issued);
        return new(decision.With(records), invoices) { Settlements = [.. bill.Overdrawn.Select(Settled)] };

        InvoiceDraft Collected(InvoiceDraft draft) => draft with { IsCollectedLater = !choices.AwaitsPayment };

        SettleOverdraft Settled(BilledOverdraft billed) => billed.Settlement with
        {
            InvoiceUid = issued
                .Where(made => made.Item1.Draft.Lines.Contains(billed.Line, ReferenceEqualityComparer.Instance))
                .Select(made => (Guid?)made.Item2.Uid).FirstOrDefault() ?? billed.Settlement.InvoiceUid,
        };
    }

    /// <summary>The bill as a DRAFT when it waits for usage (<see cref="UsageDrafts"/>); null when it is to be issued.</summary>
    private async Task<Invoice?> DraftedAsync(Work work, BillDraft draft, DecisionBill bill)
    {
        if (!bill.IsOfTime || bill.Usage.Count == 0)
            return null;
        var (session, environment) = (work.Session, work.Scope.EnvironmentId);
        var hours = (await _invoicing.SettingsAsync(session, environment)).UsageDraftHours!.Value;
        if (hours == 0
            || UsageDrafts.UsageOf(draft, bill, (await _late.FeaturesAsync(session, environment)).Recomputed) is null)
        {
            return null;
        }

        return await _invoicing.DraftAsync(
            work, draft.Draft with { FinalizeAt = draft.Draft.At + Duration.FromHours(hours) });
    }

    private static Subscription Opened(Subscription record, Invoice draft) =>
        UsageDrafts.Open(record, new(draft.Uid, draft.FinalizeAt!.Value));

    /// <summary>
    /// Whether a payment is required that nobody can make: one is due, is charged, and the payer has no method although the
    /// billing of the environment, or this call, asks for one (spec subscriptions 5.4).
    /// </summary>
    internal async Task<bool> IsMethodMissingAsync(Work work, BillDraft draft, bool hasCheckoutOptions)
    {
        var (session, environment, bill) = (work.Session, work.Scope.EnvironmentId, draft.Draft);
        return bill is { Method: PaymentCollectionMethod.Charge, IsPaid: false }
            && !await _invoicing.HasPaymentMethodAsync(session, environment, bill.PayerId)
            && await _invoicing.IsBillingIntegrationForAsync(session, environment, bill.PayerId, hasCheckoutOptions)
            && (await _invoicing.PreviewAsync(session, environment, bill)).Totals.Amounts.AmountDue > 0;
    }

    /// <summary>
    /// What costs nothing itself has no payment to wait for, whatever is owed for the record that it takes the place of.
    /// </summary>
    private async Task<bool> HasOwnDueAsync(Work work, BillDraft draft)
    {
        if (!draft.SettlesPredecessor)
            return true;
        var own = draft.Own().Draft;
        return own.Lines.Count > 0 && (await _invoicing.PreviewAsync(
            work.Session, work.Scope.EnvironmentId, own)).Totals.Amounts.AmountDue > 0;
    }

    private static bool IsUnpaid(Invoice invoice) =>
        invoice is { IsOpen: true, Method: PaymentCollectionMethod.Charge };

    /// <summary>
    /// A record that begins waits for its first payment, and a change for its own. What is planned for the end of a period is
    /// a renewal: it takes place, and its payment is tried again.
    /// </summary>
    private static bool Waits(SubscriptionDecision decision, BillDraft draft, Instant at) =>
        draft.Subject == decision.Subject.Uid && draft.Step switch
        {
            BillingStep.Start => true,
            BillingStep.Change or BillingStep.Restart => decision.Changes
                .Single(change => change.After.Uid == draft.Subject).Before!.CurrentBillingPeriodEnd != at,
            _ => false,
        };

    /// <summary>The record with an issued bill of it.</summary>
    internal static Subscription Invoiced(Subscription record, Invoice invoice) => invoice.IsCreditNote
        ? record
        : record with
        {
            LatestInvoiceUid = invoice.Uid,
            PaymentCollection = IsUnpaid(invoice) && !(record.IsEnded && InvoiceLifecycle.IsFirstCharge(invoice))
                ? InvoiceLifecycle.CollectionOf(invoice)
                : record.PaymentCollection,
        };
}

/// <summary>A decision as it is to be written, with the bills it made, the subject's first.</summary>
internal sealed record BilledDecision(SubscriptionDecision Decision, IReadOnlyList<Invoice> Invoices)
{
    /// <summary>Overdrawn credits that the bills are for; none while a payment is waited for.</summary>
    public IReadOnlyList<CreditInstruction> Settlements { get; init; } = [];
}
