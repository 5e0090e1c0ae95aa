using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Billing.Settings;
using Tollgate.Modules.Customers;

namespace Tollgate.Modules.Billing.PaymentMethods;

/// <summary>Attaching and removing what a customer's charges are taken from (spec subscriptions 2.6).</summary>
public sealed class PaymentMethodUseCases(
    UnitOfWork unitOfWork,
    BillingProviders providers,
    CustomerReader customers,
    PaymentMethodWriter writer,
    CustomerWriter customerWriter,
    IInvoicedSubscriptions subscriptions,
    ICustomerDueWork dueWork)
{
    private readonly BillingCustomerStore _store = new();
    private readonly BillingSettingsStore _settings = new();

    /// <summary>The customer with the method as its default; it replaces the one before.</summary>
    public Task<Result<Customer>> AttachAsync(
        OperationScope scope, CustomerId id, AttachPaymentMethod input, CancellationToken cancellationToken) =>
        ChangeAsync(
            scope,
            id,
            async (work, customer, token) =>
            {
                if (!providers.Find(scope.Environment, input.IntegrationId).TryGet(out var provider, out var refusal))
                    return refusal;
                if (await CheckMoveAsync(work, customer, provider) is { } bound)
                    return bound;
                if (CheckCurrency(customer, input.BillingCurrency) is { } wrongCurrency)
                    return wrongCurrency;
                if (input.BillingCurrency is { } currency)
                    await customerWriter.KeepAsync(work, id, [], currency);
                return await writer.AttachAsync(work, provider, id, input.PaymentMethodId, false, token);
            },
            cancellationToken);

    /// <summary>The customer without a payment method.</summary>
    public Task<Result<Customer>> DetachAsync(
        OperationScope scope, CustomerId id, CancellationToken cancellationToken) =>
        ChangeAsync(scope, id, (work, customer, token) => DetachAsync(work, customer, token), cancellationToken);

    private async Task<Result<Customer>> DetachAsync(Work work, Customer customer, CancellationToken cancellationToken)
    {
        var (session, environment) = (work.Session, work.Scope.EnvironmentId);
        var linked = await _store.FindAsync(session, environment, customer.Id);
        if (customer.DefaultPaymentMethod is null)
        {
            return new Refusal(ErrorCode.PaymentMethodNotFoundError,
                $"Customer '{customer.Id}' has no payment method to remove; attach one first.");
        }

        if (linked is null || !PaymentMethodWriter.IsOf(customer, linked.Value))
        {
            return new Refusal(ErrorCode.CustomerNoBillingId,
                $"The payment method of customer '{customer.Id}' was not attached through a billing integration, so "
                + "there is nobody to remove it; attach another one in its place.");
        }

        var settings = await _settings.ReadAsync(session, environment);
        if (settings.PaymentMethodRequired && await subscriptions.IsChargedAsync(session, environment, customer.Id))
        {
            return new Refusal(ErrorCode.CannotRemovePaymentMethodFromCustomerError,
                $"Subscriptions that customer '{customer.Id}' pays for are charged to its payment method, and this "
                + "environment requires one; attach another one in its place, or cancel the subscriptions first.");
        }

        var call = new ProviderCall(work, $"{linked.Value.Uid}/detach/{linked.Version}");
        return (await providers.Of(linked.Value).DetachPaymentMethodAsync(call, linked.Value, cancellationToken))
            .TryGet(out _, out var refusal)
            ? await writer.RemoveAsync(work, customer.Id)
            : refusal;
    }

    /// <summary>A customer lives in one provider while something is charged there (spec integrations 1.2).</summary>
    private async Task<Refusal?> CheckMoveAsync(Work work, Customer customer, IBillingProvider provider)
    {
        var (session, environment) = (work.Session, work.Scope.EnvironmentId);
        return await _store.FindAsync(session, environment, customer.Id) is { Value: var linked }
            && linked.IntegrationId != provider.IntegrationId
            && await subscriptions.IsChargedAsync(session, environment, customer.Id)
                ? new(ErrorCode.CannotChangeBillingIntegration,
                    $"Subscriptions that customer '{customer.Id}' pays for are charged through "
                    + $"'{linked.IntegrationId}'; end them before it moves to '{provider.IntegrationId}'.")
                : null;
    }

    private static Refusal? CheckCurrency(Customer customer, string? currency) =>
        currency is null || customer.BillingCurrency is not { } fixedCurrency || fixedCurrency == currency
            ? null
            : Refusal.Of(ErrorCode.InvalidArgumentError, [new("billingCurrency",
                $"billingCurrency is {currency}, but customer '{customer.Id}' is billed in {fixedCurrency}; "
                + "leave it out.")]);

    private Task<Result<Customer>> ChangeAsync(
        OperationScope scope,
        CustomerId id,
        Func<Work, Customer, CancellationToken, Task<Result<Customer>>> change,
        CancellationToken cancellationToken) => unitOfWork.WriteAsync<Customer>(
        scope,
        [UnitOfWork.CatalogInUse(scope.EnvironmentId), UnitOfWork.CustomerLock(scope.EnvironmentId, id)],
        async (work, token) =>
        {
            // What fell due before is still charged to the method there was.
            await dueWork.AdvanceAsync(work, id, token);
            var customer = await customers.FindAsync(work.Session, scope.EnvironmentId, id);
            return Payers.Check(customer, id) is { } refusal ? refusal : await change(work, customer!, token);
        },
        cancellationToken);
}

/// <param name="IntegrationId">The provider's integration: <c>builtin</c>.</param>
/// <param name="PaymentMethodId">The provider's id of the method.</param>
/// <param name="BillingCurrency">Fixes the customer's currency when it has none; lower-case ISO 4217 code.</param>
public sealed record AttachPaymentMethod(string IntegrationId, string PaymentMethodId, string? BillingCurrency);
