using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Storage;

namespace Tollgate.Modules.Billing;

/// <summary>
/// What billing asks about subscriptions; implemented by the subscriptions slice, which comes after this one.
/// </summary>
public interface IInvoicedSubscriptions
{
    /// <summary>
    /// Who is entitled by the subscription: its lock is held while a payment changes it. Null when unknown.
    /// </summary>
    Task<CustomerId?> CustomerOfAsync(Session session, EnvironmentId environment, SubscriptionId subscription);

    /// <summary>True when a paid subscription that has not ended is charged to the customer.</summary>
    Task<bool> IsChargedAsync(Session session, EnvironmentId environment, CustomerId payer);
}

/// <summary>
/// What becomes of an invoice after it was issued, told to whoever made it: subscriptions, credits. Called in the
/// transaction of the change, under the locks of the payer and of the subscription's customer and with the catalog in
/// use, for every invoice, those about no subscription included; not for what <see cref="Invoicing.IssueAsync"/> and
/// <see cref="Invoicing.VoidAsync"/> answer to their callers.
/// </summary>
public interface IInvoiceSettlement
{
    /// <summary>An OPEN or UNCOLLECTIBLE invoice was paid.</summary>
    Task PaidAsync(Work work, Invoice invoice, CancellationToken cancellationToken);

    /// <summary>A further attempt failed, needs the payer's action, or the due date passed.</summary>
    Task FailedAsync(Work work, Invoice invoice, CancellationToken cancellationToken);

    /// <summary>
    /// The last retry of a renewal failed. CANCEL: the subscription is to end (the invoice is UNCOLLECTIBLE by now).
    /// </summary>
    Task ExhaustedAsync(Work work, Invoice invoice, DunningFinalAction action, CancellationToken cancellationToken);

    /// <summary>It was voided, or written off by hand: nothing will be collected.</summary>
    Task VoidedAsync(Work work, Invoice invoice, CancellationToken cancellationToken);
}
