using Tollgate.Domain.Credits;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>What a decision about subscriptions does to the books.</summary>
/// <param name="Records">Every changed record with what billing keeps on it, in the order of the decision.</param>
/// <param name="Drafts">To issue in this order; the one a payment decides about comes first.</param>
/// <param name="Voided">Invoices that nothing waits for any more: of records or changes that were never paid.</param>
public sealed record DecisionBill(
    IReadOnlyList<Subscription> Records, IReadOnlyList<BillDraft> Drafts, IReadOnlyList<Guid> Voided)
{
    /// <summary>Time alone made the decision.</summary>
    public bool IsOfTime { get; init; }

    /// <summary>Bills that come to nothing, so that they are made only to wait for usage (<see cref="UsageDrafts"/>).</summary>
    public IReadOnlyList<BillDraft> Idle { get; init; } = [];

    /// <summary>What is billed about usage, one a record; the invoice is not known yet.</summary>
    public IReadOnlyList<UsageBill> Usage { get; init; } = [];

    /// <summary>The overdrawn credits that are billed, to be settled when the bills are made.</summary>
    public IReadOnlyList<BilledOverdraft> Overdrawn { get; init; } = [];

    /// <summary>What late usage changes about earlier bills; their lines are in the drafts that take them.</summary>
    public IReadOnlyList<LateAdjustment> Late { get; init; } = [];
}

/// <summary>Overdrawn credits that are billed.</summary>
/// <param name="Subject">Whose bill.</param>
/// <param name="Line">Of a draft; null when it was billed before.</param>
/// <param name="Settlement">What the pool is told.</param>
public sealed record BilledOverdraft(Guid Subject, InvoiceLine? Line, SettleOverdraft Settlement);

/// <summary>A bill to issue.</summary>
/// <param name="Draft">Lines of one payer in one currency.</param>
/// <param name="Subject">
/// The record it is about; null for what a former payer gets back or still owes, which no record waits for.
/// </param>
/// <param name="Step">What happened to the record.</param>
public sealed record BillDraft(InvoiceDraft Draft, Guid? Subject, BillingStep Step)
{
    /// <summary>It also settles a record that the subject takes the place of.</summary>
    public bool SettlesPredecessor => Draft.Lines.Any(line => line.SubscriptionId != Draft.SubscriptionId);

    /// <summary>The same bill without that.</summary>
    public BillDraft Own() => this with
    {
        Draft = Draft with { Lines = [.. Draft.Lines.Where(line => line.SubscriptionId == Draft.SubscriptionId)] },
    };
}
