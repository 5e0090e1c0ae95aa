using NodaTime;
using Tollgate.Domain;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.EventLog;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions.Bills;

/// <summary>
/// Makes DRAFTs about usage anew soon after usage of their period came, so that who reads one sees what it would come to.
/// Nothing depends on it: whoever issues one makes it anew first.
/// </summary>
internal sealed class RemakeDrafts(UnitOfWork unitOfWork, DraftBills drafts) : IDueWork
{
    public Task<Instant?> NextDueAsync(EnvironmentId environment, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync(
            (session, _) => BilledUsage.LateDraftsSinceAsync(session, environment), cancellationToken);

    /// <inheritdoc />
    /// <exception cref="AggregateException">The DRAFTs of some customers could not be made; all others were.</exception>
    public Task<int> RunDueAsync(AccountEnvironment environment, Instant until, CancellationToken cancellationToken) =>
        RunSomeDueAsync(environment, until, int.MaxValue, cancellationToken);

    /// <inheritdoc />
    /// <exception cref="AggregateException">The DRAFTs of some customers could not be made; the others were.</exception>
    public async Task<int> RunSomeDueAsync(
        AccountEnvironment environment, Instant until, int most, CancellationToken cancellationToken)
    {
        var late = await unitOfWork.Database.ReadAsync(
            (session, _) => BilledUsage.LateDraftCustomersAsync(session, environment.Id, until), cancellationToken);
        var failed = new Dictionary<CustomerId, Exception>();
        var done = 0;
        foreach (var customer in late)
        {
            if (done == most)
                break;
            try
            {
                await unitOfWork.WriteAsync<bool>(
                    new(environment, Actor.Scheduler, Guid.CreateVersion7(), until),
                    [UnitOfWork.CatalogInUse(environment.Id), UnitOfWork.CustomerLock(environment.Id, customer)],
                    async (work, _) =>
                    {
                        await drafts.RemakeAsync(work, customer);
                        return true;
                    },
                    cancellationToken);
                done++;
            }
            catch (Exception exception) when (exception is not (OperationCanceledException or DatabaseUnavailableException))
            {
                failed[customer] = exception;
            }
        }

        return failed.Count == 0
            ? done
            : throw new AggregateException(
                $"The drafts of {failed.Count} customers could not be made: {string.Join(", ", failed.Keys.Take(10))}.",
                failed.Values);
    }
}
