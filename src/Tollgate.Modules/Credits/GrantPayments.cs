using Tollgate.Domain.Billing;
using Tollgate.Domain.Credits;
using Tollgate.Modules.Billing;

namespace Tollgate.Modules.Credits;

/// <summary>
/// What becomes of a grant when its invoice is paid, fails or is voided after it was issued (spec credits 15). A grant
/// that is closed by then stays as it is.
/// </summary>
internal sealed class GrantPayments(OpenCreditBooks open) : IInvoiceSettlement
{
    private readonly CreditGrantStore _store = new();

    public Task PaidAsync(Work work, Invoice invoice, CancellationToken cancellationToken) => ChangeAsync(
        work, invoice, (book, grant) => book.Release(grant.Id, work.Scope.Now), cancellationToken);

    public Task FailedAsync(Work work, Invoice invoice, CancellationToken cancellationToken) => ChangeAsync(
        work,
        invoice,
        (book, grant) => book.PaymentChanged(grant.Id, CreditBills.CollectionOf(invoice), work.Scope.Now),
        cancellationToken);

    /// <summary>Only renewals of subscriptions are retried.</summary>
    public Task ExhaustedAsync(
        Work work, Invoice invoice, DunningFinalAction action, CancellationToken cancellationToken) =>
        Task.CompletedTask;

    public Task VoidedAsync(Work work, Invoice invoice, CancellationToken cancellationToken) => ChangeAsync(
        work, invoice, (book, grant) => book.Void(grant.Id, work.Scope.Now), cancellationToken);

    private async Task ChangeAsync(
        Work work, Invoice invoice, Func<PoolBook, CreditGrant, CreditGrant> change,
        CancellationToken cancellationToken)
    {
        var environment = work.Scope.EnvironmentId;
        // Most invoices are about subscriptions; the settlement holds the payer's lock, who is the one that holds
        // the credits.
        if (invoice.SubscriptionId is not null
            || (await _store.OfInvoiceAsync(work.Session, environment, invoice.Uid))
                .FirstOrDefault(grant => grant.Status == CreditGrantStatus.PaymentPending) is not { } pending)
        {
            return;
        }

        var books = await open.ExecuteAsync(work.Session, [new(environment, pending.CustomerId)], cancellationToken);
        change(books.At(work.Scope, pending.Pool), pending);
        books.Done(work.Scope, pending.Pool);
        await books.WriteAsync(work, cancellationToken);
    }
}
