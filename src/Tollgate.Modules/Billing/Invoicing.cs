using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Billing.Sync;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing.Invoices;
using Tollgate.Modules.Billing.PaymentMethods;
using Tollgate.Modules.Billing.Settings;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Billing;

/// <summary>
/// What later slices do with invoices, inside their own transactions (spec subscriptions 3.3 and 5.4, catalog 9.12). The
/// caller holds the lock of the customer it changes; numbers and balances are locked here.
/// </summary>
public sealed class Invoicing(BillingProviders providers, PaymentMethodWriter paymentMethods, NumberInvoices numbers)
{
    private readonly InvoiceStore _store = new();
    private readonly BalanceLedger _balances = new();
    private readonly BillingSettingsStore _settings = new();
    private readonly IssueInvoices _issuing = new(providers, paymentMethods);

    /// <summary>
    /// Issues the bill: totals it, moves the balance, and collects what is due as its method says. The answer is PAID, or OPEN
    /// with what stands in the way (<see cref="Invoice.ErrorMessage"/>, <see cref="Invoice.RequiresAction"/>, or neither for
    /// one that was sent or is charged later); a negative total makes a credit note. It has no number yet: the bills of a transaction are numbered
    /// when it ends (<see cref="NumberInvoices"/>). Never calls <see cref="IInvoiceSettlement"/>: the caller acts on the answer.
    /// </summary>
    public Task<Invoice> IssueAsync(Work work, InvoiceDraft draft, CancellationToken cancellationToken) =>
        _issuing.IssueAsync(work, IssueInvoices.NewDraft(draft), null, draft, cancellationToken);

    /// <summary>Issues what is kept as a DRAFT, as <see cref="IssueAsync"/> does; null when it is none any more.</summary>
    public async Task<Invoice?> IssueKeptAsync(Work work, Guid uid, Instant at, CancellationToken cancellationToken) =>
        await KeptAsync(work, uid) is { } row
            ? await _issuing.IssueAsync(work, row.Value, row, InvoiceDraft.Of(row.Value, at), cancellationToken)
            : null;

    /// <summary>Keeps the bill as a DRAFT, without a number and without effect on the balance; it is stored when numbers are given.</summary>
    public async Task<Invoice> DraftAsync(Work work, InvoiceDraft draft)
    {
        var settings = await _settings.ReadAsync(work.Session, work.Scope.EnvironmentId);
        var totals = IssueInvoices.Total(draft, settings, balance: 0);
        var invoice = IssueInvoices.NewDraft(draft) with { Lines = totals.Lines, Amounts = totals.Amounts };
        if (work.IsPreview)
            await _store.InsertAsync(work.Session, work.Scope.EnvironmentId, invoice);
        else
            NumberInvoices.AddDraft(work, invoice);
        return invoice;
    }

    /// <summary>Gives a bill that is kept as a DRAFT other lines; one that is none any more stays.</summary>
    public async Task RedraftAsync(Work work, Guid uid, IReadOnlyList<InvoiceLine> lines)
    {
        if (await KeptAsync(work, uid) is not { } row)
            return;
        var settings = await _settings.ReadAsync(work.Session, work.Scope.EnvironmentId);
        var draft = InvoiceDraft.Of(row.Value, row.Value.CreatedAt) with { Lines = lines };
        var totals = IssueInvoices.Total(draft, settings, balance: 0);
        await _store.UpdateAsync(work.Session, work.Scope.EnvironmentId, row, row.Value with
        {
            Lines = totals.Lines,
            Amounts = totals.Amounts,
            UpdatedAt = work.Scope.Now,
        });
    }

    /// <summary>Forgets a DRAFT as if it had never been made.</summary>
    public async Task DropAsync(Work work, Guid uid)
    {
        if (await KeptAsync(work, uid) is { } row)
            await _store.DeleteAsync(work.Session, work.Scope.EnvironmentId, row.Value);
    }

    /// <summary>The bill while it is a DRAFT.</summary>
    public async Task<Invoice?> DraftOfAsync(Work work, Guid uid) => (await KeptAsync(work, uid))?.Value;

