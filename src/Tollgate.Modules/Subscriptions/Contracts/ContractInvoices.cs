using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Catalog;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions.Contracts;

/// <summary>The invoices of a contract: what is due by now, and the next one as things stand.</summary>
public sealed class ContractInvoices(CatalogReader catalog, IUsageForBilling usage, Invoicing invoicing)
{
    private readonly ContractStore _store = new();
    private readonly SubscriptionStore _subscriptions = new();

    /// <summary>
    /// Issues, each at its own instant, the invoices of the contract that are due; how many steps were made.
    /// </summary>
    internal async Task<int> CatchUpAsync(Work work, string id, CancellationToken cancellationToken)
    {
        var (session, environment, now) = (work.Session, work.Scope.EnvironmentId, work.Scope.Now);
        for (var steps = 0; ; steps++)
        {
            var row = await _store.FindAsync(session, environment, id)
                ?? throw new InvalidOperationException($"Contract {id} is gone, but contracts are never deleted.");
            if (ContractSchedule.Next(row.Value) is not { } bill || bill.At > now)
                return steps;
            var billed = ContractSchedule.Billed(row.Value, bill) with { UpdatedAt = bill.At };
            var draft = await DraftAsync(session, environment, row.Value, bill);
            // A bill of nothing but usage of 0 is not made.
            if (draft.Lines.Any(line => line.Amount != 0))
            {
                var issued = await invoicing.IssueAsync(work, draft, cancellationToken);
                billed = billed with { LatestInvoiceUid = issued.Uid };
            }

            await _store.UpdateAsync(session, environment, row, billed);
        }
    }

    /// <summary>The next invoice with the usage measured so far; null when there will be none.</summary>
    internal async Task<NextContractInvoice?> NextAsync(
        Session session, EnvironmentId environment, Contract contract)
    {
        if (ContractSchedule.Next(contract) is not { } bill)
            return null;
        var draft = await DraftAsync(session, environment, contract, bill);
        var totals = (await invoicing.PreviewAsync(session, environment, draft)).Totals;
        var days = draft.DaysUntilDue ?? (await invoicing.SettingsAsync(session, environment)).InvoiceDueDays;
        return new(bill, totals, draft.Currency, bill.At + Duration.FromDays(days));
    }

    private async Task<InvoiceDraft> DraftAsync(
        Session session, EnvironmentId environment, Contract contract, ContractBill bill)
    {
        var features = new Dictionary<FeatureId, Feature>();
        var measured = new Dictionary<ContractLine, decimal>();
        foreach (var (line, need) in ContractSchedule.Needs(contract, bill))
        {
            if (await catalog.FeatureAsync(session, environment, need.FeatureId) is { } feature)
                features[feature.Id] = feature;
            var subscription = await _subscriptions.FindAsync(
                session, environment, line.SubscriptionId ?? contract.SubscriptionIds[0])
                ?? throw new InvalidOperationException($"A subscription of contract {contract.Id} is gone.");
            measured[line] =
                (await usage.MeasureAsync(session, environment, subscription.Value, [need]))[need].Accumulated;
        }

        return new()
        {
            PayerId = contract.CustomerId,
            SubscriptionId = null,
            ContractId = contract.Id,
            Reason = BillingReason.BillingCycle,
            Currency = contract.Billing!.Currency,
            Lines = ContractSchedule.Lines(contract, bill, measured, features),
            At = bill.At,
            Method = PaymentCollectionMethod.Invoice,
            DaysUntilDue = contract.Billing.DaysUntilDue,
        };
    }
}

/// <summary>The next invoice of a contract as it would be now.</summary>
/// <param name="Bill">When, and for which time.</param>
/// <param name="Totals">Lines and sums.</param>
/// <param name="Currency">Of all amounts.</param>
/// <param name="DueDate">When it is to be paid.</param>
public sealed record NextContractInvoice(ContractBill Bill, TotalledInvoice Totals, string Currency, Instant DueDate)
{
    /// <summary>The time it is about: the fees', or of the last invoice the usage's.</summary>
    public BillingWindow? Period => Bill.Fees ?? Bill.Usage;
}
