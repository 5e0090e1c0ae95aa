using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Billing.Sync;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing.PaymentMethods;
using Tollgate.Modules.Billing.Settings;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Billing.Invoices;

/// <summary>Totals bills, issues them and makes the first attempt to collect them; what it does is part of <see cref="Invoicing"/>.</summary>
internal sealed class IssueInvoices(BillingProviders providers, PaymentMethodWriter paymentMethods)
{
    private readonly InvoiceStore _store = new();
    private readonly BalanceLedger _balances = new();
    private readonly BillingSettingsStore _settings = new();

    /// <summary>Issues the bill; its number follows (<see cref="NumberInvoices"/>).</summary>
    /// <param name="work">The transaction.</param>
    /// <param name="blank">A new DRAFT, or the stored one.</param>
    /// <param name="row">The stored DRAFT; null for a new one.</param>
    /// <param name="draft">What to bill.</param>
    /// <param name="cancellationToken">Ends the wait for the provider.</param>
    public async Task<Invoice> IssueAsync(
        Work work, Invoice blank, Versioned<Invoice>? row, InvoiceDraft draft, CancellationToken cancellationToken)
    {
        var settings = await _settings.ReadAsync(work.Session, work.Scope.EnvironmentId);
        var totals = Total(draft, settings, await BalanceAsync(work, draft));
        var issued = blank with
        {
            Status = InvoiceStatus.Open,
            IsCreditNote = totals.Amounts.Total < 0,
            Lines = totals.Lines,
            Amounts = totals.Amounts,
            FinalizeAt = null,
            IssuedAt = draft.At,
            UpdatedAt = draft.At,
            DueDate = draft.Method == PaymentCollectionMethod.Invoice && totals.Amounts.AmountDue > 0
                ? draft.At + Duration.FromDays(draft.DaysUntilDue ?? settings.InvoiceDueDays)
                : draft.At,
            PaymentToken = SecretToken.New(),
        };
        await _balances.ApplyAsync(work, issued, draft.At);
        var collected = await CollectFirstAsync(work, issued, draft, settings, cancellationToken);
        Invoicing.RecordAt(work, draft.At, [InvoiceLifecycle.EventOf(EventType.InvoiceIssued, null, issued), .. collected.Events]);
        if (!work.IsPreview)
        {
            NumberInvoices.Add(work, collected.Value, row);
            return collected.Value;
        }

        // A preview keeps nobody from issuing: it takes no number of the books, and shows none.
        var shown = collected.Value with { Number = NumberInvoices.OfPreview(collected.Value) };
        if (row is null)
            await _store.InsertAsync(work.Session, work.Scope.EnvironmentId, shown);
        else
            await _store.UpdateAsync(work.Session, work.Scope.EnvironmentId, row, shown);
        return shown;
    }

    /// <summary>
    /// What the payer has in credit. Only who has some takes the books, so that two bills do not use the same: credit given
    /// by a transaction that has not ended is not seen, as if this bill had come first.
    /// </summary>
    private async Task<decimal> BalanceAsync(Work work, InvoiceDraft draft)
    {
        var (session, environment) = (work.Session, work.Scope.EnvironmentId);
        var balance = await _balances.BalanceAsync(session, environment, draft.PayerId, draft.Currency);
        if (balance <= 0 || work.IsPreview)
            return balance;
        await _store.LockBooksAsync(session, environment);
        return await _balances.BalanceAsync(session, environment, draft.PayerId, draft.Currency);
    }

    /// <summary>One attempt to take what is due from the payer's method; without one it fails.</summary>
    public async Task<PaymentAttempt> CollectAsync(Work work, Invoice invoice, CancellationToken cancellationToken)
    {
        var payer = await paymentMethods.FindAsync(work.Session, work.Scope.EnvironmentId, invoice.CustomerId);
        if (payer is not { Method: { } method })
            return PaymentAttempt.NoMethod(invoice.CustomerId);
        // One that this build has no more never answers: the renewal goes on and dunning finds out.
        if (providers.FindOrNull(payer.IntegrationId) is not { } provider)
            return PaymentAttempt.Unanswered(payer.IntegrationId);
        try
        {
            return await provider.CollectAsync(
                new(work, InvoiceNews.CollectKey(invoice)), invoice, method, cancellationToken);
        }
        catch (Exception exception) when (provider.Sync is not null
            && exception is not (OperationCanceledException or DatabaseUnavailableException))
        {
            // Whether the money came nobody knows: the next attempt, or the provider's message, will tell.
            return PaymentAttempt.Unanswered(provider.IntegrationId);
        }
    }

