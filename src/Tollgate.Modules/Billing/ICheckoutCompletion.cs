using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Errors;
using Tollgate.Storage;

namespace Tollgate.Modules.Billing;

/// <summary>
/// Turns a checkout into what was bought; implemented by the subscriptions slice, which wrote
/// <see cref="Checkout.Request"/>. The transaction holds the payer's lock, the catalog in use, and <see cref="Locks"/>.
/// </summary>
public interface ICheckoutCompletion
{
    /// <summary>What the other methods need to hold beside the payer's lock and the catalog in use.</summary>
    IReadOnlyCollection<LockKey> Locks(EnvironmentId environment, Checkout checkout);

    /// <summary>
    /// The bill as it would be issued now, with a promotion code or without; changes nothing. Refuses a code that does
    /// not apply and a request that can no longer be served.
    /// </summary>
    Task<Result<InvoiceDraft>> PriceAsync(
        Work work, Checkout checkout, string? promotionCode, CancellationToken cancellationToken);

    /// <summary>
    /// Buys what was asked for with the payer's new payment method. An answer with an OPEN invoice was not paid: the
    /// caller rolls everything back.
    /// </summary>
    Task<Result<CompletedCheckout>> CompleteAsync(Work work, Checkout checkout, CancellationToken cancellationToken);
}
