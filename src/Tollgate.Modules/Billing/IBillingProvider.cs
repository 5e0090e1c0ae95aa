using Tollgate.Domain.Billing;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Accounts;

namespace Tollgate.Modules.Billing;

/// <summary>
/// A system that keeps payment methods and collects money (spec integrations 1, 1.2 and 2): <c>builtin</c>, or a connected
/// one. Every method runs inside the transaction of the change it belongs to: an implementation may keep rows of its own
/// with <see cref="Work.Session"/>, and gives a remote system the key of <see cref="ProviderCall"/> so that a repeated
/// transaction is not a repeated effect. Refusals roll the change back; a payment that fails is an answer, not a refusal.
/// Subscriptions and usage are billed here, so that a provider only sees invoices.
/// </summary>
public interface IBillingProvider
{
    /// <summary>The id of its integration where only one of the kind can be connected: <c>builtin</c>.</summary>
    string IntegrationId { get; }

    /// <summary>
    /// All it does are rows of the transaction it is called in, so that a transaction rolled back may be tried again under other
    /// keys. False for whatever takes real money.
    /// </summary>
    bool IsUndoneWithItsTransaction => false;

    /// <summary>What it can do in the environment.</summary>
    ProviderAbilities AbilitiesIn(AccountEnvironment environment);

    /// <summary>Makes the customer known to it; the id it gives. Called again for every change, with the same answer.</summary>
    Task<Result<string>> EnsureCustomerAsync(ProviderCall call, Customer customer, CancellationToken cancellationToken);

    /// <summary>The payment method it has under the id, from now on usable for the customer's charges.</summary>
    Task<Result<PaymentMethod>> AttachPaymentMethodAsync(
        ProviderCall call, BillingCustomer customer, string paymentMethodId, CancellationToken cancellationToken);

    /// <summary>Refuses when the provider keeps the method, for example because charges depend on it.</summary>
    Task<Result<Done>> DetachPaymentMethodAsync(
        ProviderCall call, BillingCustomer customer, CancellationToken cancellationToken);

    /// <summary>Where the payer completes a checkout: an absolute address.</summary>
    Task<Result<Uri>> OpenCheckoutAsync(ProviderCall call, Checkout checkout, CancellationToken cancellationToken);

    /// <summary>Takes what is due on an OPEN invoice from the customer's payment method.</summary>
    Task<PaymentAttempt> CollectAsync(
        ProviderCall call, Invoice invoice, PaymentMethod method, CancellationToken cancellationToken);

    /// <summary>An invoice was issued, paid out of band, voided or written off here.</summary>
    Task InvoiceChangedAsync(ProviderCall call, Invoice invoice, CancellationToken cancellationToken);
}

/// <summary>One call to a provider.</summary>
/// <param name="Work">The transaction it is part of.</param>
/// <param name="Key">The same for a repeated attempt at the same effect: entity and revision.</param>
public sealed record ProviderCall(Work Work, string Key);

/// <param name="PaymentMethods">It keeps payment methods and charges them.</param>
/// <param name="HostedCheckout">It has a checkout page of its own.</param>
public sealed record ProviderAbilities(bool PaymentMethods, bool HostedCheckout);
