using Tollgate.Domain.Billing;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Billing.Providers;

namespace Tollgate.Modules.Billing;

/// <summary>
/// A system that keeps payment methods and collects money (spec integrations 1, 1.2 and 2): <c>builtin</c>, or a
/// connected one. Every method here runs inside the transaction of the change it belongs to: an implementation may keep
/// rows of its own with <see cref="Work.Session"/>, and gives a remote system the key of <see cref="ProviderCall"/> so
/// that a repeated transaction is not a repeated effect. Refusals roll the change back; a payment that fails is an
/// answer, not a refusal. Whatever need not be answered before the change commits is told afterwards, through
/// <see cref="Sync"/>.
/// </summary>
public interface IBillingProvider
{
    /// <summary>The id of its integration where only one of the kind can be connected: <c>builtin</c>.</summary>
    string IntegrationId { get; }

    /// <summary>The kind of system it is, in lower case: <c>stripe</c>.</summary>
    string VendorIdentifier => IntegrationId;

    /// <summary>It is connected to the environment.</summary>
    bool Serves(AccountEnvironment environment) => true;

    /// <summary>
    /// All it does are rows of the transaction it is called in, so that a transaction rolled back may be tried again
    /// under other keys. False for whatever takes real money.
    /// </summary>
    bool IsUndoneWithItsTransaction => false;

    /// <summary>
    /// How it is told of changes after they committed; null = it need not be, because it is built in.
    /// </summary>
    IProviderSync? Sync => null;

    /// <summary>How its messages are read; null = it sends none.</summary>
    IProviderWebhooks? Webhooks => null;

    /// <summary>How its promotion codes are looked up; null = it has none.</summary>
    IProviderPromotionCodes? PromotionCodes => null;

    /// <summary>What it can do in the environment. Asked often, so it calls nobody.</summary>
    ProviderAbilities AbilitiesIn(AccountEnvironment environment);

    /// <summary>
    /// Makes the customer known to it; the id it gives. Called again for every change, with the same answer. Refuses as
    /// FAILED_TO_RESOLVE_BILLING_INTEGRATION a <see cref="Customer.BillingId"/> that names nobody there.
    /// </summary>
    Task<Result<string>> EnsureCustomerAsync(ProviderCall call, Customer customer, CancellationToken cancellationToken);

    /// <summary>The payment method it has under the id, from now on usable for the customer's charges.</summary>
    Task<Result<PaymentMethod>> AttachPaymentMethodAsync(
        ProviderCall call, BillingCustomer customer, string paymentMethodId, CancellationToken cancellationToken);

    /// <summary>Refuses when the provider keeps the method, for example because charges depend on it.</summary>
    Task<Result<Done>> DetachPaymentMethodAsync(
        ProviderCall call, BillingCustomer customer, CancellationToken cancellationToken);

    /// <summary>Where the payer completes a checkout: an absolute address.</summary>
    Task<Result<Uri>> OpenCheckoutAsync(ProviderCall call, Checkout checkout, CancellationToken cancellationToken);

    /// <summary>
    /// Takes what is due on an OPEN invoice from the customer's payment method. An invoice is collected once, whatever
    /// the keys of the calls: asked again, for example because the first answer was lost, it answers that the
    /// payment succeeded.
    /// </summary>
    Task<PaymentAttempt> CollectAsync(
        ProviderCall call, Invoice invoice, PaymentMethod method, CancellationToken cancellationToken);
}

/// <summary>One call to a provider.</summary>
/// <param name="Work">The transaction it is part of.</param>
/// <param name="Key">The same for a repeated attempt at the same effect: entity and revision.</param>
public sealed record ProviderCall(Work Work, string Key);
