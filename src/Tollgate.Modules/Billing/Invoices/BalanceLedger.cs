using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Storage;

namespace Tollgate.Modules.Billing.Invoices;

/// <summary>
/// Moves balances with the invoices that give, use and return them (spec catalog 9.12 steps 6 and 7). The books
/// are locked.
/// </summary>
internal sealed class BalanceLedger
{
    private readonly BalanceStore _store = new();

    /// <summary>What the customer has in credit in the currency, at least 0.</summary>
    public async Task<decimal> BalanceAsync(
        Session session, EnvironmentId environment, CustomerId customer, string currency) =>
        (await _store.ListAsync(session, environment, customer, currency)).Sum(entry => entry.Amount);

    /// <summary>Finds out together who has no balance at all, so that nobody asks for each.</summary>
    public Task KeepAsync(Session session, EnvironmentId environment, IReadOnlyCollection<CustomerId> customers) =>
        _store.KeepAsync(session, environment, customers);

    /// <summary>A credit note gives what it is below 0, an invoice uses what it says it used.</summary>
    public async Task ApplyAsync(Work work, Invoice invoice, Instant at)
    {
        if (invoice.Amounts.Total < 0)
        {
            var amount = -invoice.Amounts.Total;
            await AddAsync(work, invoice, BalanceEntryKind.CreditNote, amount, amount, null, at);
        }

        if (invoice.Amounts.BalanceUsed <= 0)
            return;
        foreach (var (source, amount) in CustomerBalance.Use(
            await EntriesAsync(work, invoice), invoice.Amounts.BalanceUsed))
        {
            await LeaveAsync(work, source, source.Remaining - amount);
            await AddAsync(work, invoice, BalanceEntryKind.Used, -amount, 0, source.Uid, at);
        }
    }

    /// <summary>
    /// Gives back what a voided invoice had used to the entries it was taken from, which keep their age.
    /// </summary>
    public async Task ReturnAsync(Work work, Invoice invoice, Instant at)
    {
        var entries = (await EntriesAsync(work, invoice)).ToDictionary(entry => entry.Uid);
        foreach (var used in entries.Values.Where(e => e.InvoiceUid == invoice.Uid && e.Kind == BalanceEntryKind.Used))
        {
            var source = entries[used.SourceUid!.Value];
            await LeaveAsync(work, source, source.Remaining - used.Amount);
            await AddAsync(work, invoice, BalanceEntryKind.Returned, -used.Amount, 0, source.Uid, at);
        }
    }

    private ValueTask<IReadOnlyList<BalanceEntry>> EntriesAsync(Work work, Invoice invoice) =>
        _store.ListAsync(work.Session, work.Scope.EnvironmentId, invoice.CustomerId, invoice.Currency);

    private Task LeaveAsync(Work work, BalanceEntry entry, decimal remaining) =>
        _store.SetRemainingAsync(work.Session, work.Scope.EnvironmentId, entry.Uid, remaining);

    private Task AddAsync(
        Work work, Invoice invoice, BalanceEntryKind kind, decimal amount, decimal remaining, Guid? source,
        Instant at) =>
        _store.AddAsync(
            work.Session,
            work.Scope.EnvironmentId,
            invoice.CustomerId,
            invoice.Currency,
            new()
            {
                Uid = Guid.CreateVersion7(),
                Kind = kind,
                Amount = amount,
                Remaining = remaining,
                InvoiceUid = invoice.Uid,
                SourceUid = source,
                CreatedAt = at,
            });
}