    /// <summary>What issuing the bill now would come to; changes nothing.</summary>
    public async Task<InvoicePreview> PreviewAsync(Session session, EnvironmentId environment, InvoiceDraft draft)
    {
        var settings = await _settings.ReadAsync(session, environment);
        var balance = await _balances.BalanceAsync(session, environment, draft.PayerId, draft.Currency);
        return new(IssueInvoices.Total(draft, settings, balance), balance);
    }

    /// <summary>What these customers paid, tax aside and credit notes taken off, by currency.</summary>
    public async Task<IReadOnlyDictionary<string, decimal>> RevenueOfAsync(
        Session session, EnvironmentId environment, IReadOnlyCollection<CustomerId> customers) =>
        (await _store.ListPaidOfCustomersAsync(session, environment, customers))
        .GroupBy(invoice => invoice.Currency)
        .ToDictionary(
            bills => bills.Key,
            bills => bills.Sum(bill => bill.Amounts.Total - bill.Amounts.Tax - bill.Amounts.InclusiveTax));

    /// <summary>The invoice, whatever its status; null when unknown.</summary>
    public async Task<Invoice?> FindAsync(Session session, EnvironmentId environment, Guid uid)
    {
        await numbers.RunAsync(session, CancellationToken.None);
        return (await _store.FindAsync(session, environment, uid))?.Value;
    }

    /// <summary>The invoices of these ids.</summary>
    public async Task<IReadOnlyDictionary<Guid, Invoice>> FindAsync(
        Session session, EnvironmentId environment, IReadOnlyCollection<Guid> uids)
    {
        await numbers.RunAsync(session, CancellationToken.None);
        return (await _store.ListAsync(session, environment, uids)).ToDictionary(invoice => invoice.Uid);
    }

    /// <summary>The newest issued invoice of the subscription, credit notes aside; null when there is none.</summary>
    public async Task<Invoice?> LatestOfSubscriptionAsync(
        Session session, EnvironmentId environment, SubscriptionId subscription)
    {
        await numbers.RunAsync(session, CancellationToken.None);
        return (await _store.LatestOfSubscriptionAsync(session, environment, subscription))?.Value;
    }

    /// <summary>The OPEN invoices of the subscription whose payment failed, is overdue, or is on its way.</summary>
    public async Task<IReadOnlyList<Invoice>> UnpaidOfSubscriptionAsync(
        Session session, EnvironmentId environment, SubscriptionId subscription)
    {
        await numbers.RunAsync(session, CancellationToken.None);
        return [.. (await _store.OpenOfSubscriptionAsync(session, environment, subscription))
            .Where(invoice => invoice.RequiresAction || invoice.ErrorMessage is not null
                || InvoiceLifecycle.IsFirstCharge(invoice))];
    }

    /// <summary>The newest bill of the subscription, be it an invoice or a credit note; null before the first.</summary>
    public async Task<Invoice?> LatestBillOfSubscriptionAsync(
        Session session, EnvironmentId environment, SubscriptionId subscription)
    {
        await numbers.RunAsync(session, CancellationToken.None);
        return (await _store.LatestBillOfSubscriptionAsync(session, environment, subscription))?.Value;
    }

    /// <summary>
    /// Voids the invoice when it can be (OPEN, UNCOLLECTIBLE or DRAFT), giving back the balance it had used; else leaves it.
    /// The invoice as it is then. Never calls <see cref="IInvoiceSettlement"/>.
    /// </summary>
    public async Task<Invoice> VoidAsync(Work work, Guid uid, Instant at, CancellationToken cancellationToken)
    {
        if (!work.IsPreview)
            await _store.LockBooksAsync(work.Session, work.Scope.EnvironmentId);
        await numbers.RunAsync(work.Session, cancellationToken);
        var row = await _store.FindAsync(work.Session, work.Scope.EnvironmentId, uid)
            ?? throw new ArgumentException($"There is no invoice {uid}.", nameof(uid));
        if (!InvoiceLifecycle.Void(row.Value, at).TryGet(out var change, out _))
            return row.Value;
        await SaveVoidedAsync(work, row, change, at);
        return change.Value;
    }

    /// <summary>Reads ahead what bills to these payers will be asked for in this session.</summary>
    internal async Task KeepAsync(Session session, EnvironmentId environment, IReadOnlyCollection<CustomerId> payers)
    {
        await paymentMethods.KeepAsync(session, environment, payers);
        await _balances.KeepAsync(session, environment, payers);
    }

