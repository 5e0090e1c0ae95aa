using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Billing.Settings;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Billing.Invoices;

/// <summary>
/// What time alone does to invoices (spec subscriptions 5.5 and 15): first charges that their call did not wait for,
/// retries of renewals that failed, the end of the retries, due dates that pass. Each is decided under the locks from
/// what is stored then, in one transaction with its effect, so two workers never make the same attempt and one that
/// dies loses none.
/// </summary>
public sealed class CollectDueInvoices(UnitOfWork unitOfWork, InvoiceChanges changes) : IDueWork
{
    private const int BatchSize = 200;

    private readonly InvoiceStore _store = new();
    private readonly BillingSettingsStore _settings = new();

    public Task<Instant?> NextDueAsync(EnvironmentId environment, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync((session, _) => _store.NextDueAsync(session, environment), cancellationToken);

    /// <inheritdoc />
    /// <exception cref="AggregateException">Some invoices could not be worked off; all others were.</exception>
    public async Task<int> RunDueAsync(
        AccountEnvironment environment, Instant until, CancellationToken cancellationToken)
    {
        var done = 0;
        var failed = new Dictionary<Guid, Exception>();
        while (await ListDueAsync(environment, until, failed, cancellationToken) is { Count: > 0 } batch)
        {
            var instant = batch[0].Due;
            foreach (var (invoice, _) in batch.TakeWhile(due => due.Due == instant))
            {
                try
                {
                    done += await RunAsync(environment, invoice, instant, cancellationToken);
                }
                catch (Exception exception)
                    when (exception is not (OperationCanceledException or DatabaseUnavailableException))
                {
                    failed[invoice] = exception;
                }
            }
        }

        return failed.Count == 0
            ? done
            : throw new AggregateException(
                $"Due work of {failed.Count} invoices failed: {string.Join(", ", failed.Keys.Take(10))}.",
                failed.Values);
    }

    /// <summary>One step of one invoice; 0 when another worker was faster.</summary>
    private async Task<int> RunAsync(
        AccountEnvironment environment, Guid uid, Instant instant, CancellationToken cancellationToken)
    {
        var done = 0;
        var scope = new OperationScope(environment, Actor.Scheduler, Guid.CreateVersion7(), instant);
        await changes.ChangeAsync(
            scope,
            uid,
            async (work, row, token) =>
            {
                if (row.Value.NextAttemptAt is not { } due || due > instant)
                    return row.Value;
                await StepAsync(work, row, token);
                done = 1;
                return row.Value;
            },
            cancellationToken);
        return done;
    }

    private async Task StepAsync(Work work, Versioned<Invoice> row, CancellationToken cancellationToken)
    {
        var invoice = row.Value;
        if (InvoiceLifecycle.IsFirstCharge(invoice))
        {
            await changes.AttemptAsync(work, row, invoice, cancellationToken);
            return;
        }

        if (!InvoiceLifecycle.IsRetried(invoice))
        {
            await changes.PassDueDateAsync(work, row, cancellationToken);
            return;
        }

        var settings = await _settings.ReadAsync(work.Session, work.Scope.EnvironmentId);
        if (InvoiceLifecycle.IsExhausted(invoice, settings.Dunning))
            await changes.ExhaustAsync(work, row, settings.Dunning.FinalAction, cancellationToken);
        else
        {
            await changes.AttemptAsync(
                work, row, invoice with { RetryCount = invoice.RetryCount + 1 }, cancellationToken);
        }
    }

    private async Task<IReadOnlyList<(Guid Uid, Instant Due)>> ListDueAsync(
        AccountEnvironment environment, Instant until, Dictionary<Guid, Exception> failed,
        CancellationToken cancellationToken)
    {
        var due = await unitOfWork.Database.ReadAsync(
            (session, _) => _store.ListDueAsync(session, environment.Id, until, BatchSize + failed.Count),
            cancellationToken);
        return [.. due.Where(d => !failed.ContainsKey(d.Uid))];
    }
}
