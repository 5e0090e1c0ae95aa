using Tollgate.Domain.Billing;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Billing.Providers;

namespace Tollgate.Modules.Billing.BuiltIn;

/// <summary>
/// The provider that comes with the product. It issues invoices everywhere; in environments that are not production it
/// also keeps test payment methods and charges them by simulation (<see cref="TestPaymentMethods"/>). It has no line to
/// any bank: in production its invoices are paid out of band and marked as paid.
/// </summary>
public sealed class BuiltInProvider(PublicAddress address) : IBillingProvider
{
    public const string Id = "builtin";

    public string IntegrationId => Id;

    /// <summary>Its charges are a simulation.</summary>
    public bool IsUndoneWithItsTransaction => true;

    public ProviderAbilities AbilitiesIn(AccountEnvironment environment) =>
        environment.Kind == EnvironmentKind.Production ? new(false, false) : new(true, true);

    public Task<Result<string>> EnsureCustomerAsync(
        ProviderCall call, Customer customer, CancellationToken cancellationToken) =>
        Task.FromResult<Result<string>>(customer.Id.Value);

    public Task<Result<PaymentMethod>> AttachPaymentMethodAsync(
        ProviderCall call, BillingCustomer customer, string paymentMethodId, CancellationToken cancellationToken)
    {
        var scope = call.Work.Scope;
        if (!AbilitiesIn(scope.Environment).PaymentMethods)
        {
            return Refuse(
                $"The environment '{scope.Environment.Name}' is a production environment, where the built-in billing "
                + "keeps no payment methods; let customers pay invoices (paymentCollectionMethod INVOICE) or connect "
                + "a billing provider.");
        }

        return TestPaymentMethods.Find(paymentMethodId) is { } method
            ? Task.FromResult<Result<PaymentMethod>>(method.Attach(scope.Now))
            : Refuse(
                $"paymentMethodId is '{paymentMethodId}', which the built-in billing does not know; "
                + $"use one of its test methods {string.Join(", ", TestPaymentMethods.All.Select(m => m.Id))}.");

        static Task<Result<PaymentMethod>> Refuse(string message) => Task.FromResult<Result<PaymentMethod>>(
            Refusal.Of(ErrorCode.InvalidArgumentError, [new("paymentMethodId", message)]));
    }

    public Task<Result<Done>> DetachPaymentMethodAsync(
        ProviderCall call, BillingCustomer customer, CancellationToken cancellationToken) =>
        Task.FromResult<Result<Done>>(default(Done));

    public Task<Result<Uri>> OpenCheckoutAsync(
        ProviderCall call, Checkout checkout, CancellationToken cancellationToken) =>
        Task.FromResult<Result<Uri>>(address.OfCheckout(checkout));

    public Task<PaymentAttempt> CollectAsync(
        ProviderCall call, Invoice invoice, PaymentMethod method, CancellationToken cancellationToken) =>
        Task.FromResult(TestPaymentMethods.Charge(method, invoice.UpdatedAt));
}
