using Microsoft.Extensions.Logging;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.EventLog;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions.Contracts;

/// <summary>
/// Issues the invoices of contracts when they are due. Each is decided under the customer's lock from what is stored
/// then, so two workers never bill the same period twice.
/// </summary>
public sealed partial class BillContracts(
    UnitOfWork unitOfWork, ContractInvoices invoices, ILogger<BillContracts> log) : IDueWork
{
    private const int BatchSize = 200;

    private readonly ContractStore _store = new();

    public Task<Instant?> NextDueAsync(EnvironmentId environment, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync((session, _) => _store.NextDueAsync(session, environment), cancellationToken);

    /// <inheritdoc />
    /// <exception cref="AggregateException">Some contracts could not be billed; all others were.</exception>
    public async Task<int> RunDueAsync(
        AccountEnvironment environment, Instant until, CancellationToken cancellationToken)
    {
        var done = 0;
        var failed = new Dictionary<string, Exception>();
        while (await ListDueAsync(environment, until, failed, cancellationToken) is { Count: > 0 } batch)
        {
            var instant = batch[0].Due;
            foreach (var due in batch.TakeWhile(due => due.Due == instant))
            {
                try
                {
                    done += await RunAsync(environment, due, cancellationToken);
                }
                catch (Exception exception)
                    when (exception is not (OperationCanceledException or DatabaseUnavailableException))
                {
                    failed[due.Id] = exception;
                }
            }
        }

        return failed.Count == 0
            ? done
            : throw new AggregateException(
                $"Due invoices of {failed.Count} contracts failed: {string.Join(", ", failed.Keys.Take(10))}.",
                failed.Values);
    }

    /// <summary>
    /// The same for a request that looks at contracts: one that cannot be billed is logged and shown as it is.
    /// </summary>
    public async Task CatchUpAsync(AccountEnvironment environment, Instant now, CancellationToken cancellationToken)
    {
        try
        {
            await RunDueAsync(environment, now, cancellationToken);
        }
        catch (AggregateException failures)
        {
            LogFailed(failures, environment.Name, failures.Message);
        }
    }

    private async Task<int> RunAsync(
        AccountEnvironment environment, DueContract due, CancellationToken cancellationToken)
    {
        var scope = new OperationScope(environment, Actor.Scheduler, Guid.CreateVersion7(), due.Due);
        var result = await unitOfWork.WriteAsync<int>(
            scope,
            [UnitOfWork.CatalogInUse(environment.Id), UnitOfWork.CustomerLock(environment.Id, due.Customer)],
            async (work, token) => await invoices.CatchUpAsync(work, due.Id, token),
            cancellationToken);
        return result.Value;
    }

    private async Task<IReadOnlyList<DueContract>> ListDueAsync(
        AccountEnvironment environment, Instant until, Dictionary<string, Exception> failed,
        CancellationToken cancellationToken)
    {
        var due = await unitOfWork.Database.ReadAsync(
            (session, _) => _store.ListDueAsync(session, environment.Id, until, BatchSize + failed.Count),
            cancellationToken);
        return [.. due.Where(d => !failed.ContainsKey(d.Id))];
    }

    [LoggerMessage(
        4102, LogLevel.Error,
        "Contracts of environment {Environment} could not be billed before they were read: {Reason}")]
    private partial void LogFailed(Exception exception, string environment, string reason);
}
