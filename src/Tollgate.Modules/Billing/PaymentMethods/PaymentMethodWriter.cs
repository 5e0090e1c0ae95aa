using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Billing.PaymentMethods;

/// <summary>Keeps the payment method of customers, inside transactions that hold the customer's lock.</summary>
public sealed class PaymentMethodWriter(CustomerReader customers, CustomerWriter writer)
{
    private readonly BillingCustomerStore _store = new();

    /// <summary>Reads ahead what <see cref="FindAsync"/> will be asked for in this session.</summary>
    internal Task KeepAsync(Session session, EnvironmentId environment, IReadOnlyCollection<CustomerId> ids) =>
        _store.KeepAsync(session, environment, ids);

    /// <summary>The customer with the method as its default.</summary>
    /// <param name="work">The transaction.</param>
    /// <param name="provider">Whose method it is.</param>
    /// <param name="id">A customer that exists and is not archived.</param>
    /// <param name="paymentMethodId">The provider's id.</param>
    /// <param name="confirmed">The payer has just confirmed a payment with it.</param>
    /// <param name="cancellationToken">Ends the wait for the provider.</param>
    public async Task<Result<Customer>> AttachAsync(
        Work work, IBillingProvider provider, CustomerId id, string paymentMethodId, bool confirmed,
        CancellationToken cancellationToken)
    {
        var (session, scope) = (work.Session, work.Scope);
        var customer = await customers.FindAsync(session, scope.EnvironmentId, id)
            ?? throw new ArgumentException($"There is no customer {id}.", nameof(id));
        var row = await _store.FindAsync(session, scope.EnvironmentId, id);
        var call = new ProviderCall(work, $"{customer.Uid}/attach/{row?.Version ?? 0}");
        if (!(await provider.EnsureCustomerAsync(call, customer, cancellationToken))
            .TryGet(out var billingId, out var refusal))
        {
            return refusal;
        }

        var linked = Linked(row?.Value, provider, id, billingId, scope.Now);
        if (!(await provider.AttachPaymentMethodAsync(call, linked, paymentMethodId, cancellationToken))
            .TryGet(out var method, out refusal))
        {
            return refusal;
        }

        await SaveAsync(
            work, row, linked with { Method = confirmed ? method with { ConfirmedAt = scope.Now } : method });
        return await writer.SetPaymentMethodAsync(work, id, DefaultOf(method));
    }

    /// <summary>
    /// Makes a customer that no provider knows known to this one, without a payment method. A preview goes on as if the
    /// provider had agreed.
    /// </summary>
    internal async Task<Refusal?> PlaceAsync(
        Work work, IBillingProvider provider, CustomerId id, CancellationToken cancellationToken)
    {
        if (work.IsPreview)
            return null;
        var (session, scope) = (work.Session, work.Scope);
        var customer = await customers.FindAsync(session, scope.EnvironmentId, id)
            ?? throw new ArgumentException($"There is no customer {id}.", nameof(id));
        var call = new ProviderCall(work, $"{customer.Uid}/attach/0");
        if (!(await provider.EnsureCustomerAsync(call, customer, cancellationToken))
            .TryGet(out var billingId, out var refusal))
        {
            return refusal;
        }

        await SaveAsync(work, null, Linked(null, provider, id, billingId, scope.Now));
        return null;
    }

    /// <summary>The customer with a method that its provider attached of its own accord.</summary>
    internal async Task<Customer> KeepAsync(
        Work work, IBillingProvider provider, CustomerId id, string billingId, PaymentMethod method)
    {
        var row = await _store.FindAsync(work.Session, work.Scope.EnvironmentId, id);
        var linked = Linked(row?.Value, provider, id, billingId, work.Scope.Now);
        await SaveAsync(work, row, linked with { Method = method });
        return await writer.SetPaymentMethodAsync(work, id, DefaultOf(method));
    }

    /// <summary>The customer as one that no provider knows.</summary>
    internal async Task ForgetAsync(Work work, CustomerId id)
    {
        var row = await _store.FindAsync(work.Session, work.Scope.EnvironmentId, id)
            ?? throw new ArgumentException($"Customer {id} is not known to a provider.", nameof(id));
        await _store.DeleteAsync(work.Session, work.Scope.EnvironmentId, row.Value);
        if (await customers.FindAsync(work.Session, work.Scope.EnvironmentId, id) is { } customer
            && IsOf(customer, row.Value))
        {
            await writer.SetPaymentMethodAsync(work, id, null);
        }
    }

    /// <summary>The customer as its provider knows it; null when none does.</summary>
    internal async Task<BillingCustomer?> LinkedAsync(Session session, EnvironmentId environment, CustomerId id) =>
        (await _store.FindAsync(session, environment, id))?.Value;

    /// <summary>The customer without its payment method; it stays known to the provider.</summary>
    public async Task<Result<Customer>> RemoveAsync(Work work, CustomerId id)
    {
        var row = await _store.FindAsync(work.Session, work.Scope.EnvironmentId, id);
        if (row is not null)
            await SaveAsync(work, row, row.Value with { Method = null });
        return await writer.SetPaymentMethodAsync(work, id, null);
    }

    /// <summary>Keeps what the payer typed for the invoices; it has a payment method by now.</summary>
    internal async Task KeepDetailsAsync(Work work, CustomerId id, BillingDetails details)
    {
        var row = await _store.FindAsync(work.Session, work.Scope.EnvironmentId, id)
            ?? throw new ArgumentException($"Customer {id} is not known to a provider.", nameof(id));
        await SaveAsync(work, row, row.Value with { Details = details });
    }

    /// <summary>
    /// The customer as its provider knows it, with a method that is still the customer's default; else without one.
    /// </summary>
    internal async Task<BillingCustomer?> FindAsync(Session session, EnvironmentId environment, CustomerId id)
    {
        if (await _store.FindAsync(session, environment, id) is not { Value: var linked })
            return null;
        return await customers.FindAsync(session, environment, id) is { } customer && IsOf(customer, linked)
            ? linked
            : linked with { Method = null };
    }

    /// <summary>An import may have put a method of another system in the place of the provider's.</summary>
    internal static bool IsOf(Customer customer, BillingCustomer linked) =>
        linked.Method is { } method && customer.DefaultPaymentMethod?.BillingId == method.Id;

    private static DefaultPaymentMethod DefaultOf(PaymentMethod method) => new(
        method.Id, method.ExpiryMonth, method.ExpiryYear, method.Last4Digits, method.Type);

    /// <summary>The customer in the provider under the id it gives now: one that it deleted has a new one.</summary>
    private static BillingCustomer Linked(
        BillingCustomer? known, IBillingProvider provider, CustomerId id, string billingId, Instant now) =>
        known is null
            ? new()
            {
                Uid = Guid.CreateVersion7(),
                CustomerId = id,
                IntegrationId = provider.IntegrationId,
                BillingId = billingId,
                CreatedAt = now,
                UpdatedAt = now,
            }
            : known with { IntegrationId = provider.IntegrationId, BillingId = billingId };

    private Task SaveAsync(Work work, Versioned<BillingCustomer>? row, BillingCustomer customer) => _store.SaveAsync(
        work.Session, work.Scope.EnvironmentId, row, customer with { UpdatedAt = work.Scope.Now });
}
