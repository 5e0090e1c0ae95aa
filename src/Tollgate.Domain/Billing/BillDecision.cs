using NodaTime;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>
/// Bills a decision about subscriptions: calls, due work and previews alike (spec subscriptions 5.4, 10 and 11). It
/// compares every changed record with what it was; <see cref="Needs"/> says which usage must be measured before.
/// </summary>
public static class BillDecision
{
    /// <summary>What has to be measured to bill the change; empty for most.</summary>
    public static IReadOnlySet<UsageNeed> Needs(BilledChange change, Instant at) =>
        RecordBill.Due(change, at) is { } due
            ? UsageRating.Needs(change.SpansUntil(at), due)
            : new HashSet<UsageNeed>();

    /// <summary>Which deficits have to be measured to bill the change; none for most.</summary>
    public static IReadOnlySet<CreditNeed> CreditNeeds(BilledChange change, Instant at) =>
        RecordBill.Due(change, at) is { } due
            ? CreditOverageRating.Needs(change.SpansUntil(at), due)
            : new HashSet<CreditNeed>();

    /// <summary>The books after the decision.</summary>
    /// <param name="changes">Every change of the decision, with its facts.</param>
    /// <param name="subject">The record that the decision is about.</param>
    /// <param name="at">The instant of the decision.</param>
    /// <param name="choices">What the call said.</param>
    public static DecisionBill Of(
        IReadOnlyList<BilledChange> changes, Guid subject, Instant at, BillingChoices choices)
    {
        var bills = changes.Select(change => RecordBill.Of(change, at, choices)).ToList();
        var all = Drafts(bills, at, choices).ToLookup(made => made.IsIdle, made => made.Draft);
        var drafts = all[false].ToList();
        return new(
            [.. bills.Select(bill => WithShares(bill, drafts))],
            [.. drafts.OrderByDescending(draft => draft.Subject == subject)],
            [.. changes.Select(change => Unneeded(change.Change)).OfType<Guid>()])
        {
            IsOfTime = choices.IsOfTime,
            Idle = [.. all[true]],
            Usage = [.. bills.Where(bill => bill.Change.Measured.Count > 0).Select(bill => UsageOf(bill, drafts, at))],
            Overdrawn =
            [
                .. changes.SelectMany(OverdraftBills.Paid), .. bills.SelectMany(bill => OverdraftBills.Of(bill, drafts, at)),
            ],
        };
    }

    /// <summary>What is kept of a bill about usage.</summary>
    private static UsageBill UsageOf(RecordBill bill, List<BillDraft> drafts, Instant at)
    {
        var draft = drafts.Find(made => made.Draft.Lines.Intersect(bill.UsageLines, ReferenceEqualityComparer.Instance).Any());
        return new()
        {
            Subscription = bill.Change.Before!.Subscription with
            {
                PendingLines = [],
                RunningCharges = [],
                EarlierCharges = [],
                UnpaidChange = null,
            },
            At = at,
            Due = RecordBill.Due(bill.Change, at)!,
            Measured = [.. bill.Change.Measured.Select(pair => new MeasuredNeed(pair.Key, pair.Value))],
            Arrears = bill.UsageLines,
            Others = [.. (draft?.Draft.Lines ?? bill.Lines)
                .Where(line => !bill.UsageLines.Contains(line, ReferenceEqualityComparer.Instance))],
            Discounts = draft?.Draft.Discounts ?? bill.Change.Discounts,
            Currency = bill.Change.Currency,
            PayerId = bill.Change.Payer,
            IsPurchase = bill.IsPurchase,
        };
    }

    /// <summary>
    /// One bill a record; a record that another takes the place of is settled on that one's bill, when the same payer
    /// pays it in the same currency. Idle is what comes to nothing and buys no period.
    /// </summary>
    private static IEnumerable<(BillDraft Draft, bool IsIdle)> Drafts(
        IReadOnlyList<RecordBill> bills, Instant at, BillingChoices choices)
    {
        var joined = bills.Where(bill => bill.Lines.Count > 0)
            .ToLookup(bill => SuccessorOf(bill, bills) ?? bill);
        foreach (var group in joined)
        {
            var of = group.Key;
            var lines = group.Where(bill => bill != of).Append(of).SelectMany(bill => bill.Lines).ToList();
            if (of.Record.PaymentCollectionMethod == PaymentCollectionMethod.None)
                continue;
            foreach (var ofOne in lines.GroupBy(line => line.PayerId ?? of.Change.Payer))
            {
                var isFormer = ofOne.Key != of.Change.Payer;
                var isIdle = !(of.IsPurchase && !isFormer) && ofOne.All(line => line.Amount == 0);
                var draft = Draft(of, InvoiceLines.InOrder([.. ofOne]), at, choices);
                yield return isFormer
                    ? (new(OfFormer(draft, ofOne.Key), null, of.Change.Step), isIdle)
                    : (new(draft, of.Record.Uid, of.Change.Step), isIdle);
            }
        }
    }

