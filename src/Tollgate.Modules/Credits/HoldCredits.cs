using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Modules.Changes;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>
/// Keeps credits of a pool for somebody and turns them into consumption. The caller's unit of work holds the customer's
/// lock and writes the reservation, so that a decision and its hold are one act on any number of nodes.
/// </summary>
public sealed class HoldCredits(OpenCreditBooks open, CreditLevels levels, ChangeFeed changes)
{
    /// <summary>
    /// What of the pool is neither consumed nor held, for a writer that keeps its holds itself. The session holds the
    /// customer's lock.
    /// </summary>
    public async Task<decimal> AvailableAsync(
        OperationScope scope, Session session, PoolKey key, CancellationToken cancellationToken)
    {
        // Only looked at: what falls due in it on the way is written by whoever changes the pool.
        var books = await open.ExecuteAsync(session, [new(scope.EnvironmentId, key.CustomerId)], cancellationToken);
        var book = books.At(scope, key);
        return book.Balance - book.HeldAt(scope.Now);
    }

    /// <summary>
    /// The writer is about to commit that it holds other credits of these customers. After the commit it calls
    /// <see cref="Doubt"/>.
    /// </summary>
    public Task ChangingAsync(
        Session session, IReadOnlyCollection<(EnvironmentId Environment, CustomerId Customer)> customers,
        CancellationToken cancellationToken)
    {
        // In doubt before anybody can see the commit: the next writer must not build on what was.
        Doubt(customers);
        return changes.NotifyAsync(
            session,
            [.. customers.Select(c => new Change(ChangeKind.Credits, c.Environment, c.Customer.Value))],
            cancellationToken);
    }

    /// <summary>What this process knows of the credits of these customers is read again.</summary>
    public void Doubt(IReadOnlyCollection<(EnvironmentId Environment, CustomerId Customer)> customers)
    {
        foreach (var (environment, customer) in customers)
            levels.Cell(environment, customer).Doubt();
    }

    /// <summary>Holds the amount where the pool has it, or where it is soft.</summary>
    /// <param name="work">The transaction.</param>
    /// <param name="key">Which pool.</param>
    /// <param name="hold">What to hold.</param>
    /// <param name="isSoft">Checks of the pool go on below zero.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task<HoldDecision> HoldAsync(
        Work work, PoolKey key, CreditHold hold, bool isSoft, CancellationToken cancellationToken)
    {
        var (books, book) = await OpenAsync(work, key, cancellationToken);
        var held = book.HeldAt(work.Scope.Now);
        var available = book.Balance - held;
        var isHeld = isSoft || (available > 0 && available >= hold.Amount);
        if (isHeld)
            book.Hold(hold);
        await CloseAsync(work, key, books, cancellationToken);
        return new(isHeld, book.TotalConsumed, isHeld ? held + hold.Amount : held)
        {
            IsEmptyPool = !book.Grants.Any(grant => grant.IsLive),
        };
    }

    /// <summary>
    /// Ends the hold and takes what was used, as a consumption of its own; never refused for lack of credits.
    /// </summary>
    /// <param name="work">The transaction.</param>
    /// <param name="key">Which pool.</param>
    /// <param name="hold">The reservation.</param>
    /// <param name="amount">What was used, in credits; 0 takes nothing.</param>
    /// <param name="dimensions">A flat JSON object; null without.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task SettleAsync(
        Work work, PoolKey key, Guid hold, decimal amount, string? dimensions, CancellationToken cancellationToken)
    {
        var (books, book) = await OpenAsync(work, key, cancellationToken);
        var now = work.Scope.Now;
        book.EndHold(hold);
        if (amount > 0)
        {
            var id = hold.ToString();
            book.Consume(new(amount, id, null), now);
            books.Add(new StoredConsumption
            {
                Key = new(work.Scope.EnvironmentId, key.CustomerId, key.CurrencyId, ConsumptionKey.OfReservation(hold)),
                ResourceId = key.ResourceId,
                EventId = id,
                FeatureId = null,
                Amount = amount,
                EventAt = now,
                IsDated = false,
                At = now,
                Dimensions = dimensions,
                Usage = book.TotalConsumed,
                Limit = book.TotalGranted,
                PeriodEnd = book.PeriodEnd,
            });
        }

        await CloseAsync(work, key, books, cancellationToken);
    }

    /// <summary>Gives back what was held.</summary>
    public async Task ReleaseAsync(Work work, PoolKey key, Guid hold, CancellationToken cancellationToken)
    {
        var (books, book) = await OpenAsync(work, key, cancellationToken);
        book.EndHold(hold);
        await CloseAsync(work, key, books, cancellationToken);
    }

    private async Task<(CreditBooks Books, PoolBook Book)> OpenAsync(
        Work work, PoolKey key, CancellationToken cancellationToken)
    {
        var books = await open.ExecuteAsync(
            work.Session, [new(work.Scope.EnvironmentId, key.CustomerId)], cancellationToken);
        return (books, books.At(work.Scope, key));
    }

    /// <summary>
    /// Also when no grant changed: the customer's credits in memory are in doubt, here and on other nodes.
    /// </summary>
    private static Task CloseAsync(Work work, PoolKey key, CreditBooks books, CancellationToken cancellationToken)
    {
        books.Done(work.Scope, key);
        return books.WriteAsync(work, cancellationToken);
    }
}

/// <param name="IsHeld">The amount is held now.</param>
/// <param name="Consumed">What the live grants have consumed, the deficit included.</param>
/// <param name="Held">What is held of the pool now, this hold included.</param>
public readonly record struct HoldDecision(bool IsHeld, decimal Consumed, decimal Held)
{
    /// <summary>Neither a live grant nor an open overdraft is there.</summary>
    public bool IsEmptyPool { get; init; }
}
