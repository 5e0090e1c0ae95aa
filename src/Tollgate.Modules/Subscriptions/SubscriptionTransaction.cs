using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>
/// A transaction about one subscription, under the lock of the customer it is of, after everything due by now.
/// </summary>
internal sealed class SubscriptionTransaction(UnitOfWork unitOfWork, AdvanceSubscriptions advance)
{
    private readonly SubscriptionStore _store = new();

    /// <summary>What to do with the subscription as it is now, among all of its customer.</summary>
    public delegate Task<Result<T>> Body<T>(
        Work work, Subscription subscription, SubscriptionRecords records, CancellationToken cancellationToken);

    /// <param name="scope">Who asks, where and when.</param>
    /// <param name="id">The subscription.</param>
    /// <param name="body">The change.</param>
    /// <param name="cancellationToken">Stops the request.</param>
    /// <param name="other">Another customer that the change touches.</param>
    /// <param name="isPreview">All of it is rolled back (<see cref="UnitOfWork.PreviewAsync"/>).</param>
    public async Task<Result<T>> RunAsync<T>(
        OperationScope scope, SubscriptionId id, Body<T> body, CancellationToken cancellationToken,
        CustomerId? other = null, bool isPreview = false)
    {
        while (await OwnerAsync(scope, id, cancellationToken) is { } owner)
        {
            var moved = false;
            // The customer's lock is taken before its rows are read; meanwhile the subscription may be another
            // customer's. A version published meanwhile would move everybody but this subscription.
            LockKey[] locks =
            [
                UnitOfWork.CatalogInUse(scope.EnvironmentId),
                .. new[] { owner, other ?? owner }.Distinct()
                    .Select(c => UnitOfWork.CustomerLock(scope.EnvironmentId, c)),
            ];
            var result = isPreview
                ? await unitOfWork.PreviewAsync<T>(scope, locks, RunAsync, cancellationToken)
                : await unitOfWork.WriteAsync<T>(scope, locks, RunAsync, cancellationToken);
            if (!moved)
                return result;

            async Task<Result<T>> RunAsync(Work work, CancellationToken token)
            {
                await advance.AdvanceAsync(work, owner, token);
                var records = new SubscriptionRecords(
                    await _store.ListLockedAsync(work.Session, scope.EnvironmentId, owner));
                if (records.All.FirstOrDefault(s => s.Id == id) is { } subscription)
                    return await body(work, subscription, records, token);
                moved = true;
                return NotFound(id);
            }
        }

        return NotFound(id);
    }

    /// <summary>Whose subscription it is; null when there is none.</summary>
    public Task<CustomerId?> OwnerAsync(OperationScope scope, SubscriptionId id, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync(
            async (session, _) => (await _store.FindAsync(session, scope.EnvironmentId, id))?.Value.CustomerId,
            cancellationToken);

    public static Refusal NotFound(SubscriptionId id) => new(
        ErrorCode.SubscriptionNotFound, $"There is no subscription with the id '{id}' in this environment.");
}
