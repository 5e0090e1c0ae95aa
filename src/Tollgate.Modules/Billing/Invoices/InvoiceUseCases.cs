using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Rows;

namespace Tollgate.Modules.Billing.Invoices;

/// <summary>Reads invoices and does by hand what happens to them otherwise by itself.</summary>
public sealed class InvoiceUseCases(
    UnitOfWork unitOfWork,
    Invoicing invoicing,
    InvoiceChanges changes,
    CustomerReader customers,
    IInvoicedSubscriptions subscriptions)
{
    private readonly InvoiceStore _store = new();
    private readonly BalanceStore _balances = new();

    /// <summary>Invoices and credit notes of the environment, newest first.</summary>
    public Task<Result<Page<Invoice>>> ListAsync(
        OperationScope scope, InvoiceFilter filter, PageRequest page, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync(
            (session, _) => _store.PageAsync(session, scope.EnvironmentId, filter, page), cancellationToken);

    public Task<Result<Invoice>> RetrieveAsync(OperationScope scope, Guid uid, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync<Result<Invoice>>(
            async (session, _) => await _store.FindAsync(session, scope.EnvironmentId, uid) is { } row
                ? row.Value
                : NotFound(uid),
            cancellationToken);

    /// <summary>A bill written by hand, about no subscription: a DRAFT until it is finalized.</summary>
    public Task<Result<Invoice>> CreateDraftAsync(
        OperationScope scope, ManualInvoice input, CancellationToken cancellationToken) =>
        unitOfWork.WriteAsync<Invoice>(
            scope,
            [UnitOfWork.CustomerLock(scope.EnvironmentId, input.CustomerId)],
            async (work, _) =>
            {
                var customer = await customers.FindAsync(work.Session, scope.EnvironmentId, input.CustomerId);
                if (Payers.Check(customer, input.CustomerId) is { } refusal)
                    return refusal;
                return input.ToDraft(customer!, scope.Now).TryGet(out var draft, out var wrong)
                    ? await invoicing.DraftAsync(work, draft)
                    : wrong;
            },
            cancellationToken);

    /// <summary>Issues a DRAFT at once: it gets its number and is collected as its method says.</summary>
    public Task<Result<Invoice>> FinalizeAsync(OperationScope scope, Guid uid, CancellationToken cancellationToken) =>
        changes.ChangeAsync(
            scope, uid, (work, row, token) => changes.FinalizeAsync(work, row, token), cancellationToken);

    /// <summary>Nothing is owed any more; the balance it had used is given back.</summary>
    public Task<Result<Invoice>> VoidAsync(OperationScope scope, Guid uid, CancellationToken cancellationToken) =>
        changes.ChangeAsync(scope, uid, (work, row, token) => changes.VoidAsync(work, row, token), cancellationToken);

    /// <summary>Given up; no further attempt is made. It can still be paid.</summary>
    public Task<Result<Invoice>> MarkUncollectibleAsync(
        OperationScope scope, Guid uid, CancellationToken cancellationToken) =>
        changes.ChangeAsync(
            scope, uid, (work, row, token) => changes.WriteOffAsync(work, row, token), cancellationToken);

    /// <summary>Charges the payer's method now; the schedule of retries goes on if that fails.</summary>
    public Task<Result<Invoice>> PayNowAsync(OperationScope scope, Guid uid, CancellationToken cancellationToken) =>
        changes.ChangeAsync(scope, uid, (work, row, token) => changes.PayNowAsync(work, row, token), cancellationToken);

    /// <summary>The money came some other way.</summary>
    public Task<Result<Invoice>> MarkAsPaidAsync(OperationScope scope, Guid uid, CancellationToken cancellationToken) =>
        changes.ChangeAsync(scope, uid, (work, row, token) => changes.SettleAsync(work, row, token), cancellationToken);

    /// <summary>
    /// Marks the latest invoice of the subscription as paid; it must be OPEN (spec subscriptions 3.3).
    /// </summary>
    public async Task<Result<Invoice>> MarkLatestAsPaidAsync(
        OperationScope scope, SubscriptionId subscription, CancellationToken cancellationToken)
    {
        var found = await unitOfWork.Database.ReadAsync(
            async (session, _) => (
                Customer: await subscriptions.CustomerOfAsync(session, scope.EnvironmentId, subscription),
                Latest: await _store.LatestOfSubscriptionAsync(session, scope.EnvironmentId, subscription)),
            cancellationToken);
        if (found.Customer is null)
        {
            return new Refusal(ErrorCode.SubscriptionNotFound,
                $"There is no subscription with the id '{subscription}' in this environment.");
        }

        if (found.Latest is not { Value: { } latest })
        {
            return new Refusal(ErrorCode.MissingSubscriptionInvoiceError,
                $"Subscription '{subscription}' has no invoice that could be marked as paid.");
        }

        return await changes.ChangeAsync(
            scope,
            latest.Uid,
            async (work, row, token) => row.Value.Status == InvoiceStatus.Open
                ? await changes.SettleAsync(work, row, token)
                : new Refusal(ErrorCode.SubscriptionInvoiceStatusError,
                    $"The latest invoice '{row.Value.Number}' of subscription '{subscription}' is "
                    + $"{row.Value.Status.ToString().ToUpperInvariant()}; only an OPEN one can be marked as paid."),
            cancellationToken);
    }

    /// <summary>What the customer has in credit in each currency, with every entry, oldest first.</summary>
    public Task<Result<IReadOnlyList<CurrencyBalance>>> BalancesAsync(
        OperationScope scope, CustomerId id, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync<Result<IReadOnlyList<CurrencyBalance>>>(
            async (session, _) =>
            {
                if (await customers.FindAsync(session, scope.EnvironmentId, id) is null)
                    return CustomerUseCases.NotFound(id);
                var balances = new List<CurrencyBalance>();
                foreach (var currency in await _balances.CurrenciesAsync(session, scope.EnvironmentId, id))
                    balances.Add(new(currency, await _balances.ListAsync(session, scope.EnvironmentId, id, currency)));
                return Result<IReadOnlyList<CurrencyBalance>>.Ok(balances);
            },
            cancellationToken);

    internal static Refusal NotFound(Guid uid) => new(
        ErrorCode.MissingSubscriptionInvoiceError,
        $"There is no invoice with the id '{uid}' in this environment; list them with GET /tollgate/v1/invoices.");
}

/// <summary>A balance: the sum of its entries.</summary>
public sealed record CurrencyBalance(string Currency, IReadOnlyList<BalanceEntry> Entries)
{
    public decimal Amount => Entries.Sum(entry => entry.Amount);
}
