using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;

namespace Tollgate.Modules.Subscriptions.Bills;

/// <summary>
/// The next bill of a subscription as things stand now (spec subscriptions 11): what time will do to its customer is done
/// up to that bill, and rolled back.
/// </summary>
public sealed class NextInvoice(UnitOfWork unitOfWork, AdvanceSubscriptions advance, Invoicing invoicing)
{
    /// <summary>More steps than a year of billing months and notices has; what bills nothing by then never will.</summary>
    private const int MaxSteps = 60;

    private readonly SubscriptionStore _store = new();
    private readonly SubscriptionTransaction _transaction = new(unitOfWork, advance);

    /// <summary>The bill; a subscription that will never be billed has none.</summary>
    public Task<Result<PreviewedNextInvoice>> ExecuteAsync(
        OperationScope scope, SubscriptionId id, CancellationToken cancellationToken) =>
        _transaction.RunAsync<PreviewedNextInvoice>(
            scope,
            id,
            async (work, subscription, _, token) => new PreviewedNextInvoice(
                subscription.Id, await NextAsync(work, subscription, token), scope.Now),
            cancellationToken,
            isPreview: true);

    private async Task<Invoice?> NextAsync(Work work, Subscription subscription, CancellationToken cancellationToken)
    {
        var (session, environment, id) = (work.Session, work.Scope.EnvironmentId, subscription.Id);
        var latest = await invoicing.LatestBillOfSubscriptionAsync(session, environment, id);
        for (var steps = 0; steps < MaxSteps && Due.Next(subscription) is { } due; steps++)
        {
            // Its own next step, with all that falls due for the customer before it: what is shared, such as the balance, too.
            await advance.AdvanceAsync(work, subscription.CustomerId, due.At, cancellationToken);
            var bill = await invoicing.LatestBillOfSubscriptionAsync(session, environment, id);
            if (bill is not null && bill.Uid != latest?.Uid)
                return bill;
            subscription = (await _store.FindAsync(session, environment, id))!.Value;
        }

        return null;
    }
}

/// <param name="SubscriptionId">Whose bill it is.</param>
/// <param name="Invoice">As it would be issued; null when nothing will be billed.</param>
/// <param name="At">When it was computed.</param>
public sealed record PreviewedNextInvoice(SubscriptionId SubscriptionId, Invoice? Invoice, Instant At)
{
    /// <summary>What the minimum spend takes off the usage, at most 0.</summary>
    public decimal MinimumSpendAdjustment => (Invoice?.Lines ?? [])
        .Where(line => line.Type == InvoiceLineType.MinimumSpendAdjustmentCharge).Sum(line => line.Amount);
}
