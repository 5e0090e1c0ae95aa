using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Billing.Sync;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Billing.PaymentMethods;
using Tollgate.Modules.Customers;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;

namespace Tollgate.Modules.Billing.Invoices;

/// <summary>What the payment page of an invoice does: whoever has its address may see the invoice and pay it.</summary>
public sealed class PayInvoice(
    UnitOfWork unitOfWork,
    AccountDirectory directory,
    BillingProviders providers,
    InvoiceChanges changes,
    PaymentMethodWriter paymentMethods,
    CustomerReader customers,
    TimeProvider time)
{
    private readonly InvoiceStore _store = new();
    private readonly BillingCustomerStore _billingCustomers = new();

    /// <summary>The invoice behind an address; null when there is none.</summary>
    public async Task<InvoiceView?> FindAsync(string token, CancellationToken cancellationToken)
    {
        var found = await unitOfWork.Database.ReadAsync(
            async (session, _) =>
            {
                if (await _store.FindByTokenAsync(session, token) is not var (environment, uid)
                    || await _store.FindAsync(session, environment, uid) is not { Value: var invoice })
                {
                    return null;
                }

                return new Found(
                    environment,
                    invoice,
                    (await customers.FindAsync(session, environment, invoice.CustomerId))!,
                    (await _billingCustomers.FindAsync(session, environment, invoice.CustomerId))?.Value.Details);
            },
            cancellationToken);
        return found is null ? null : ViewOf(found);
    }

    /// <summary>The document of an invoice or credit note that was issued.</summary>
    public async Task<Result<InvoiceView>> RetrieveAsync(
        OperationScope scope, Guid uid, CancellationToken cancellationToken)
    {
        var invoice = await unitOfWork.Database.ReadAsync(
            async (session, _) => (await _store.FindAsync(session, scope.EnvironmentId, uid))?.Value,
            cancellationToken);
        return invoice?.PaymentToken is { } token && await FindAsync(token, cancellationToken) is { } view
            ? view
            : InvoiceUseCases.NotFound(uid);
    }

    /// <summary>
    /// Takes what is due from the method, of an invoice that was sent until its due date. A method that paid a bill of
    /// a subscription, or one which is charged, becomes the customer's default; one that was declined is not kept.
    /// </summary>
    public async Task<PaymentAttempt> PayAsync(
        InvoiceView view, string paymentMethodId, bool isConfirmed, CancellationToken cancellationToken)
    {
        PaymentAttempt? attempt = null;
        var scope = new OperationScope(
            view.Environment, Actor.Payer(view.Invoice.CustomerId), Guid.CreateVersion7(), view.Now);
        var result = await changes.ChangeAsync(
            scope,
            view.Invoice.Uid,
            async (work, row, token) =>
            {
                if (InvoiceLifecycle.Pay(row.Value, scope.Now).Refusal is { } notPayable)
                    return notPayable;
                if (!InvoiceLifecycle.IsPayableAtItsPage(row.Value, scope.Now))
                {
                    return new Refusal(ErrorCode.SubscriptionInvoiceStatusError,
                        $"Invoice '{row.Value.Number}' was due on {row.Value.DueDate} and can no longer be paid here; "
                        + "ask whoever sent it how to pay.");
                }

                var method = await MethodAsync(work, row.Value, paymentMethodId, isConfirmed, token);
                if (!method.TryGet(out var usable, out var refusal))
                    return refusal;
                var call = new ProviderCall(work, InvoiceNews.CollectKey(row.Value));
                attempt = await providers.DefaultOf(scope.Environment).CollectAsync(
                    call, row.Value with { UpdatedAt = scope.Now }, usable, token);
                return await AfterAsync(work, row, attempt, paymentMethodId, token);
            },
            cancellationToken);
        return attempt ?? new(PaymentOutcome.Declined, result.Refusal!.Code.ToString(), result.Refusal.Message);
    }

    private async Task<Result<Invoice>> AfterAsync(
        Work work, Versioned<Invoice> row, PaymentAttempt attempt, string paymentMethodId,
        CancellationToken cancellationToken)
    {
        // Asking for a confirmation is a step of the page, not a failure.
        if (attempt.Outcome == PaymentOutcome.ActionRequired)
            return row.Value;
        if (attempt.Outcome == PaymentOutcome.Declined)
            return await changes.NoteFailureAsync(work, row, row.Value, attempt, cancellationToken);
        var provider = providers.DefaultOf(work.Scope.Environment);
        var payer = await customers.FindAsync(work.Session, work.Scope.EnvironmentId, row.Value.CustomerId);
        if ((row.Value.Method == PaymentCollectionMethod.Charge || row.Value.SubscriptionId is not null)
            && payer is { IsArchived: false })
        {
            var kept = await paymentMethods.AttachAsync(
                work, provider, row.Value.CustomerId, paymentMethodId, false, cancellationToken);
            if (kept.Refusal is { } refusal)
                return refusal;
        }

        var counted = row with { Value = row.Value with { AttemptCount = row.Value.AttemptCount + 1 } };
        return await changes.SettleAsync(work, counted, cancellationToken);
    }

    /// <summary>The method as the provider knows it, without making it the customer's.</summary>
    private async Task<Result<PaymentMethod>> MethodAsync(
        Work work, Invoice invoice, string paymentMethodId, bool isConfirmed, CancellationToken cancellationToken)
    {
        var provider = providers.DefaultOf(work.Scope.Environment);
        var guest = new BillingCustomer
        {
            Uid = invoice.Uid,
            CustomerId = invoice.CustomerId,
            IntegrationId = provider.IntegrationId,
            BillingId = invoice.CustomerId.Value,
            CreatedAt = work.Scope.Now,
            UpdatedAt = work.Scope.Now,
        };
        var call = new ProviderCall(work, $"{invoice.Uid}/method/{invoice.AttemptCount}");
        var method = await provider.AttachPaymentMethodAsync(call, guest, paymentMethodId, cancellationToken);
        return method.Map(m => isConfirmed ? m with { ConfirmedAt = work.Scope.Now } : m);
    }

    private InvoiceView ViewOf(Found found)
    {
        var environment = directory.Get(found.Environment);
        return new(environment, found.Invoice, found.Customer, found.Details, environment.Now(time))
        {
            // The page is the built-in billing's: a connected provider has pages of its own.
            TakesCards = !providers.IsConnected(environment.Id)
                && providers.DefaultOf(environment).AbilitiesIn(environment).PaymentMethods,
        };
    }

    private sealed record Found(
        EnvironmentId Environment, Invoice Invoice, Customer Customer, BillingDetails? Details);
}

/// <summary>An issued invoice as its pages see it.</summary>
public sealed record InvoiceView(
    AccountEnvironment Environment, Invoice Invoice, Customer Customer, BillingDetails? Details, Instant Now)
{
    /// <summary>The environment's provider can charge what a payer types.</summary>
    public required bool TakesCards { get; init; }

    /// <summary>Something is due and can still be paid at the page.</summary>
    public bool IsPayable => InvoiceLifecycle.IsPayableAtItsPage(Invoice, Now);
}