    /// <summary>
    /// True when a transaction that is rolled back takes back whatever it collected: then bills may be issued together, and one
    /// by one again when one of them fails.
    /// </summary>
    internal bool IsUndoneWithItsTransaction => providers.AreUndoneWithTheirTransaction;

    /// <summary>The customer has a method that charges can be taken from.</summary>
    public async Task<bool> HasPaymentMethodAsync(Session session, EnvironmentId environment, CustomerId customer) =>
        await paymentMethods.FindAsync(session, environment, customer) is { Method: not null };

    /// <summary>
    /// Whether what this payer buys is billed by an integration (spec subscriptions 5.4): a connected provider always is one,
    /// the built-in billing when the payer has a payment method, a checkout was asked for, or the environment requires one.
    /// Otherwise nothing is collected.
    /// </summary>
    public async Task<bool> IsBillingIntegrationForAsync(
        Session session, EnvironmentId environment, CustomerId payer, bool hasCheckoutOptions) =>
        hasCheckoutOptions
        || providers.IsConnected(environment)
        || (await _settings.ReadAsync(session, environment)).PaymentMethodRequired
        || await HasPaymentMethodAsync(session, environment, payer);

    /// <summary>Bills of this payer are collected, and there is nothing to collect them from.</summary>
    public async Task<bool> IsMethodMissingAsync(Session session, EnvironmentId environment, CustomerId payer) =>
        !await HasPaymentMethodAsync(session, environment, payer)
        && await IsBillingIntegrationForAsync(session, environment, payer, hasCheckoutOptions: false);

    /// <summary>The taxes on a bill that names this percentage, or none.</summary>
    public async Task<IReadOnlyList<TaxRate>> TaxesAsync(
        Session session, EnvironmentId environment, decimal? taxPercentage) =>
        TaxRate.Exclusive(taxPercentage ?? (await _settings.ReadAsync(session, environment)).TaxPercentage);

    public Task<BillingSettings> SettingsAsync(Session session, EnvironmentId environment) =>
        _settings.ReadAsync(session, environment).AsTask();

    private async Task<Versioned<Invoice>?> KeptAsync(Work work, Guid uid)
    {
        var row = await _store.FindAsync(work.Session, work.Scope.EnvironmentId, uid);
        if (row is null)
        {
            // Made in this session, perhaps, as when months are caught up with.
            await numbers.RunAsync(work.Session, CancellationToken.None);
            row = await _store.FindAsync(work.Session, work.Scope.EnvironmentId, uid);
        }

        return row is { Value.Status: InvoiceStatus.Draft } ? row : null;
    }

    /// <summary>Writes a voided invoice with everything that goes with it; the books are locked.</summary>
    internal async Task SaveVoidedAsync(Work work, Versioned<Invoice> row, Change<Invoice> change, Instant at)
    {
        await _store.UpdateAsync(work.Session, work.Scope.EnvironmentId, row, change.Value);
        await _balances.ReturnAsync(work, row.Value, at);
        RecordAt(work, at, change.Events);
    }

    /// <inheritdoc cref="IssueInvoices.CollectAsync" />
    internal Task<PaymentAttempt> CollectAsync(Work work, Invoice invoice, CancellationToken cancellationToken) =>
        _issuing.CollectAsync(work, invoice, cancellationToken);

    /// <summary>What time alone did is logged at its own instant, also when it is worked off later.</summary>
    internal static void RecordAt(Work work, Instant at, IEnumerable<DomainEvent> events)
    {
        if (at < work.Scope.Now)
            work.RecordDue(events, at);
        else
            work.Record(events);
    }
}

/// <summary>What a bill would come to.</summary>
/// <param name="Totals">Lines with their discounts, and the sums.</param>
/// <param name="Balance">What the customer has in credit before it.</param>
public sealed record InvoicePreview(TotalledInvoice Totals, decimal Balance)
{
    /// <summary>What the customer has in credit after it.</summary>
    public decimal BalanceAfter => Balance - Totals.Amounts.BalanceUsed + Totals.Amounts.AddedToBalance;
}