    private async Task<Change<Invoice>> CollectFirstAsync(
        Work work, Invoice issued, InvoiceDraft draft, BillingSettings settings, CancellationToken cancellationToken)
    {
        if (issued.Amounts.AmountDue == 0 || draft.IsPaid || draft.Method == PaymentCollectionMethod.None)
            return Paid(issued, draft.At);
        if (draft.Method == PaymentCollectionMethod.Invoice)
            issued = issued with { NextAttemptAt = issued.DueDate };
        var payer = await paymentMethods.FindAsync(work.Session, work.Scope.EnvironmentId, issued.CustomerId);
        if (draft.Method == PaymentCollectionMethod.Invoice && !(payer is { Method: not null } && InvoiceLifecycle.IsCharged(issued)))
            return Change<Invoice>.None(issued);
        // A preview cannot take money, so it shows what follows when the payment succeeds.
        if (work.IsPreview)
            return Paid(issued, draft.At);
        // A payer that never had a method is not collected from; one whose method is gone fails at the next renewal.
        if (payer is not { Method: not null }
            && !settings.PaymentMethodRequired
            && !providers.IsConnected(work.Scope.EnvironmentId)
            && (payer is null || !InvoiceLifecycle.IsRetried(issued)))
        {
            return Paid(issued, draft.At);
        }

        if (draft.IsCollectedLater && payer is { Method: not null })
            return Change<Invoice>.None(InvoiceLifecycle.ChargeLater(issued));
        var attempt = await CollectAsync(work, issued, cancellationToken);
        if (attempt.Outcome == PaymentOutcome.Succeeded)
        {
            var paid = Paid(issued with { AttemptCount = 1 }, draft.At);
            return paid;
        }

        var failed = InvoiceLifecycle.Fail(issued, attempt, settings.Dunning, draft.At);
        return new(failed, [InvoiceLifecycle.PaymentFailed(failed, attempt)]);
    }

    /// <summary>Credit notes are settled by the balance and say nothing about payment.</summary>
    private static Change<Invoice> Paid(Invoice invoice, Instant at)
    {
        var paid = InvoiceLifecycle.Pay(invoice, at).Value;
        return invoice.IsCreditNote ? new(paid.Value, []) : paid;
    }

    /// <summary>The lines with their discounts, and the sums.</summary>
    public static TotalledInvoice Total(InvoiceDraft draft, BillingSettings settings, decimal balance) =>
        InvoiceTotals.Of(draft, TaxRate.Exclusive(draft.TaxPercentage ?? settings.TaxPercentage), balance);

    /// <summary>The bill as a DRAFT without sums.</summary>
    /// <exception cref="ArgumentException">It has no line.</exception>
    public static Invoice NewDraft(InvoiceDraft draft) => draft.Lines.Count == 0
        ? throw new ArgumentException("A bill has at least one line.", nameof(draft))
        : new()
        {
            Uid = Guid.CreateVersion7(),
            CustomerId = draft.PayerId,
            SubscriptionId = draft.SubscriptionId,
            ContractId = draft.ContractId,
            Status = InvoiceStatus.Draft,
            Reason = draft.Reason,
            Currency = draft.Currency,
            Amounts = new(0, 0, 0, 0, 0, 0),
            Lines = draft.Lines,
            Method = draft.Method,
            DaysUntilDue = draft.DaysUntilDue,
            Address = draft.Address,
            Discounts = draft.Discounts,
            CreatedAt = draft.At,
            UpdatedAt = draft.At,
            FinalizeAt = draft.FinalizeAt,
        };
}
