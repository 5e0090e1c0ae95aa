using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>
/// Bills that stay a DRAFT for some time after their period, so that usage which comes late is still on them (spec
/// entitlements-and-usage 8.2.6): those that time alone makes and that bill a feature whose meter asks for it. They are no bills
/// yet: nothing is due, the balance is not touched, the subscription does not show them.
/// </summary>
public static class UsageDrafts
{
    /// <summary>What the bill says about usage when it is to be kept as a DRAFT; null when it is issued as it is made.</summary>
    /// <param name="draft">The bill.</param>
    /// <param name="bill">The books of its decision.</param>
    /// <param name="recomputed">The features whose meters make drafts anew.</param>
    public static UsageBill? UsageOf(BillDraft draft, DecisionBill bill, IReadOnlySet<FeatureId> recomputed)
    {
        // A first bill, and one that a change waits for, is paid before there is access; so it is issued.
        if (!bill.IsOfTime || draft.Subject is not { } subject
            || (draft.Step != BillingStep.End && draft.Draft.Reason != BillingReason.BillingCycle))
        {
            return null;
        }

        var about = bill.Usage.Where(usage => usage.Subscription.Uid == subject || IsOn(usage, draft)).ToList();
        return about is [var usage] && usage.Subscription.Uid == subject && usage.Features.Any(recomputed.Contains)
            ? usage
            : null;
    }

    /// <summary>The subscription while a bill of it is a DRAFT.</summary>
    public static Subscription Open(Subscription subscription, DraftBill draft) =>
        subscription with { DraftBills = [.. subscription.DraftBills, draft] };

    /// <summary>The subscription once the bill is no DRAFT any more. When it changed last, or ended, stays.</summary>
    public static Subscription Close(Subscription subscription, Guid invoiceUid) =>
        subscription with { DraftBills = [.. subscription.DraftBills.Where(draft => draft.InvoiceUid != invoiceUid)] };

    /// <summary>
    /// Whether the bill is not made after all when its time is over: nothing of it is to pay and it buys no period.
    /// </summary>
    public static bool IsNothing(UsageBill? usage, Invoice draft) =>
        usage is { IsPurchase: false } && draft.Lines.All(line => line.Amount == 0);

    private static bool IsOn(UsageBill usage, BillDraft draft) =>
        usage.Arrears.Any(line => draft.Draft.Lines.Contains(line, ReferenceEqualityComparer.Instance));
}
