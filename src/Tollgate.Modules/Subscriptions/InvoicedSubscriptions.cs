using Tollgate.Domain;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>Answers what billing asks about subscriptions.</summary>
internal sealed class InvoicedSubscriptions : IInvoicedSubscriptions
{
    private readonly SubscriptionStore _store = new();

    public async Task<CustomerId?> CustomerOfAsync(
        Session session, EnvironmentId environment, SubscriptionId subscription) =>
        (await _store.FindAsync(session, environment, subscription))?.Value.CustomerId;

    public async Task<bool> IsChargedAsync(Session session, EnvironmentId environment, CustomerId payer) =>
        (await _store.ListOpenPaidByAsync(session, environment, payer))
        .Any(row => row.Value.PaymentCollectionMethod == PaymentCollectionMethod.Charge);
}