    /// <summary>What a period cost is net of its share of the discount on the whole bill.</summary>
    private static Subscription WithShares(RecordBill bill, List<BillDraft> drafts) =>
        bill is { IsPurchase: true, Change.After.BeganWithin: false } && drafts.Find(draft => draft.Subject == bill.Record.Uid) is { SettlesPredecessor: true } draft
            ? bill.Record with { RunningCharges = RecordBill.RunningOf(bill.Change, draft.Draft.Lines) }
            : bill.Record;

    private static RecordBill? SuccessorOf(RecordBill bill, IReadOnlyList<RecordBill> bills) => bill.Record is
    {
        IsEnded: true, CancelReason: CancelReason.UpgradeOrDowngrade or CancelReason.TrialConverted,
    }
        ? bills.FirstOrDefault(other => other.IsPurchase
            && (other.Record.ProductId, other.Record.ResourceId) == (bill.Record.ProductId, bill.Record.ResourceId)
            && other.Change.Payer == bill.Change.Payer && other.Change.Currency == bill.Change.Currency)
        : null;

    /// <summary>What a payer paid before the payment was delegated is settled with that payer, coupons taken off already.</summary>
    private static InvoiceDraft OfFormer(InvoiceDraft draft, CustomerId payer) => draft with
    {
        PayerId = payer,
        // No renewal of that payer's: it is not tried again, and nothing ends when it stays unpaid.
        Reason = BillingReason.SubscriptionUpdate,
        Discounts = [],
        IsPaid = false,
    };

    private static InvoiceDraft Draft(
        RecordBill of, IReadOnlyList<InvoiceLine> lines, Instant at, BillingChoices choices) => new()
        {
            PayerId = of.Change.Payer,
            SubscriptionId = of.Record.Id,
            Reason = ReasonOf(of.Change, at),
            Currency = of.Change.Currency,
            Lines = lines,
            Discounts = of.Change.Discounts,
            At = at,
            Method = of.Record.PaymentCollectionMethod,
            DaysUntilDue = (int?)of.Record.InvoiceTerms?.DaysUntilDue,
            TaxPercentage = of.Record.InvoiceTerms?.TaxPercentage,
            IsPaid = choices.IsInvoicePaid && of.Change.Step == BillingStep.Start,
        };

    private static BillingReason ReasonOf(BilledChange change, Instant at) => change.Step switch
    {
        BillingStep.Start => BillingReason.SubscriptionCreation,
        // A change of period that was planned for the end of the old one is its renewal.
        BillingStep.Restart when change.Before!.Period.End == at => BillingReason.BillingCycle,
        BillingStep.Change or BillingStep.Restart => BillingReason.SubscriptionUpdate,
        BillingStep.Renewal or BillingStep.Usage => BillingReason.BillingCycle,
        BillingStep.End => change.Before!.Period.End == at
            ? BillingReason.BillingCycle
            : BillingReason.SubscriptionUpdate,
        _ => throw new ArgumentOutOfRangeException(nameof(change), change.Step, "Nothing is billed."),
    };

    /// <summary>The invoice that nothing waits for any more: of a first payment, or of a change.</summary>
    private static Guid? Unneeded(SubscriptionChange change) => change switch
    {
        { Before.Status: SubscriptionStatus.PaymentPending, After.IsEnded: true } => change.After.LatestInvoiceUid,
        { Reason: ChangeReason.PaymentSettled or ChangeReason.PaymentNoted } => null,
        { Before.UnpaidChange: { } waited } when change.After.UnpaidChange?.InvoiceUid != waited.InvoiceUid =>
            waited.InvoiceUid,
        _ => null,
    };
}
