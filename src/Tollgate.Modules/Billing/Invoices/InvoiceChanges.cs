using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing.Settings;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Billing.Invoices;

/// <summary>
/// Changes one issued invoice in a transaction of its own, under the locks of everybody it concerns, and tells those who made
/// it (<see cref="IInvoiceSettlement"/>) in the same transaction.
/// </summary>
public sealed class InvoiceChanges(
    UnitOfWork unitOfWork,
    Invoicing invoicing,
    IInvoicedSubscriptions subscriptions,
    IEnumerable<IInvoiceSettlement> settlements,
    IUsageDrafts usageDrafts,
    ICustomerDueWork dueWork)
{
    private readonly InvoiceStore _store = new();
    private readonly BillingSettingsStore _settings = new();

    /// <summary>
    /// Runs the change on the invoice as it is once the locks are held and what is due for its subscription was done.
    /// </summary>
    internal async Task<Result<Invoice>> ChangeAsync(
        OperationScope scope,
        Guid uid,
        Func<Work, Versioned<Invoice>, CancellationToken, Task<Result<Invoice>>> change,
        CancellationToken cancellationToken)
    {
        while (true)
        {
            var seen = await unitOfWork.Database.ReadAsync(
                async (session, _) => await _store.FindAsync(session, scope.EnvironmentId, uid) is { Value: var invoice }
                    ? (Invoice: invoice, Entitled: await EntitledAsync(session, scope.EnvironmentId, invoice))
                    : default,
                cancellationToken);
            if (seen.Invoice is null)
                return InvoiceUseCases.NotFound(uid);
            var moved = false;
            var result = await unitOfWork.WriteAsync<Invoice>(
                scope,
                Locks(scope.EnvironmentId, seen.Invoice.CustomerId, seen.Entitled),
                async (work, token) =>
                {
                    // The subscription may have gone to another customer since it was read: then the locks are wrong.
                    moved = await EntitledAsync(work.Session, scope.EnvironmentId, seen.Invoice) != seen.Entitled;
                    if (moved)
                        return new Refusal(ErrorCode.ObjectAlreadyBeingUsedByAnotherRequestError, "The subscription moves.");
                    if (seen.Entitled is { } entitled)
                        await dueWork.AdvanceAsync(work, entitled, token);
                    await _store.LockBooksAsync(work.Session, scope.EnvironmentId);
                    var row = await _store.FindAsync(work.Session, scope.EnvironmentId, uid);
                    return row is null ? InvoiceUseCases.NotFound(uid) : await change(work, row, token);
                },
                cancellationToken);
            if (!moved)
                return result;
        }
    }

    /// <summary>A DRAFT becomes an invoice.</summary>
    internal async Task<Result<Invoice>> FinalizeAsync(Work work, Versioned<Invoice> row, CancellationToken cancellationToken)
    {
        var draft = row.Value;
        if (draft.Status != InvoiceStatus.Draft)
        {
            return new Refusal(ErrorCode.SubscriptionInvoiceStatusError,
                $"Invoice '{draft.Number ?? draft.Uid.ToString()}' is {draft.Status.ToString().ToUpperInvariant()}; only a DRAFT "
                + "can be finalized.");
        }

        if (draft.FinalizeAt is not null)
            await usageDrafts.FinalizeAsync(work, draft, cancellationToken);
        else
            await invoicing.IssueKeptAsync(work, draft.Uid, work.Scope.Now, cancellationToken);
        return (await invoicing.FindAsync(work.Session, work.Scope.EnvironmentId, draft.Uid))!;
    }

    /// <summary>The money is there: out of band, or taken by a payment page.</summary>
    internal async Task<Result<Invoice>> SettleAsync(Work work, Versioned<Invoice> row, CancellationToken cancellationToken)
    {
        if (!InvoiceLifecycle.Pay(row.Value, work.Scope.Now).TryGet(out var change, out var refusal))
            return refusal;
        await SaveAsync(work, row, change.Value, change.Events);
        foreach (var settlement in settlements)
            await settlement.PaidAsync(work, change.Value, cancellationToken);
        return change.Value;
    }

    internal async Task<Result<Invoice>> VoidAsync(Work work, Versioned<Invoice> row, CancellationToken cancellationToken)
    {
        if (!InvoiceLifecycle.Void(row.Value, work.Scope.Now).TryGet(out var change, out var refusal))
            return refusal;
        await invoicing.SaveVoidedAsync(work, row, change, work.Scope.Now);
        if (row.Value.Status != InvoiceStatus.Draft)
        {
            foreach (var settlement in settlements)
                await settlement.VoidedAsync(work, change.Value, cancellationToken);
        }
        else if (row.Value.FinalizeAt is not null)
        {
            await usageDrafts.VoidedAsync(work, change.Value, cancellationToken);
        }

        return change.Value;
    }

    internal async Task<Result<Invoice>> WriteOffAsync(Work work, Versioned<Invoice> row, CancellationToken cancellationToken)
    {
        if (!InvoiceLifecycle.WriteOff(row.Value, work.Scope.Now).TryGet(out var change, out var refusal))
            return refusal;
        await SaveAsync(work, row, change.Value, change.Events);
        foreach (var settlement in settlements)
            await settlement.VoidedAsync(work, change.Value, cancellationToken);
        return change.Value;
    }

    /// <summary>One attempt asked for by hand: the answer is the invoice, paid or with why it failed.</summary>
    internal async Task<Result<Invoice>> PayNowAsync(Work work, Versioned<Invoice> row, CancellationToken cancellationToken)
    {
        var invoice = row.Value;
        if (InvoiceLifecycle.Pay(invoice, work.Scope.Now).Refusal is { } notPayable)
            return notPayable;
        if (!await invoicing.HasPaymentMethodAsync(work.Session, work.Scope.EnvironmentId, invoice.CustomerId))
        {
            return new Refusal(ErrorCode.PaymentMethodNotFoundError,
                $"Customer '{invoice.CustomerId}' has no payment method to charge; attach one, or send the invoice's payment "
                + "address to whoever pays.");
        }

        return await AttemptAsync(work, row, invoice, cancellationToken);
    }

    /// <summary>Charges; on success settles, on failure notes why and keeps what was planned next.</summary>
    /// <param name="work">The transaction.</param>
    /// <param name="row">The invoice as stored.</param>
    /// <param name="asked">The same invoice with what the attempt itself changes, such as the number of retries.</param>
    /// <param name="cancellationToken">Ends the wait for the provider.</param>
    internal async Task<Invoice> AttemptAsync(
        Work work, Versioned<Invoice> row, Invoice asked, CancellationToken cancellationToken)
    {
        var now = work.Scope.Now;
        var attempt = await invoicing.CollectAsync(work, asked with { UpdatedAt = now }, cancellationToken);
        if (attempt.Outcome == PaymentOutcome.Succeeded)
        {
            var counted = row with { Value = asked with { AttemptCount = asked.AttemptCount + 1 } };
            return (await SettleAsync(work, counted, cancellationToken)).Value;
        }

        return await NoteFailureAsync(work, row, asked, attempt, cancellationToken);
    }

    /// <summary>Notes a failed attempt and tells those who made the invoice.</summary>
    internal async Task<Invoice> NoteFailureAsync(
        Work work, Versioned<Invoice> row, Invoice asked, PaymentAttempt attempt, CancellationToken cancellationToken)
    {
        var settings = await _settings.ReadAsync(work.Session, work.Scope.EnvironmentId);
        var failed = InvoiceLifecycle.Fail(asked, attempt, settings.Dunning, work.Scope.Now);
        // An attempt made by hand moves neither the schedule nor an invoice that was given up.
        if (asked.RetryCount == row.Value.RetryCount && !InvoiceLifecycle.IsFirstCharge(row.Value))
            failed = failed with { NextAttemptAt = row.Value.NextAttemptAt };
        await SaveAsync(work, row, failed, [InvoiceLifecycle.PaymentFailed(failed, attempt)]);
        foreach (var settlement in settlements)
            await settlement.FailedAsync(work, failed, cancellationToken);
        return failed;
    }

    /// <summary>The attempts end with the environment's final action.</summary>
    internal async Task ExhaustAsync(
        Work work, Versioned<Invoice> row, DunningFinalAction action, CancellationToken cancellationToken)
    {
        var now = work.Scope.Now;
        var change = action == DunningFinalAction.Cancel
            ? InvoiceLifecycle.WriteOff(row.Value, now).Value
            : Change<Invoice>.None(row.Value with { NextAttemptAt = null, UpdatedAt = now });
        await SaveAsync(work, row, change.Value, change.Events);
        foreach (var settlement in settlements)
            await settlement.ExhaustedAsync(work, change.Value, action, cancellationToken);
    }

    /// <summary>An invoice that was sent is overdue.</summary>
    internal async Task PassDueDateAsync(Work work, Versioned<Invoice> row, CancellationToken cancellationToken)
    {
        var overdue = InvoiceLifecycle.PassDueDate(row.Value, work.Scope.Now);
        await SaveAsync(work, row, overdue, []);
        foreach (var settlement in settlements)
            await settlement.FailedAsync(work, overdue, cancellationToken);
    }

    private async Task SaveAsync(
        Work work, Versioned<Invoice> row, Invoice invoice, IReadOnlyList<DomainEvent> events)
    {
        await _store.UpdateAsync(work.Session, work.Scope.EnvironmentId, row, invoice);
        work.Record(events);
    }

    private async Task<CustomerId?> EntitledAsync(Session session, EnvironmentId environment, Invoice invoice) =>
        invoice.SubscriptionId is { } subscription
            ? await subscriptions.CustomerOfAsync(session, environment, subscription)
            : null;

    private static IReadOnlyCollection<LockKey> Locks(EnvironmentId environment, CustomerId payer, CustomerId? entitled) =>
    [
        UnitOfWork.CatalogInUse(environment),
        UnitOfWork.CustomerLock(environment, payer),
        .. entitled is { } other && other != payer
            ? [UnitOfWork.CustomerLock(environment, other)]
            : Array.Empty<LockKey>(),
    ];
}
