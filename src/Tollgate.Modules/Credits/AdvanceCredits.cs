using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Customers;
using Tollgate.Modules.EventLog;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>
/// Does what falls due in pools: grants start and expire, those that nobody waited for are charged, pools that fell
/// below their threshold are recharged. Each customer in one transaction, decided under its lock from what is
/// stored then.
/// </summary>
public sealed class AdvanceCredits(
    UnitOfWork unitOfWork, OpenCreditBooks open, Invoicing invoicing, RunRecharges recharges,
    ICustomerDueWork dueWork) : IDueWork
{
    private const int BatchSize = 200;

    private readonly CreditGrantStore _store = new();
    private readonly AutoRechargeStore _recharges = new();

    /// <summary>Everything of one customer that is due by the scope's instant; a look when nothing is.</summary>
    public async Task CustomerAsync(OperationScope scope, CustomerId customer, CancellationToken cancellationToken)
    {
        var pools = await unitOfWork.Database.ReadAsync(
            (session, _) => _store.PoolsAsync(session, scope.EnvironmentId, customer), cancellationToken);
        if (pools.Values.Any(pool => pool.NextDue <= scope.Now))
            await RunAsync(scope.Environment, customer, scope.Now, cancellationToken);
    }

    public async Task<Instant?> NextDueAsync(EnvironmentId environment, CancellationToken cancellationToken) =>
        await unitOfWork.Database.ReadAsync(
            async (session, _) => Earlier(
                await _store.NextDueAsync(session, environment), await _recharges.NextDueAsync(session, environment)),
            cancellationToken);

    /// <inheritdoc />
    /// <exception cref="AggregateException">Some customers could not be advanced; all others were.</exception>
    public Task<int> RunDueAsync(AccountEnvironment environment, Instant until, CancellationToken cancellationToken) =>
        RunSomeDueAsync(environment, until, int.MaxValue, cancellationToken);

    /// <inheritdoc />
    /// <exception cref="AggregateException">Some customers could not be advanced; the others were.</exception>
    public async Task<int> RunSomeDueAsync(
        AccountEnvironment environment, Instant until, int most, CancellationToken cancellationToken)
    {
        var (done, moved) = (0, 0);
        var failed = new Dictionary<CustomerId, Exception>();
        while (moved < most
            && await ListDueAsync(environment, until, failed, cancellationToken) is { Count: > 0 } batch)
        {
            var instant = batch[0].Due;
            foreach (var customer in batch.TakeWhile(due => due.Due == instant).Select(due => due.Customer).Distinct())
            {
                if (moved >= most)
                    break;
                try
                {
                    done += await RunAsync(environment, customer, instant, cancellationToken);
                    moved++;
                }
                catch (Exception exception)
                    when (exception is not (OperationCanceledException or DatabaseUnavailableException))
                {
                    failed[customer] = exception;
                }
            }
        }

        return failed.Count == 0
            ? done
            : throw new AggregateException(
                $"Due credits of {failed.Count} customers failed: {string.Join(", ", failed.Keys.Take(10))}.",
                failed.Values);
    }

    /// <summary>One customer in its own transaction; the number of grants and recharges that changed.</summary>
    private async Task<int> RunAsync(
        AccountEnvironment environment, CustomerId customer, Instant until, CancellationToken cancellationToken)
    {
        var scope = new OperationScope(environment, Actor.Scheduler, Guid.CreateVersion7(), until);
        var result = await unitOfWork.WriteAsync<int>(
            scope,
            [UnitOfWork.CatalogInUse(environment.Id), UnitOfWork.CustomerLock(environment.Id, customer)],
            async (work, token) =>
            {
                // A cycle that begins where another ends is granted in the transaction that expires the other.
                await dueWork.AdvanceAsync(work, customer, token);
                var key = new CustomerKey(environment.Id, customer);
                var books = await open.ExecuteAsync(work.Session, [key], token);
                foreach (var pool in books.KeysOf(key))
                {
                    var book = books.At(scope, pool);
                    foreach (var grant in book.Grants.Where(g => g.ChargeAt <= until).ToList())
                        await ChargeAsync(work, book, grant, token);
                    books.Done(scope, pool);
                }

                var recharged = await recharges.RunDueAsync(work, books, customer, token);
                var changed = books.Changed.Sum(pool => pool.Book.Changed.Count);
                if (!books.IsEmpty)
                    await books.WriteAsync(work, token);
                return changed + recharged;
            },
            cancellationToken);
        return result.Value;
    }

    private async Task ChargeAsync(Work work, PoolBook book, CreditGrant grant, CancellationToken cancellationToken)
    {
        var now = work.Scope.Now;
        var invoice = await invoicing.IssueAsync(work, CreditBills.Of(grant, now, isPaid: false), cancellationToken);
        book.Bill(grant.Id, invoice.Uid, now);
        if (invoice.Status == Domain.Billing.InvoiceStatus.Paid)
            book.Release(grant.Id, now);
        else
            book.PaymentChanged(grant.Id, CreditBills.CollectionOf(invoice), now);
    }

    private async Task<IReadOnlyList<(CustomerId Customer, Instant Due)>> ListDueAsync(
        AccountEnvironment environment, Instant until, Dictionary<CustomerId, Exception> failed,
        CancellationToken cancellationToken)
    {
        var due = await unitOfWork.Database.ReadAsync(
            async (session, _) =>
                (await _store.ListDueAsync(session, environment.Id, until, BatchSize + failed.Count * 10))
                .Concat(await _recharges.ListDueAsync(session, environment.Id, until, BatchSize + failed.Count))
                .OrderBy(row => row.Due)
                .ToList(),
            cancellationToken);
        return [.. due.Where(d => !failed.ContainsKey(d.Customer))];
    }

    private static Instant? Earlier(Instant? a, Instant? b) =>
        a is { } one && b is { } other ? Instant.Min(one, other) : a ?? b;
}
